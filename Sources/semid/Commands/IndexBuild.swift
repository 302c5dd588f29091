import ArgumentParser
import SemanticID

struct IndexBuild: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "build", abstract: "Build an index of embeddings and their codes.",
    discussion: """
      Examples:
        semid index build embeddings.npy --model model --output index
        semid index build embeddings.npy --model model --codes ids.parquet --output index
        semid index build embeddings.npy --model model --output index --attributes items.parquet

      An index that stands at the output is replaced in one step: until then, and after a kill, it is whole.
      """)

  @OptionGroup var input: InputOptions
  @Option(name: .shortAndLong, help: ArgumentHelp("Model directory.", valueName: "directory"))
  var model: String
  @Option(name: .shortAndLong, help: ArgumentHelp("Directory to write the index to.", valueName: "directory"))
  var output: String
  @Option(
    help: ArgumentHelp(
      "Codes of the items (.npy, .parquet, .jsonl), made by this model; encoded anew by default.", valueName: "file"),
    completion: .file(extensions: ["npy", "parquet", "jsonl"]))
  var codes: String?
  @Option(help: "What near means: l2, cosine or ip; by default what the model was trained for.")
  var metric: SearchMetric?
  @Option(help: ArgumentHelp("How FAISS holds the vectors: a factory string.", valueName: "factory"))
  var faiss = "Flat"
  @Option(
    help: ArgumentHelp(
      "Cells of the sketches that each item is in: 1, or 2 for more memory and, on scattered vectors, less time; found out by default.",
      valueName: "n"))
  var sketchCopies: Int?
  @Flag(
    inversion: .prefixedNo,
    help: ArgumentHelp(
      "Keep the vectors rounded to bytes, too, and read in full only what they leave: more memory, less time."))
  var byteVectors = true
  @OptionGroup var attributes: AttributeOptions
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func execute(_ console: Console) async throws {
    let model = try TokenizerModel.open(model)
    let set = try input.open(console)
    let metric = metric ?? SearchMetric(model)
    if metric == .cosine { try set.checkDirections(pool: console.pool) }
    let table = try attributes.table()
    let (manifest, seconds) = try await timed {
      let codes =
        try self.codes.map { try RowCodes.read($0, levelSizes: model.levelSizes, of: set, pool: console.pool) }
        ?? model.encode(set.vectors, pool: console.pool, source: set.source)
      return try await console.step("building", unit: "items") { step in
        var contents = IndexContents(codes: codes, vectors: set.vectors, ids: set.ids, tokenizer: model)
        contents.attributes = table
        var builder = IndexBuilder(metric: metric, faiss: faiss)
        builder.sketchCopies = sketchCopies
        builder.byteVectors = byteVectors
        return try builder.build(
          contents, at: output, pool: console.pool
        ) { stage, done, _ in
          step.note(stage.rawValue)
          step.update(to: done)
        }
      }
    }
    try console.print(IndexSummary(output, manifest, seconds: seconds)) {
      """
      built \(output): \(Text.count(manifest.count, "item")), \(Text.bytes(manifest.bytes)), \
      in \(Text.duration(seconds: seconds))
      """
    }
  }
}

extension SearchMetric {
  /// What `model` was trained for.
  init(_ model: any Tokenizer) { self = (model as? RQKMeans)?.options.metric == .cosine ? .cosine : .l2 }
}

/// What an index holds.
struct IndexSummary: Encodable {
  var index: String
  var items: Int
  var dimension: Int
  var metric: String
  var levelSizes: [Int]
  /// Trie nodes of every level, over all segments.
  var nodes: [Int]
  var segments: Int
  /// Items that are deleted and still take space.
  var deleted: Int
  var faiss: String?
  var model: String?
  /// What searches may be filtered by.
  var attributes: [String]
  var bytes: Int
  /// To build it, or to open it.
  var seconds: Double

  init(_ path: String, _ manifest: IndexManifest, seconds: Double) {
    index = path
    items = manifest.count
    dimension = manifest.dimension
    metric = manifest.metric.rawValue
    levelSizes = manifest.levelSizes
    nodes = manifest.levelSizes.indices.map { level in manifest.segments.reduce(0) { $0 + $1.nodes[level] } }
    segments = manifest.segments.count
    deleted = manifest.segments.reduce(0) { $0 + $1.count } - manifest.count
    faiss = manifest.faiss
    model = manifest.model
    attributes = Set(manifest.segments.flatMap { ($0.attributes ?? []).map(\.name) }).sorted()
    bytes = manifest.bytes
    self.seconds = seconds
  }
}
