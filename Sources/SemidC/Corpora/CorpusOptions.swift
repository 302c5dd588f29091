import SemanticID

// The options of the verbs of `semid corpus`, in the groups that verbs share.

/// Where interactions come from, and how they are split. Names are those of files, or of the caller's tables.
struct CorpusInteractions: Codable {
  var train: String?
  var valid: String?
  var test: String?
  /// All of them, to be split.
  var all: String?
  var split = "last"
  var validShare = 0.1
  var testShare = 0.1
  var userColumn: String?
  var itemColumn: String?
  var timeColumn: String?
  var repeats = InteractionSource.Repeats.first

  func source() throws -> InteractionSource {
    let files: InteractionSource.Files
    switch (all, train) {
    case (let all?, nil):
      guard valid == nil, test == nil else {
        throw InputError(.usage, "interactions", expected: "one table to split", found: "valid or test too")
      }
      files = .whole(all, try rule())
    case (nil, let train?): files = .given(train: train, valid: valid, test: test)
    default:
      throw InputError(
        .usage, "interactions", expected: "train (with valid and test), or all", found: all == nil ? "neither" : "both")
    }
    return InteractionSource(
      files, userColumn: userColumn, itemColumn: itemColumn, timeColumn: timeColumn == "none" ? nil : timeColumn,
      isInFileOrder: timeColumn == "none", repeats: repeats)
  }

  private func rule() throws -> SplitRule {
    switch split {
    case "last", "last-two": return .leaveLastOut
    case "none": return .none
    case "time":
      guard validShare >= 0, testShare >= 0, validShare + testShare < 1 else {
        throw InputError(
          .usage, "validShare, testShare", expected: "shares of 0 and more that leave some for training",
          found: "\(validShare) and \(testShare)")
      }
      return .byTime(valid: validShare, test: testShare)
    default: throw InputError(.usage, "split", expected: "last, time or none", found: split)
    }
  }
}

/// The items, how large their codebooks are, and how tokens are spelt.
struct CorpusItems: Codable {
  var codes: String?
  var codesColumns: [String] = []
  var codesIDs: String?
  var ids: String?
  var codebookSize: [Int] = []
  /// The sizes of a model, whose IDs may have one level more.
  var modelSizes: [Int] = []
  var spelling = "levels"
  var begin: String?
  var end: String?
  var specials: [String] = []

  func options() throws -> CodesTable.Options {
    guard codebookSize.isEmpty || modelSizes.isEmpty else {
      throw InputError(.usage, "codebookSize", expected: "sizes or a model's", found: "both")
    }
    var options = CodesTable.Options()
    options.columns = codesColumns
    options.idColumn = codesIDs
    options.idsPath = ids
    options.looksBeside = true
    options.sizes = codebookSize.isEmpty ? modelSizes.isEmpty ? .observed : .model(modelSizes) : .given(codebookSize)
    return options
  }

  func vocabulary(_ sizes: [Int]) throws -> TokenVocabulary {
    var tokens =
      try TokenSpelling.named.first { $0.name == spelling }?.spelling
      ?? TokenSpelling(pattern: spelling)
    if begin != nil || end != nil { tokens = tokens.surrounded(begin: begin ?? tokens.begin, end: end ?? tokens.end) }
    return try TokenVocabulary(spelling: tokens, levelSizes: sizes, specials: specials)
  }
}

/// The texts of the items.
struct CorpusTexts: Codable {
  var items: String?
  var itemsIDs: String?
  var itemsTitles: String?
  var tokenizer: String?
  var htmlEntities = true

  func cleaning() throws -> TextCleaningOptions {
    var options = TextCleaningOptions()
    if let tokenizer { options.chatTokens = try ChatTokens.read(tokenizer: tokenizer) }
    options.decodesEntities = htmlEntities
    return options
  }
}

/// How histories are cut into rows.
struct CorpusWindows: Codable {
  var maxHistory: Int?
  var minHistory = 1
  var stride = 1
  var lastTargetOnly = false

  func options(_ defaults: WindowOptions = WindowOptions()) throws -> WindowOptions {
    var options = defaults
    if let maxHistory { options.maximumHistory = maxHistory }
    options.minimumHistory = minHistory
    options.stride = stride
    options.lastTargetOnly = lastTargetOnly
    try InputError.check("maxHistory", options.maximumHistory, in: 1...65_536)
    try InputError.check("minHistory", minHistory, in: 1...options.maximumHistory)
    try InputError.check("stride", stride, in: 1...1_000_000_000)
    return options
  }
}

