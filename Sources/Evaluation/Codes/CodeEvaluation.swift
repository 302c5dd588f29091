import Retrieval
public import Tokenizers
public import Vectors

/// All measurements of one set of codes.
public struct CodeEvaluation: Codable, Hashable, Sendable {
  /// The name of the set: a file, a model.
  public var name: String
  /// How well the codes tell the items apart.
  public var statistics: CodeStatistics
  /// nil without vectors.
  package var duplicates: DuplicateCollisions?
  /// How far decoded vectors are from the items' own; nil without a model, or where its codes do not decode.
  public var reconstruction: ReconstructionError?
  /// Agreement of the neighbors by code with the neighbors by vector; nil without vectors.
  public var neighbors: NeighborAgreement?
  /// Correlation of the distances of codes with the distances of vectors; nil without vectors.
  public var correlation: DistanceCorrelation?
}

/// Measures several sets of codes of the same items, so that they can be compared: with the same queries and the same
/// pairs. The neighbors by vector are found once for all sets.
public struct CodeEvaluator: Sendable {
  /// One set of codes.
  public struct Candidate: Sendable {
    /// What the result calls the set: a file, a model.
    public var name: String
    /// N×L, in the order of the vectors.
    public var codes: Codes
    /// The model that decodes the codes. It may have fewer levels than the codes: levels that resolving collisions
    /// added are not decoded.
    public var model: (any Tokenizer)?

    /// Codes with the model that decodes them. Without a model no reconstruction error is measured.
    public init(name: String, codes: Codes, model: (any Tokenizer)? = nil) {
      self.name = name
      self.codes = codes
      self.model = model
    }
  }

  /// Number of neighbors for recall and NDCG.
  public var k = 10
  /// Number of items whose neighbors are compared, drawn evenly; nil: all of them.
  public var sample: Int? = 1000
  /// The most pairs of items for the distance correlation.
  public var pairs = 100_000
  /// The metric between vectors: `l2` or `cosine`.
  public var metric = Metric.l2
  /// Seed of the drawn queries and pairs. Equal seeds draw the same ones.
  public var seed: UInt64 = 42

  /// An evaluator with the default sizes of its samples.
  public init() {}

  /// Measures the codes alone, without vectors.
  public static func evaluate(_ candidates: [Candidate], pool: ThreadPool = ThreadPool()) throws -> [CodeEvaluation] {
    try candidates.map {
      CodeEvaluation(name: $0.name, statistics: try CodeStatistics($0.codes, pool: pool))
    }
  }

  /// Measures codes against the vectors of their items. Same bits for any number of threads.
  ///
  /// - Parameters:
  ///   - vectors: N×d, finite, at least two rows.
  ///   - progress: called with the number of queries that are done.
  /// - Throws: `InputError` when the number of codes is not that of the vectors, when there are fewer than two, when k
  ///   does not lie in 1 ..< N, or naming a row that is not finite.
  public func evaluate(
    _ vectors: Matrix, _ candidates: [Candidate], pool: ThreadPool = ThreadPool(),
    progress: @Sendable (Int) -> Void = { _ in }
  ) throws -> [CodeEvaluation] {
    for candidate in candidates {
      try EvaluationInput.check(vectors, candidate.codes, atLeast: 2, source: candidate.name)
    }
    guard !candidates.isEmpty else { return [] }
    guard metric != .innerProduct else {
      throw InputError(.usage, "metric", expected: "l2 or cosine", found: metric.rawValue)
    }
    guard k >= 1, k < vectors.rows else {
      throw InputError(
        .usage, "k", expected: "1 to \(vectors.rows - 1): less than the number of items", found: "\(k)")
    }
    guard (sample ?? 1) >= 1, pairs >= 1 else {
      throw InputError(.usage, "sample", expected: "at least one query and one pair", found: "none")
    }
    let tries = try candidates.map { try CodeTrie($0.codes, pool: pool) }
    let duplicates = DuplicateVectors(vectors, pool: pool)
    let seen = metric == .cosine ? vectors.withUnitRows(pool: pool) : vectors
    let agreement = NeighborAgreement.measure(
      seen, tries, queries: queries(of: vectors.rows), k: k, pool: pool, progress: progress)
    let correlation = DistanceCorrelation.measure(seen, tries, pairs: pairs, seed: seed, pool: pool)
    return try candidates.indices.map { index in
      CodeEvaluation(
        name: candidates[index].name, statistics: CodeStatistics(tries[index]),
        duplicates: DuplicateCollisions(tries[index], duplicates),
        reconstruction: try reconstruction(vectors, candidates[index], pool), neighbors: agreement[index],
        correlation: correlation[index])
    }
  }

  func queries(of count: Int) -> [Int] {
    guard let sample, sample < count else { return Array(0..<count) }
    var random = CounterRandom(seed: seed, stream: 1)
    return random.sample(sample, below: count)
  }

  private func reconstruction(_ vectors: Matrix, _ candidate: Candidate, _ pool: ThreadPool) throws
    -> ReconstructionError?
  {
    guard let model = candidate.model else { return nil }
    let codes = try candidate.codes.firstLevels(model.levelSizes.count)
    do {
      return try ReconstructionError(vectors, codes, model, pool: pool)
    } catch let error as InputError where error.kind == .unsupported {
      return nil
    }
  }
}

extension Codes {
  /// The codes of the first levels, copied where there are more.
  func firstLevels(_ number: Int) throws -> Codes {
    guard number > 0, number < levels else { return self }
    let values = Buffer<UInt16>(count: count * number) { target in
      self.values.withUnsafeBufferPointer { source in
        for item in 0..<count {
          for level in 0..<number { target[item * number + level] = source[item * levels + level] }
        }
      }
    }
    return try Codes(levelSizes: Array(levelSizes[..<number]), values: values)
  }
}
