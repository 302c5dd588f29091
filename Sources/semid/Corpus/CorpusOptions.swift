import ArgumentParser
import SemanticID

/// The items of a corpus: their codes, how large the codebooks are, and how tokens are spelt.
struct CorpusItemOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Codes of the items: .parquet, .jsonl or .npy, as encode and resolve write them; .csv, .tsv; an index.json of "
        + "MiniOneRec or LC-Rec.", valueName: "file"),
    completion: .file())
  var codes: String

  @OptionGroup var codesFile: CodesFileOptions

  @Option(
    help: ArgumentHelp(
      "Ids of the rows (.json, .txt, .npy); of an .npy by default ids.json beside it.", valueName: "file"),
    completion: .file())
  var ids: String?

  @OptionGroup var spelling: SpellingOptions

  /// The files and the model that are read.
  var paths: [String] { [codes] + [ids, spelling.model].compactMap(\.self) }

  func open(_ console: Console) throws -> (items: ItemCodes, vocabulary: TokenVocabulary) {
    var options = codesFile.options(try spelling.codeSizes())
    options.idsPath = ids
    options.looksBeside = true
    let table = try CodesTable(opening: codes, options: options, pool: console.pool)
    console.tell(table.summary)
    let items = try ItemCodes(table)
    return (items, try spelling.vocabulary(items.levelSizes))
  }
}

/// How tokens are spelt, and how many there are of each level.
struct SpellingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Model directory, for the codebook size of every level; by default none, see --codebook-size.",
      valueName: "directory"))
  var model: String?

  @Option(
    help: ArgumentHelp(
      "Codes of every level: one number, or one a level: 256,256,256,8; by default the model's, and without a model each "
        + "level's largest code plus one, where that will do.", valueName: "k"),
    transform: LevelOptions.sizes)
  var codebookSize: [Int] = []

  @Option(
    help: ArgumentHelp(
      "Spelling of tokens: levels (<a_3>), openonerec (<s_a_3>), offset (<|sid_259|>), rectokens (<item_L0_C3>), or a "
        + "pattern with {letter}, {level}, {code} and {id}.", valueName: "name|pattern"))
  var spelling = "levels"

  @Option(help: ArgumentHelp("Token before an ID; by default the spelling's own.", valueName: "token"))
  var begin: String?

  @Option(help: ArgumentHelp("Token behind an ID; by default the spelling's own.", valueName: "token"))
  var end: String?

  @Option(
    name: .customLong("special"), parsing: .singleValue,
    help: ArgumentHelp("One more special token; may be given again; by default none.", valueName: "token"))
  var specials: [String] = []

  /// nil: neither a model nor sizes were named.
  func sizes() throws -> [Int]? {
    if let model {
      guard codebookSize.isEmpty else {
        throw InputError(.usage, "--codebook-size", expected: "a model or sizes", found: "both")
      }
      return try TokenizerModel.open(model).levelSizes
    }
    return codebookSize.isEmpty ? nil : codebookSize
  }

  /// What the codes of items must lie below.
  func codeSizes() throws -> CodesTable.Sizes {
    guard let sizes = try sizes() else { return .observed }
    return model == nil ? .given(sizes) : .model(sizes)
  }

  func vocabulary(_ sizes: [Int]) throws -> TokenVocabulary {
    var tokens = try TokenSpelling(argument: spelling)
    if begin != nil || end != nil { tokens = tokens.surrounded(begin: begin ?? tokens.begin, end: end ?? tokens.end) }
    return try TokenVocabulary(spelling: tokens, levelSizes: sizes, specials: specials)
  }
}

extension TokenSpelling {
  /// A spelling that has a name, or a pattern of the user's.
  init(argument: String) throws {
    if let named = Self.named.first(where: { $0.name == argument }) {
      self = named.spelling
    } else if argument.contains("{") {
      try self.init(pattern: argument)
    } else {
      throw InputError(
        .usage, "--spelling", expected: Self.named.map(\.name).joined(separator: ", ") + ", or a pattern",
        found: argument)
    }
  }
}