/// What corpora of text have in common.
struct CorpusRows: Codable {
  /// Weights by task; nil: those of the kind.
  var tasks: [String: Double]?
  var templates: String?
  var seed = InstructionCorpus.Options().seed
  var shuffle = true
  var separator = InstructionCorpus.Options().separator
  var titleSeparator = InstructionCorpus.Options().titleSeparator
  var shardRows: Int?
  var audit = true
  var hideHeldOutTexts = false

  static let shardRange = 1...1_000_000_000

  func options(_ defaults: TextRowOptions, _ windows: CorpusWindows, among known: [CorpusTask]) throws -> TextRowOptions
  {
    var options = defaults
    options.windows = try windows.options()
    if let tasks {
      options.weights = [:]
      for (name, weight) in tasks {
        guard let task = CorpusTask(rawValue: name), known.contains(task) else {
          throw InputError(
            .usage, "tasks", expected: known.map(\.rawValue).joined(separator: ", "), found: name)
        }
        options.weights[task] = weight
      }
    }
    try InputError.check("shardRows", shardRows, in: Self.shardRange)
    options.seed = seed
    options.isShuffled = shuffle
    options.separator = separator
    options.titleSeparator = titleSeparator
    options.shardRows = shardRows
    options.isAudited = audit
    options.hidesHeldOutTexts = hideHeldOutTexts
    return options
  }
}

struct SequencesOptions: Codable {
  var interactions = CorpusInteractions()
  var items = CorpusItems()
  var windows = CorpusWindows()
  var form = SequenceCorpus.Options().form.rawValue
  var heldOut = SequenceCorpus.Options().heldOut
  var separator = SequenceCorpus.Options().separator
  var firstID = 0
  var shardRows: Int?
  var audit = true

  func options() throws -> SequenceCorpus.Options {
    var options = SequenceCorpus.Options()
    guard let form = SequenceCorpus.Form(rawValue: form) else {
      throw InputError(
        .usage, "form", expected: SequenceCorpus.Form.allCases.map(\.rawValue).joined(separator: ", "), found: form)
    }
    try InputError.check("firstID", firstID, in: 0...Int(Int32.max))
    try InputError.check("shardRows", shardRows, in: CorpusRows.shardRange)
    options.form = form
    options.windows = try windows.options()
    options.heldOut = heldOut
    options.separator = separator
    options.firstID = firstID
    options.shardRows = shardRows
    options.isAudited = audit
    return options
  }
}

struct InstructionsOptions: Codable {
  var interactions = CorpusInteractions()
  var items = CorpusItems()
  var windows = CorpusWindows()
  var texts = CorpusTexts()
  var rows = CorpusRows()
  var form = InstructionCorpus.Options().form.rawValue
  var system: String?
  var nameRows = false
  var keepSharedTitles = false

  func options() throws -> InstructionCorpus.Options {
    var options = InstructionCorpus.Options()
    guard let form = InstructionCorpus.Form(rawValue: form) else {
      throw InputError(
        .usage, "form", expected: InstructionCorpus.Form.allCases.map(\.rawValue).joined(separator: ", "), found: form)
    }
    options.form = form
    options.system = system
    options.namesRows = nameRows
    options.keepsSharedTitles = keepSharedTitles
    options.rows = try rows.options(options.rows, windows, among: CorpusTask.instructions)
    return options
  }
}

struct PretrainOptions: Codable {
  var interactions = CorpusInteractions()
  var items = CorpusItems()
  var windows = CorpusWindows()
  var texts = CorpusTexts()
  var rows = CorpusRows()
  var heldOut = PretrainCorpus.Options().heldOut

  func options() throws -> PretrainCorpus.Options {
    var options = PretrainCorpus.Options()
    options.rows = try rows.options(options.rows, windows, among: CorpusTask.documents)
    options.heldOut = heldOut
    return options
  }
}

struct MiniOneRecOptions: Codable {
  var interactions = CorpusInteractions()
  var items = CorpusItems()
  var windows = CorpusWindows()
  var texts = CorpusTexts()
  var category: String?
  var anyLevels = false
  var audit = true
}

struct LCRecOptions: Codable {
  var interactions = CorpusInteractions()
  var items = CorpusItems()
  var texts = CorpusTexts()
  var name: String?
  var anyLevels = false
  var audit = true
}
