public import CSemid
import SemanticID
import Synchronization

/// How an index is built.
struct IndexOptions: Codable {
  /// nil: what the model was trained for, and l2 without one.
  var metric: Metric?
  var faiss = "Flat"
  var seed: UInt64 = 0
  var byteVectors = true
  var sketchCopies: Int?
}

/// What an index holds, in the words of `semid index info`.
struct IndexDescription: Encodable {
  var index: String
  var items: Int
  /// All rows are below this.
  var rowLimit: Int
  var dimension: Int
  var metric: String
  var levelSizes: [Int]
  /// Whether the largest code of the last level stands for the end of an ID that is one level shorter.
  var mayEndEarly: Bool
  var segments: Int
  var deleted: Int
  var faiss: String?
  var model: String?
  var hasModel: Bool
  var attributes: [String]
  var bytes: Int

  init(_ path: String, _ manifest: IndexManifest) {
    index = path
    items = manifest.count
    rowLimit = manifest.segments.reduce(0) { $0 + $1.count }
    dimension = manifest.dimension
    metric = manifest.metric.rawValue
    levelSizes = manifest.levelSizes
    mayEndEarly = manifest.mayEndEarly == true
    segments = manifest.segments.count
    deleted = rowLimit - manifest.count
    faiss = manifest.faiss
    model = manifest.model
    hasModel = manifest.hasTokenizer == true
    attributes = Set(manifest.segments.flatMap { ($0.attributes ?? []).map(\.name) }).sorted()
    bytes = manifest.bytes
  }
}

private struct BuildStep: Encodable {
  var event = "build"
  var stage: String
  var done: Int
  var total: Int
}

@c @implementation
public func semid_index_build(
  _ path: semid_text, _ codes: semid_codes, _ vectors: semid_matrix, _ ids: semid_texts, _ tokenizer: UInt64,
  _ attributes: semid_table, _ options: semid_text, _ threads: Int64, _ watch: semid_watch,
  _ result: UnsafeMutablePointer<UInt64>?
) -> Int32 {
  Call.run {
    let path = try path.required("path")
    let pool = try Call.pool(threads)
    let options = try CallOptions.decode(options, over: IndexOptions(), "options")
    let model: (any Tokenizer)? = tokenizer == 0 ? nil : try tokenizer.tokenizer
    let vectors = try vectors.vectors("vectors", pool: pool)
    let ids = try ids.ids()
    let metric = options.metric ?? (model?.needsDirections == true ? .cosine : .l2)
    if metric == .cosine { try vectors?.checkDirections(source: "vectors", pool: pool) }
    var contents: IndexContents
    if let given = try codes.codes(sizes: codes.level_sizes == nil ? codes.sizes(of: model) : nil) {
      contents =
        model.map { IndexContents(codes: given, vectors: vectors, ids: ids, tokenizer: $0) }
        ?? IndexContents(codes: given, vectors: vectors, ids: ids)
    } else {
      guard let model, let vectors else {
        throw InputError(
          .usage, "index", expected: "vectors and a tokenizer, or codes",
          found: vectors == nil ? "no vectors" : "no tokenizer")
      }
      contents = IndexContents(
        codes: try model.encode(vectors, pool: pool, source: "vectors"), vectors: vectors, ids: ids, tokenizer: model)
    }
    contents.attributes = try attributes.attributes()
    var builder = IndexBuilder(metric: metric, faiss: options.faiss)
    builder.seed = options.seed
    builder.byteVectors = options.byteVectors
    if let copies = options.sketchCopies { try InputError.check("sketchCopies", copies, in: 1...2) }
    builder.sketchCopies = options.sketchCopies
    try watch.tell(CallOptions.json(BuildStep(stage: "sorting", done: 0, total: contents.codes.count)))
    let manifest = try builder.build(contents, at: path, pool: pool) { stage, done, total in
      // A build is not ended half-way: it says where it is.
      try? watch.tell(CallOptions.json(BuildStep(stage: stage.rawValue, done: done, total: total)))
    }
    try result.giveIfAsked(try CallResult(json: IndexDescription(path, manifest)))
  }
}

