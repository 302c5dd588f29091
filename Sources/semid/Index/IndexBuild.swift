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
        semid index build --codes Beauty.index.json --output index
        semid index build embeddings.npy --model model --part 2/4 --output part-2

      Of codes alone, made here or elsewhere, an index answers by ID and by prefix, and serves corpus audit, decode-text \
      and corpus constraint; embeddings beside them let it answer by vector. IDs may have one level more than \
      the model's, for items that the model gave the same codes, and some may lack it.

      An index that stands at the output is replaced in one step: until then, and after a kill, it is whole.
      """)

  @Argument(
    help: ArgumentHelp(
      "Embeddings: .npy, .npz, .safetensors, .pt, .h5, .hdf5, .parquet, .csv or .tsv, the last two also as .gz; none for "
        + "an index of --codes alone."),
    completion: .file())
  var input: String?
  @OptionGroup var selection: InputSelection
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Model directory; by default none, where there are --codes.", valueName: "directory"))
  var model: String?
  @Option(name: .shortAndLong, help: ArgumentHelp("Directory to write the index to.", valueName: "directory"))
  var output: String
  @Option(
    help: ArgumentHelp(
      "Codes of the items: .npy, .parquet, .csv, .tsv, .jsonl, .json, of this model or made elsewhere; by default the "
        + "model encodes the embeddings.",
      valueName: "file"),
    completion: .file())
  var codes: String?
  @OptionGroup var codesFile: CodesFileOptions
  @Option(
    help: ArgumentHelp(
      "Codes of every level, for --codes without a model: one number, or one a level; by default each level's largest "
        + "code plus one.", valueName: "k"),
    transform: LevelOptions.sizes)
  var codebookSize: [Int] = []
  @Option(help: "What near means: l2, cosine or ip; by default what the model was trained for.")
  var metric: Metric?
  @Option(help: FaissHelp.factory)
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
  @Option(
    help: ArgumentHelp(
      "Keep the items of one part alone, such as 2/4, for a server of its own: an item's part follows from its id; by "
        + "default all items.", valueName: "n/parts"),
    transform: { try ItemPart($0) })
  var part: ItemPart?
  @OptionGroup var attributes: AttributeOptions
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func execute(_ console: Console) async throws {
    try IndexBuilder.check(
      output, reading: [input, self.model, codes, selection.ids, attributes.attributes].compactMap(\.self))
    let model = try self.model.map { try TokenizerModel.open($0) }
    let set = try input.map { try selection.open($0, console) }
    let metric = metric ?? model.map { Metric($0) } ?? .l2
    if metric == .cosine { try set?.checkDirections(pool: console.pool) }
    let (manifest, seconds) = try await timed {
      var contents = try contents(model, set, console)
      contents.attributes = try attributes.table(of: contents.ids, count: contents.codes.count, console)
      if let part { contents = try contents.items(of: part) }
      return try await console.step("building", unit: "items") { step in
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

  private func contents(_ model: (any Tokenizer)?, _ set: EmbeddingSet?, _ console: Console) throws -> IndexContents {
    guard let codes else {
      guard let model, let set else {
        throw InputError(
          .usage, "semid index build", expected: "embeddings and a --model, or --codes",
          found: set == nil ? "no embeddings" : "no model")
      }
      let codes = try model.encode(set.vectors, pool: console.pool, source: set.source)
      return IndexContents(codes: codes, vectors: set.vectors, ids: set.ids, tokenizer: model)
    }
    var options = codesFile.options(model.map { .model($0.levelSizes) } ?? sizes)
    options.looksBeside = set == nil && selection.ids == nil
    options.idsPath = set == nil ? selection.ids : nil
    var table = try CodesTable(opening: codes, options: options, pool: console.pool)
    console.tell(table.summary)
    if let set { table = try table.joined(to: set) }
    return try IndexContents(table, vectors: set?.vectors, tokenizer: model)
  }

  private var sizes: CodesTable.Sizes { codebookSize.isEmpty ? .observed : .given(codebookSize) }
}

extension Metric {
  /// What `model` was trained for.
  init(_ model: any Tokenizer) { self = model.needsDirections ? .cosine : .l2 }
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
