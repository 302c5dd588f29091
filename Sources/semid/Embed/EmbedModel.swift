import ArgumentParser
import SemanticID

struct EmbedModel: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "model", abstract: "Embed with the model in a directory: of sentence-transformers, or of embed lsa.",
    discussion: """
      Example: semid embed all-MiniLM-L6-v2 --items items.parquet --output vectors.npy

      The output's extension says its form: .npy holds the vectors, and a .ids.json beside it the items' ids; .h5 the \
      datasets embeddings and ids; .parquet the columns item_id and embedding.

      Models that run: BERT, RoBERTa and XLM-RoBERTa (MiniLM, BGE, E5, GTE), T5 encoders, Qwen3, Qwen2 and Llama with \
      causal attention, and static tables (StaticEmbedding, model2vec). Documentation/Embedding.md says more.

      What is done is kept in OUTPUT.parts until all is. After a kill the same command goes on from there.

      A text's vector has the same bits whatever the batches and the number of threads.
      """)

  @Argument(help: ArgumentHelp("Directory of the model.", valueName: "directory"), completion: .directory)
  var model: String
  @OptionGroup var input: EmbedItemOptions
  @Option(name: .shortAndLong, help: ArgumentHelp("File to write: .npy, .h5 or .parquet.", valueName: "file"))
  var output: String
  @Option(
    help: ArgumentHelp(
      "Text that is written before every item's text: the name of one of the model's prompts, or the text itself. By "
        + "default the model's own, if it names one.", valueName: "name or text"))
  var prompt: String?
  @Option(
    help: ArgumentHelp(
      "The most tokens of a text, special ones included; the rest is left out. By default the model's own.",
      valueName: "tokens"))
  var maxLength: Int?
  @Option(
    help: ArgumentHelp(
      "Tokens that go through the model together; it changes memory and speed alone.", valueName: "tokens"))
  var batchTokens = SentenceEncoder.Options().batchTokens
  @Option(
    help: ArgumentHelp(
      "Keep the first numbers of each vector alone, for models that were trained for that (Matryoshka); by default all.",
      valueName: "n"))
  var truncateDimensions: Int?
  @Flag(inversion: .prefixedNo, help: "Scale vectors to unit length; by default as the model's directory says.")
  var normalize: Bool?
  @Flag(help: "Begin anew where pieces of an interrupted run are there.")
  var restart = false
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func execute(_ console: Console) async throws {
    let form = try VectorOutput(path: output)
    try Output.check(form.files.map { .file($0) }, reading: [input.items, model])
    if try LSAEmbedder.isModel(model) { return try await executeLSA(form, console) }
    let encoder = try SentenceEncoder(opening: model, pool: console.pool)
    encoder.notes.forEach(console.note)
    let options = try options(encoder)
    try encoder.check(options)
    tell(encoder, options, console)
    let items = try input.read(console)
    let binding = encoder.binding(items, options, fingerprint: try encoder.fingerprint(pool: console.pool))
    var run = try EmbeddingRun(
      output: output, binding: binding, rows: items.texts.count, dimension: encoder.dimension(options),
      restarts: restart)
    if run.resumedRows > 0 { console.note("\(Text.count(run.resumedRows, "item")) were done before") }
    var total = SentenceEncoder.Report()
    let rows = items.texts.count - run.resumedRows
    let (_, seconds) = try await timed {
      try await console.step("embedding", total: rows, unit: "items") { step in
        try run.fill { range in
          let (vectors, report) = try encoder.embed(
            range.map { items.texts[$0] }, options, pool: console.pool, done: { step.advance(by: $0) })
          total.tokens += report.tokens
          total.truncated += report.truncated
          return vectors
        }
      }
    }
    try form.write(
      rows: items.texts.count, dimension: encoder.dimension(options), ids: items.ids, run.forEachPiece)
    try run.remove()
    let summary = Summary(
      output: output, model: model, family: encoder.family, rows: items.texts.count,
      dimension: encoder.dimension(options), normalized: options.normalizes ?? encoder.isNormalized,
      prompt: options.prompt, maximumLength: options.maximumLength ?? encoder.maximumLength,
      template: items.template.text, resumed: run.resumedRows, tokens: total.tokens, truncated: total.truncated,
      withoutText: items.withoutText, threads: console.pool.threads, seconds: seconds)
    try console.print(summary) {
      let rate = rows > 0 ? " (\(Text.figure(Double(rows) / max(seconds, 1e-9)))/s)" : ""
      return """
        embedded \(Text.count(items.texts.count, "item")) to \(summary.dimension) dimensions in \
        \(Text.duration(seconds: seconds))\(rate) to \(output)
        \(Text.count(total.tokens, "token"))\(summary.cutNote)\(input.emptyNote(items.withoutText))
        """
    }
  }

  private func options(_ encoder: SentenceEncoder) throws -> SentenceEncoder.Options {
    var options = SentenceEncoder.Options()
    options.prompt = try encoder.prompt(prompt)
    options.maximumLength = maxLength
    options.batchTokens = batchTokens
    options.dimensions = truncateDimensions
    options.normalizes = normalize
    return options
  }

  private func tell(_ encoder: SentenceEncoder, _ options: SentenceEncoder.Options, _ console: Console) {
    let length = (options.maximumLength ?? encoder.maximumLength).map { "at most \(Text.count($0, "token"))" }
    console.note(
      "model: \(encoder.family), \(encoder.dimension) dimensions, \(length ?? "texts of any length")"
        + (options.prompt.isEmpty ? "" : ", prompt \"\(options.prompt)\""))
  }

  /// With a directory that `semid embed lsa` wrote.
  private func executeLSA(_ form: VectorOutput, _ console: Console) async throws {
    for (name, isGiven) in [
      ("--prompt", prompt != nil), ("--max-length", maxLength != nil),
      ("--truncate-dimensions", truncateDimensions != nil), ("--no-normalize", normalize == false),
    ] where isGiven {
      throw InputError(.usage, name, expected: "a model of sentence-transformers", found: "one of embed lsa")
    }
    let embedder = try LSAEmbedder(opening: model)
    let items = try input.read(console)
    let (vectors, seconds) = try await timed {
      try await console.step("embedding", unit: "items") { _ in
        try embedder.embed(fields: [TextField(items.texts)], pool: console.pool)
      }
    }
    try EmbedLSA.write(
      vectors, items, form,
      EmbedLSA.Summary(
        output: output, model: model, rows: vectors.rows, dimension: vectors.columns, template: items.template.text,
        withoutText: items.withoutText, threads: console.pool.threads, seconds: seconds), input, console)
  }

  struct Summary: Encodable {
    var output: String
    var model: String
    var family: String
    var rows: Int
    var dimension: Int
    var normalized: Bool
    var prompt: String
    /// null: texts of any length.
    var maximumLength: Int?
    var template: String
    /// Rows that an interrupted run had done; the counts below are of the others.
    var resumed: Int
    var tokens: Int
    var truncated: Int
    var withoutText: Int
    var threads: Int
    /// Embedding alone, without reading and writing files.
    var seconds: Double

    var cutNote: String {
      maximumLength.map { "; \(Text.count(truncated, "text")) cut at \(Text.count($0, "token"))" } ?? ""
    }
  }
}
