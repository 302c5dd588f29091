import ArgumentParser
import SemanticID

struct CorpusInstructions: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "instructions", abstract: "Write prompts and their completions, for Hugging Face TRL.",
    discussion: """
      Example: semid corpus instructions --train train.parquet --valid valid.parquet --test test.parquet \
      --codes codes.parquet --items items.parquet --output instructions

      Tasks and weights: --tasks next-item=1,titles-next-item=0.5,item-title=1,title-item=1. A weight is how often each \
      row of a task is used; a fraction is the chance of once more. Every row gets one of several wordings at random; \
      semid corpus templates prints them, and --templates takes a file of the same form. Rows depend on the seed alone, \
      not on the number of threads. A held-out target in a training row, or an answer inside its own prompt, stops the \
      run and names the row.
      """)

  @OptionGroup var interactions: InteractionOptions
  @OptionGroup var items: CorpusItemOptions
  @OptionGroup var windows: WindowArguments
  @OptionGroup var rows: TextRowOptions
  @Option(help: "How rows stand in their lines: messages, prompt-completion or conversation.")
  var form = InstructionCorpus.Form.messages
  @Option(
    help: ArgumentHelp(
      "What the model is told before every prompt, where a template says nothing of its own; by default nothing.",
      valueName: "text"))
  var system: String?
  @Flag(help: "Add task, user_id and item_id to every row; by default they are not there.")
  var nameRows = false
  @Flag(
    help: ArgumentHelp(
      "Keep rows from a title to an ID where items with other IDs have the same title, so that it has several answers; "
        + "by default such items make none."))
  var keepSharedTitles = false
  @Option(name: .shortAndLong, help: ArgumentHelp("Directory to write.", valueName: "directory"))
  var output: String
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func execute(_ console: Console) async throws {
    try Output.check(
      [.directory(output, .corpus)], reading: items.paths + interactions.paths + rows.paths)
    var options = InstructionCorpus.Options()
    options.form = form
    options.system = system
    options.namesRows = nameRows
    options.windows = try windows.options()
    options.weights = try rows.weights(among: CorpusTask.instructions) ?? options.weights
    options.seed = rows.seed
    options.isShuffled = rows.shuffle
    options.separator = rows.separator
    options.titleSeparator = rows.titleSeparator
    options.shardRows = rows.shardRows
    options.isAudited = rows.audit
    options.hidesHeldOutTexts = rows.hideHeldOutTexts
    options.keepsSharedTitles = keepSharedTitles
    let templates = try rows.templates.map { try TemplateLibrary.read($0) }
    let (manifest, seconds) = try await timed {
      try await console.step("writing instructions", unit: "rows") { step in
        let inputs = try CorpusInputs(items, interactions, texts: rows.items, rows.itemNames, rows.cleaning, console)
        return try InstructionCorpus.write(
          inputs.histories, items: inputs.items, texts: inputs.texts, vocabulary: inputs.vocabulary,
          templates: templates, options: options, sources: inputs.sources, to: output, pool: console.pool,
          progress: step.update)
      }
    }
    let summary = CorpusSummary(output: output, seconds: seconds, corpus: manifest)
    try console.print(summary, text: summary.text)
  }
}

/// The options of corpora of text.
struct TextRowOptions: ParsableArguments {
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

  func weights(among known: [CorpusTask]) throws -> [CorpusTask: Double]? {
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
