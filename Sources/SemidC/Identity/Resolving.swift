public import CSemid
import SemanticID

private struct ResolveSummary: Encodable {
  var levels: Int
  var levelSizes: [Int]
  var report: ResolutionReport
}

@c @implementation
public func semid_resolve(
  _ tokenizer: UInt64, _ vectors: semid_matrix, _ codes: semid_codes, _ ids: semid_texts, _ options: semid_text,
  _ threads: Int64, _ result: UnsafeMutablePointer<UInt64>?
) -> Int32 {
  Call.run {
    let model = try tokenizer.tokenizer
    let pool = try Call.pool(threads)
    let vectors = try vectors.required("vectors", pool: pool)
    let options = try CallOptions.decode(options, over: CollisionOptions(), "options")
    try InputError.check("capacity", options.capacity, in: CollisionOptions.capacityRange)
    try InputError.check("sinkhorn.iterations", options.sinkhorn.iterations, in: 1...1_000_000)
    try InputError.check("sinkhorn.rounds", options.sinkhorn.rounds, in: 1...1_000_000)
    try InputError.check("sinkhorn.epsilon", options.sinkhorn.epsilon, in: Double.leastNormalMagnitude...1e9)
    if model.needsDirections { try vectors.checkDirections(source: "vectors", pool: pool) }
    let codes =
      try codes.codes(sizes: model.levelSizes) ?? model.encode(vectors, pool: pool, source: "vectors")
    let resolution = try CollisionResolver(options).resolve(
      codes, of: vectors, ids: try ids.ids(), tokenizer: model, pool: pool, source: "vectors")
    var arrays: [String: CallResult.Values] = ["codes": .uint16(resolution.codes.values)]
    switch resolution.ids.tail {
    case .none: break
    case .code(let tail): arrays["tail"] = .int32(tail)
    case .text(let texts): arrays.set(texts, as: "tail", bytes: "tail.bytes")
    }
    try result.give(
      try CallResult(
        json: ResolveSummary(
          levels: resolution.codes.levels, levelSizes: resolution.codes.levelSizes, report: resolution.report), arrays))
  }
}
