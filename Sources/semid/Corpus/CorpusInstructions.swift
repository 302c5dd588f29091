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
  @OptionGroup var rows: TextRowArguments
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
    options.rows = try rows.options(options.rows, windows: windows, among: CorpusTask.instructions)
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
