public import CSemid
import SemanticID

/// How codes are measured; nil for what a sample has by default.
struct MeasuringOptions: Codable {
  var name = "codes"
  var k = 10
  /// nil: every item.
  var sample: Int? = 1000
  /// nil: 100,000, or 2,000 by the definitions of semantic-id.
  var pairs: Int?
  var metric = Metric.l2
  var seed: UInt32 = 42
  var definitions = "own"
  /// Of codes, by the definitions of semantic-id; nil: their own.
  var distance: CodeDistance?
}

private struct MeasuringProgress: Encodable {
  var event = "evaluate"
  var done: Int
}

@c @implementation
public func semid_evaluate(
  _ codes: semid_codes, _ vectors: semid_matrix, _ tokenizer: UInt64, _ options: semid_text, _ threads: Int64,
  _ watch: semid_watch, _ result: UnsafeMutablePointer<UInt64>?
) -> Int32 {
  Call.run {
    let pool = try Call.pool(threads)
    let options = try CallOptions.decode(options, over: MeasuringOptions(), "options")
    let model: (any Tokenizer)? = tokenizer == 0 ? nil : try tokenizer.tokenizer
    let sizes = model.flatMap { Int64($0.levelSizes.count) == codes.levels ? $0.levelSizes : nil }
    let codes = try codes.required(sizes: codes.level_sizes == nil ? sizes : nil)
    let vectors = try vectors.vectors("vectors", pool: pool)
    try InputError.check("k", options.k, in: 1...1_000_000_000)
    try InputError.check("sample", options.sample, in: 1...1_000_000_000)
    try InputError.check("pairs", options.pairs, in: 1...1_000_000_000)
    if options.metric == .cosine { try vectors?.checkDirections(source: "vectors", pool: pool) }
    try watch.tell(CallOptions.json(MeasuringProgress(done: 0)))
    if options.definitions != "own" {
      guard let version = SemanticIDMetrics.Version(rawValue: options.definitions) else {
        throw InputError(
          .usage, "definitions", expected: "own, semantic-id or semantic-id-0.2.3", found: options.definitions)
      }
      guard let vectors else { throw InputError(.usage, "vectors", expected: "vectors", found: "none") }
      try result.give(
        try CallResult(
          json: try SemanticIDMetrics(
            vectors, codes, model: model, version: version, k: options.k, sample: options.sample ?? codes.count,
            pairs: options.pairs ?? 2000, distance: options.distance, seed: options.seed, pool: pool)))
      return
    }
    guard options.distance == nil else {
      throw InputError(
        .usage, "distance", expected: "definitions semantic-id beside it", found: options.definitions,
        remedy: "our own measurements have both distances")
    }
    var evaluator = CodeEvaluator()
    evaluator.k = options.k
    evaluator.sample = options.sample
    evaluator.metric = options.metric
    evaluator.seed = UInt64(options.seed)
    if let pairs = options.pairs { evaluator.pairs = pairs }
    let candidate = CodeEvaluator.Candidate(name: options.name, codes: codes, model: model)
    let found =
      try vectors.map { try evaluator.evaluate($0, [candidate], pool: pool) }
      ?? CodeEvaluator.evaluate([candidate], pool: pool)
    try result.give(try CallResult(json: found[0]))
  }
}