/// Where interactions come from, and how they are split.
struct InteractionOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Interactions to train on: .parquet, a folder of such, .csv, .tsv, .jsonl, or these texts as .gz; by default part "
        + "of --interactions.",
      valueName: "file"), completion: .file())
  var train: String?
  @Option(
    help: ArgumentHelp("Interactions of validation, of the same kinds; by default none.", valueName: "file"),
    completion: .file())
  var valid: String?
  @Option(
    help: ArgumentHelp("Interactions of the test, of the same kinds; by default none.", valueName: "file"),
    completion: .file())
  var test: String?
  @Option(
    help: ArgumentHelp(
      "All interactions, of the same kinds, to split by --split; by default they are split already, see --train.",
      valueName: "file"),
    completion: .file())
  var interactions: String?
  @Option(help: "Split of --interactions: last (each user's last two), time (the latest of all) or none.")
  var split = Rule.last
  @Option(help: ArgumentHelp("Share of the interactions for validation, with --split time.", valueName: "share"))
  var validShare = 0.1
  @Option(help: ArgumentHelp("Share of the interactions for the test, with --split time.", valueName: "share"))
  var testShare = 0.1
  @Option(
    help: ArgumentHelp(
      "Column of users; by default the first that is there of \(KnownNames.users.listing).", valueName: "name"))
  var userColumn: String?
  @Option(
    help: ArgumentHelp(
      "Column of items; by default the first that is there of \(KnownNames.interactionItems.listing).",
      valueName: "name"))
  var itemColumn: String?
  @Option(
    help: ArgumentHelp(
      "Column of times (numbers, dates, timestamps, ISO 8601); by default the first that is there of "
        + "\(KnownNames.times.listing). none: the rows are in the order of time.", valueName: "name|none"))
  var timeColumn: String?
  @Option(help: "A user who meets an item again: first (only the first counts) or keep.")
  var repeats = InteractionSource.Repeats.first

  enum Rule: String, ExpressibleByArgument, CaseIterable { case last, time, none }

  func validate() throws {
    try InputError.check("--valid-share", validShare, in: Ranges.share)
    try InputError.check("--test-share", testShare, in: Ranges.share)
  }

  /// The files that are read.
  var paths: [String] { [train, valid, test, interactions].compactMap(\.self) }

  func source() throws -> InteractionSource {
    InteractionSource(
      try files(), userColumn: userColumn, itemColumn: itemColumn, timeColumn: timeColumn == "none" ? nil : timeColumn,
      isInFileOrder: timeColumn == "none", repeats: repeats)
  }

  private func files() throws -> InteractionSource.Files {
    switch (interactions, train) {
    case (let path?, nil):
      guard valid == nil, test == nil else {
        throw InputError(.usage, "--interactions", expected: "one file to split", found: "--valid or --test too")
      }
      switch split {
      case .last: return .whole(path, .leaveLastOut)
      case .none: return .whole(path, .none)
      case .time:
        guard validShare >= 0, testShare >= 0, validShare + testShare < 1 else {
          throw InputError(
            .usage, "--valid-share, --test-share", expected: "shares of 0 and more that leave some for training",
            found: "\(validShare) and \(testShare)")
        }
        return .whole(path, .byTime(valid: validShare, test: testShare))
      }
    case (nil, let train?): return .given(train: train, valid: valid, test: test)
    default:
      throw InputError(
        .usage, "interactions", expected: "--train (with --valid and --test), or --interactions",
        found: interactions == nil ? "neither" : "both")
    }
  }
}

/// How histories are cut into rows.
struct WindowArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The most items before a target; by default \(WindowOptions().maximumHistory), for mini-onerec "
        + "\(MiniOneRecFiles.Options(category: "").windows.maximumHistory), as its own.", valueName: "n"))
  var maxHistory: Int?
  @Option(help: ArgumentHelp("The fewest items before a target.", valueName: "n"))
  var minHistory = 1
  @Option(help: ArgumentHelp("Training targets of a user are this far apart, counted from the last.", valueName: "n"))
  var stride = 1
  @Flag(help: "Only the last training target of each user; by default all.")
  var lastTargetOnly = false

  func validate() throws {
    try InputError.check("--max-history", maxHistory, in: 1...65_536)
    try InputError.check("--min-history", minHistory, in: 1...65_536)
    try InputError.check("--stride", stride, in: Ranges.items)
  }

  func options(maximum: Int = WindowOptions().maximumHistory) throws -> WindowOptions {
    var options = WindowOptions()
    options.maximumHistory = maxHistory ?? maximum
    options.minimumHistory = minHistory
    options.stride = stride
    options.lastTargetOnly = lastTargetOnly
    guard (1...65_536).contains(options.maximumHistory), (1...options.maximumHistory).contains(minHistory), stride > 0
    else {
      throw InputError(
        .usage, "--max-history, --min-history, --stride", expected: "1 ≤ min ≤ max ≤ 65,536, and a stride from 1",
        found: "\(minHistory), \(options.maximumHistory) and \(stride)")
    }
    return options
  }
}

/// The inputs of a corpus, opened.
struct CorpusInputs {
  var items: ItemCodes
  var vocabulary: TokenVocabulary
  var histories: Histories
  var texts: ItemTexts?
  var sources: [CorpusManifest.Source]

  init(
    _ items: CorpusItemOptions, _ interactions: InteractionOptions, texts: String?, _ names: ItemNameOptions?,
    _ cleaning: TextCleaningArguments?, _ console: Console
  ) throws {
    (self.items, vocabulary) = try items.open(console)
    let source = try interactions.source()
    histories = try Histories.read(source, items: self.items)
    console.tell(histories.summary)
    self.texts = try texts.map { [items = self.items, vocabulary] in
      let texts = try ItemTexts.read(
        path: $0, names: names?.names ?? .init(), items: items, vocabulary: vocabulary,
        cleaning: cleaning?.options() ?? TextCleaningOptions())
      console.tell(texts.summary)
      return texts
    }
    sources = try ([items.codes] + source.paths.map(\.path) + [texts].compactMap(\.self)).flatMap { path in
      try DataTable.files(at: path).map { try CorpusManifest.Source(path: $0) }
    }
  }
}