extension semid_codes {
  /// A model's sizes for codes of as many levels; with one level more, that level's own size behind them.
  fileprivate func sizes(of model: (any Tokenizer)?) throws -> [Int]? {
    guard let model, let values, levels > 0 else { return nil }
    let sizes = model.levelSizes
    guard levels == Int64(sizes.count) + 1 else { return sizes }
    let count = try CallerArray.product(rows, levels, "codes")
    try CallerArray.check(values, count: count, "codes")
    let levels = Int(levels)
    return sizes + [stride(from: levels - 1, to: count, by: levels).reduce(1) { max($0, Int(values[$1]) + 1) }]
  }
}

@c @implementation
public func semid_index_open(
  _ path: semid_text, _ writable: Int32, _ merges: Int32, _ threads: Int64, _ index: UnsafeMutablePointer<UInt64>?
) -> Int32 {
  Call.run {
    let path = try path.required("path")
    let pool = try Call.pool(threads)
    if writable == 0 {
      try index.give(.state(try SemanticIndex(opening: path, pool: pool)), as: "index")
    } else {
      let options = LiveIndex.Options(merging: merges == 0 ? nil : MergePolicy())
      try index.give(.live(try LiveIndex(opening: path, options: options, pool: pool)), as: "index")
    }
  }
}

@c @implementation
public func semid_index_state(_ index: UInt64, _ state: UnsafeMutablePointer<UInt64>?) -> Int32 {
  Call.run { try state.give(.state(try index.index), as: "state") }
}

@c @implementation
public func semid_index_info(_ index: UInt64, _ result: UnsafeMutablePointer<UInt64>?) -> Int32 {
  Call.run {
    let index = try index.index
    try result.give(try CallResult(json: IndexDescription(index.path, index.manifest)))
  }
}

@c @implementation
public func semid_index_tokenizer(_ index: UInt64, _ tokenizer: UnsafeMutablePointer<UInt64>?) -> Int32 {
  Call.run { try tokenizer.give(.tokenizer(try index.index.tokenizer()), as: "tokenizer") }
}

@c @implementation
public func semid_index_update(
  _ index: UInt64, _ ids: semid_texts, _ vectors: semid_matrix, _ codes: semid_codes, _ attributes: semid_table,
  _ replaces: Int32, _ deleted: semid_texts, _ ignoresUnknown: Int32, _ result: UnsafeMutablePointer<UInt64>?
) -> Int32 {
  Call.run {
    let live = try index.live
    let current = live.current
    let pool = try Call.pool(0)
    let vectors = try vectors.vectors("vectors", pool: pool)
    if current.metric == .cosine { try vectors?.checkDirections(source: "vectors", pool: pool) }
    var added: IndexChanges.Items?
    if let ids = try ids.ids() {
      added = IndexChanges.Items(
        ids: ids, vectors: vectors, codes: try codes.codes(sizes: current.levelSizes),
        attributes: try attributes.attributes())
    }
    let report = try live.update(
      IndexChanges(
        added: added, isReplacing: replaces != 0, deleted: try deleted.column("deleted").map(Array.init) ?? [],
        ignoresUnknown: ignoresUnknown != 0))
    try result.giveIfAsked(try CallResult(json: report))
  }
}

@c @implementation
public func semid_index_compact(_ index: UInt64, _ result: UnsafeMutablePointer<UInt64>?) -> Int32 {
  Call.run {
    let report = try index.live.compact()
    try result.giveIfAsked(try CallResult(json: report))
  }
}

@c @implementation
public func semid_index_verify(_ index: UInt64, _ threads: Int64, _ result: UnsafeMutablePointer<UInt64>?) -> Int32 {
  Call.run {
    let check = try index.index.verify(pool: Call.pool(threads))
    try result.giveIfAsked(try CallResult(json: check))
  }
}
