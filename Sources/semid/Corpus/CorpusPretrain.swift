import ArgumentParser
import SemanticID

struct CorpusPretrain: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "pretrain", abstract: "Write documents of items and histories, text and IDs interleaved.",
    discussion: """
      Example: semid corpus pretrain --train train.parquet --codes codes.parquet --items items.parquet --output documents

      An object {"text": …} a line. Tasks: item-document (an item with what is known of it) and history-document (a user's \
      history). Wordings and seeds work as for semid corpus instructions. Trainers take the loss over whole documents, so \
      those of validation and test hold a user's held-out items alone; with --held-out history each has the items before it, \
      too, and the manifest says how much of a file that is.
      """)

  @OptionGroup var interactions: InteractionOptions
  @OptionGroup var items: CorpusItemOptions
  @OptionGroup var windows: WindowArguments
  @OptionGroup var rows: TextRowArguments
  @Option(
    help: ArgumentHelp(
      "Documents of validation and test: targets (held-out items alone) or history (with the items before them, which are "
        + "trained on)."))
  var heldOut = PretrainCorpus.Options().heldOut
  @Option(name: .shortAndLong, help: ArgumentHelp("Directory to write.", valueName: "directory"))
  var output: String
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func execute(_ console: Console) async throws {
    try Output.check(
      [.directory(output, .corpus)], reading: items.paths + interactions.paths + rows.paths)
    var options = PretrainCorpus.Options()
    options.rows = try rows.options(options.rows, windows: windows, among: CorpusTask.documents)
    options.heldOut = heldOut
    let templates = try rows.templates.map { try TemplateLibrary.read($0) }
    let (manifest, seconds) = try await timed {
      try await console.step("writing documents", unit: "rows") { step in
        let inputs = try CorpusInputs(items, interactions, texts: rows.items, rows.itemNames, rows.cleaning, console)
        return try PretrainCorpus.write(
          inputs.histories, items: inputs.items, texts: inputs.texts, vocabulary: inputs.vocabulary,
          templates: templates, options: options, sources: inputs.sources, to: output, pool: console.pool,
          progress: step.update)
      }
    }
    let summary = CorpusSummary(output: output, seconds: seconds, corpus: manifest)
    try console.print(summary, text: summary.text)
  }
}
