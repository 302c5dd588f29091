import ArgumentParser
import SemanticID

/// The options of corpora of text.
struct TextRowArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Titles and more of the items (.parquet, .csv, .tsv, .jsonl, .json, the texts also as .gz); by default none, and no "
        + "tasks that need them.", valueName: "file"), completion: .file())
  var items: String?
  @OptionGroup var itemNames: ItemNameOptions
  @Option(
    help: ArgumentHelp(
      "Tasks and their weights: task=weight, with commas between; by default \(Self.list(InstructionCorpus.Options().weights)), "
        + "for pretrain \(Self.list(PretrainCorpus.Options().weights)).", valueName: "list"))
  var tasks: String?
  @Option(
    help: ArgumentHelp(
      "Wordings of the tasks (JSON with Mustache templates); by default those that semid corpus templates prints.",
      valueName: "file"),
    completion: .file(extensions: ["json"]))
  var templates: String?
  @Option(help: ArgumentHelp("Seed of wordings, of fractions of weights and of the order.", valueName: "n"))
  var seed = InstructionCorpus.Options().seed
  @Flag(inversion: .prefixedNo, help: "Put training rows in a random order.")
  var shuffle = true
  @Option(help: ArgumentHelp("Between the IDs of a history.", valueName: "text"))
  var separator = InstructionCorpus.Options().separator
  @Option(help: ArgumentHelp("Between titles.", valueName: "text"))
  var titleSeparator = InstructionCorpus.Options().titleSeparator
  @Option(help: ArgumentHelp("The most rows of a file; by default one file for each part.", valueName: "rows"))
  var shardRows: Int?
  @Flag(inversion: .prefixedNo, help: "Look for held-out targets and for answers in prompts.")
  var audit = true
  @Flag(help: "Leave out, and forbid, texts of items that no training interaction is of; by default they are there.")
  var hideHeldOutTexts = false
  @OptionGroup var cleaning: TextCleaningArguments

  private static func list(_ weights: [CorpusTask: Double]) -> String {
    CorpusTask.allCases.compactMap { task in
      weights[task].map { "\(task.rawValue)=\($0 == $0.rounded() ? String(Int($0)) : String($0))" }
    }.joined(separator: ",")
  }

  func validate() throws { try InputError.check("--shard-rows", shardRows, in: Ranges.rowsOfAFile) }

  /// The files that are read.
  var paths: [String] { [items, templates].compactMap(\.self) }

  /// `defaults`, with what was given in their place.
  func options(
    _ defaults: TextRowOptions, windows: WindowArguments, among known: [CorpusTask]
  ) throws -> TextRowOptions {
    var options = defaults
    options.windows = try windows.options()
    options.weights = try weights(among: known) ?? defaults.weights
    options.seed = seed
    options.isShuffled = shuffle
    options.separator = separator
    options.titleSeparator = titleSeparator
    options.shardRows = shardRows
    options.isAudited = audit
    options.hidesHeldOutTexts = hideHeldOutTexts
    return options
  }

  private func weights(among known: [CorpusTask]) throws -> [CorpusTask: Double]? {
    guard let tasks else { return nil }
    var weights: [CorpusTask: Double] = [:]
    for part in tasks.split(separator: ",") {
      let sides = part.split(separator: "=", maxSplits: 1)
      guard let name = sides.first, let task = CorpusTask(rawValue: String(name)), known.contains(task),
        weights[task] == nil, let weight = sides.count == 2 ? Double(sides[1]) : 1
      else {
        throw InputError(
          .usage, "--tasks",
          expected: "task=weight with commas between, each once, among "
            + known.map(\.rawValue).joined(separator: ", "), found: String(part))
      }
      weights[task] = weight
    }
    return weights
  }
}
