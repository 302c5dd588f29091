import ArgumentParser
import SemanticID

struct EmbedLSA: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "lsa", abstract: "Embed without a model: latent semantic analysis of the items' own texts.",
    discussion: """
      Example: semid embed lsa --items items.parquet --output vectors.npy --model words

      The words of the items' texts, weighted by how rare they are, are projected on the directions in which the texts \
      vary most. It knows nothing of meaning but which words come together in these items. With --model the projection is \
      kept, so that new items and queries can be embedded alike: semid embed words --items new.parquet …
      """)

  @OptionGroup var input: EmbedItemOptions
  @Option(name: .shortAndLong, help: ArgumentHelp("File to write: .npy, .h5 or .parquet.", valueName: "file"))
  var output: String
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Keep the projection in this directory; by default nowhere.", valueName: "directory"))
  var model: String?
  @Option(help: ArgumentHelp("Length of the vectors.", valueName: "n"))
  var dimensions = LSAOptions().dimension
  @Option(help: ArgumentHelp("Seed of all random choices.", valueName: "n"))
  var seed = LSAOptions().seed
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func validate() throws {
    try InputError.check("--dimensions", dimensions, in: 1...4096)
  }

  func execute(_ console: Console) async throws {
    let form = try VectorOutput(path: output)
    try Output.check(
      form.files.map { .file($0) } + (model.map { [.directory($0, .lsa)] } ?? []), reading: [input.items])
    let items = try input.read(console)
    var options = LSAOptions()
    options.dimension = dimensions
    options.seed = seed
    let ((embedder, vectors), seconds) = try await timed {
      try await console.step("embedding", unit: "items") { _ in
        try LSAEmbedder.fitAndEmbed(fields: [TextField(items.texts)], options: options, pool: console.pool)
      }
    }
    if let model { try embedder.write(to: model) }
    try Self.write(
      vectors, items, form,
      Summary(
        output: output, model: model, rows: vectors.rows, dimension: vectors.columns, template: items.template.text,
        withoutText: items.withoutText, threads: console.pool.threads, seconds: seconds), input, console)
  }

  static func write(
    _ vectors: Matrix, _ items: TextItems, _ form: VectorOutput, _ summary: Summary, _ input: EmbedItemOptions,
    _ console: Console
  ) throws {
    try form.write(rows: vectors.rows, dimension: vectors.columns, ids: items.ids) { try $0(0..<vectors.rows, vectors) }
    try console.print(summary) {
      "embedded \(Text.count(summary.rows, "item")) to \(summary.dimension) dimensions in "
        + "\(Text.duration(seconds: summary.seconds)) to \(summary.output)" + input.emptyNote(summary.withoutText)
    }
  }

  struct Summary: Encodable {
    var output: String
    /// The projection's directory; null: it is not kept.
    var model: String?
    var rows: Int
    var dimension: Int
    var template: String
    var withoutText: Int
    var threads: Int
    /// Embedding alone, without reading and writing files.
    var seconds: Double
  }
}
