import ArgumentParser
import SemanticID

struct CorpusSequences: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "sequences", abstract: "Write histories and the item that comes next.",
    discussion: """
      Example: semid corpus sequences --train train.parquet --valid valid.parquet --test test.parquet \
      --codes codes.parquet --output sequences
      Example: semid corpus sequences --interactions all.parquet --codes codes.parquet --model model --form bin \
      --output stream

      Forms: jsonl and parquet hold IDs as text; npz holds padded integers, id = code + sizes of the levels before; bin \
      holds one flat run of uint16 (or four bytes an id, from 65,500 ids on) for nanoGPT, with Megatron-LM's .idx beside \
      it. Trainers of such take the loss over all of val.bin, so it holds held-out items alone, as test.bin does; with \
      --held-out history each stands behind the items before it, and val.mask says which tokens are held out. Every row is held against the targets of validation and test; a leak stops the run and names the row.
      """)

  @OptionGroup var interactions: InteractionOptions
  @OptionGroup var items: CorpusItemOptions
  @OptionGroup var windows: WindowArguments
  @Option(help: "What is written: jsonl, parquet, npz or bin.")
  var form = SequenceCorpus.Form.jsonl
  @Option(
    help: ArgumentHelp(
      "With --form bin, documents of val.bin and test.bin: targets (held-out items alone) or history (with the items before "
        + "them, which are trained on, and a .mask)."))
  var heldOut = SequenceCorpus.Options().heldOut
  @Option(help: ArgumentHelp("Between the IDs of a history, in text; by default nothing.", valueName: "text"))
  var separator = SequenceCorpus.Options().separator
  @Option(name: .customLong("first-id"), help: ArgumentHelp("Id of code 0 of level 0, in integers.", valueName: "n"))
  var firstID = 0
  @Option(help: ArgumentHelp("The most rows of a file of text; by default one file for each part.", valueName: "rows"))
  var shardRows: Int?
  @Flag(inversion: .prefixedNo, help: "Hold training rows against the targets of validation and test.")
  var audit = true
  @Option(name: .shortAndLong, help: ArgumentHelp("Directory to write.", valueName: "directory"))
  var output: String
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func validate() throws {
    try InputError.check("--first-id", firstID, in: 0...Int(Int32.max))
    try InputError.check("--shard-rows", shardRows, in: Ranges.rowsOfAFile)
  }

  func execute(_ console: Console) async throws {
    try Output.check([.directory(output, .corpus)], reading: items.paths + interactions.paths)
    var options = SequenceCorpus.Options()
    options.form = form
    options.windows = try windows.options()
    options.separator = separator
    options.firstID = firstID
    options.heldOut = heldOut
    options.shardRows = shardRows
    options.isAudited = audit
    let (manifest, seconds) = try await timed {
      try await console.step("writing sequences", unit: "rows") { step in
        let inputs = try CorpusInputs(items, interactions, texts: nil, nil, nil, console)
        return try SequenceCorpus.write(
          inputs.histories, items: inputs.items, vocabulary: inputs.vocabulary, options: options,
          sources: inputs.sources, to: output, pool: console.pool, progress: step.update)
      }
    }
    let summary = CorpusSummary(output: output, seconds: seconds, corpus: manifest)
    try console.print(summary, text: summary.text)
  }
}
