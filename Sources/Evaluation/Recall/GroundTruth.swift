public import Retrieval
public import Vectors

/// The true nearest items to each query, and the rule by which a found item counts.
public struct GroundTruth: Sendable {
  /// How much farther than the true k-th neighbor an item may be and still count. Any of several items at equal
  /// distance counts.
  public enum Rule: Hashable, Sendable {
    /// Farther by at most this share of the distance; under cosine of the distance or 1, whichever is greater.
    case rounding(Float)
    /// Farther by at most `epsilon`, an absolute amount, in the distances of ann-benchmarks: euclidean, not squared, and
    /// 1 − cos.
    case annBenchmarks(epsilon: Float)

    /// The rule of ann-benchmarks: `epsilon` is 1e-3.
    public static let annBenchmarks = Rule.annBenchmarks(epsilon: 1e-3)
    /// Farther by a share of at most 1e-5, which covers rounding in single precision.
    public static let rounding = Rule.rounding(1e-5)
  }

  /// Queries × k, ascending, in the unit of the index's metric (squared for l2).
  package let distances: Matrix
  /// Queries × k rows of items, nearest first; nil where only distances are known.
  package let neighbors: Buffer<Int32>?
  package let metric: Metric
  package var rule: Rule

  /// Number of queries.
  public var count: Int { distances.rows }
  /// Number of known neighbors per query.
  package var depth: Int { distances.columns }

  /// - Precondition: as many neighbors as distances.
  package init(
    distances: Matrix, neighbors: Buffer<Int32>? = nil, metric: Metric, rule: Rule = .rounding
  ) {
    precondition(neighbors.map { $0.count == distances.values.count } ?? true, "a neighbor for every distance")
    self.distances = distances
    self.neighbors = neighbors
    self.metric = metric
    self.rule = rule
  }

  /// From the `distances` and `neighbors` of an ann-benchmarks file, where euclidean distances are not squared and
  /// angular ones are 1 − cos.
  package init(
    annBenchmarks distances: Matrix, neighbors: Buffer<Int32>? = nil, metric: Metric,
    rule: Rule = .annBenchmarks
  ) {
    let squared = Matrix(rows: distances.rows, columns: distances.columns) { target in
      distances.withUnsafeBufferPointer { source in
        for index in source.indices { target[index] = metric == .l2 ? source[index] * source[index] : source[index] }
      }
    }
    self.init(distances: squared, neighbors: neighbors, metric: metric, rule: rule)
  }

  /// From an exact search of the index itself.
  ///
  /// - Precondition: the index holds its vectors as `Flat`; FAISS's search of others is not exact.
  /// - Throws: `InputError` when the index holds no vectors, or a query cannot be used.
  public init(
    exact index: SemanticIndex, _ queries: Matrix, k: Int, rule: Rule = .rounding, pool: ThreadPool = ThreadPool()
  ) throws {
    let k = min(k, index.count)
    let results = try index.exactSearch(queries, k: k, pool: pool)
    self.init(
      distances: Matrix(rows: queries.rows, columns: k, values: results.flatMap { $0.hits.map(\.distance) }),
      neighbors: Buffer(results.flatMap { $0.hits.map { Int32(truncatingIfNeeded: $0.row) } }),
      metric: index.metric, rule: rule)
  }

  /// The truth of the first `queries` queries.
  package func first(_ queries: Int) -> GroundTruth {
    let kept = min(queries, count)
    return GroundTruth(
      distances: distances[rows: 0..<kept], neighbors: neighbors?[slice: 0..<kept * depth], metric: metric, rule: rule
    )
  }

  /// The share of the true k that is found, by distance: how many of the first k hits are near enough, over k.
  ///
  /// - Precondition: k is 1 to `depth`.
  public func recall(of hits: [SearchHit], query: Int, at k: Int) -> Double {
    let limit = self.limit(query: query, at: k)
    return Double(hits.prefix(k).count { $0.distance <= limit }) / Double(k)
  }

  /// The share of the true k that is found, by row. Which of several items at equal distance was found then matters.
  /// nil where the true rows are not known.
  ///
  /// - Precondition: k is 1 to `depth`.
  public func recallByRow(of hits: [SearchHit], query: Int, at k: Int) -> Double? {
    guard let neighbors else { return nil }
    let start = query * depth
    let truth = neighbors[slice: start..<start + k]
    let found = truth.withUnsafeBufferPointer { truth in
      hits.prefix(k).count { truth.contains(Int32(truncatingIfNeeded: $0.row)) }
    }
    return Double(found) / Double(k)
  }

  /// The mean recall of `results`, which are those of the first queries.
  func recall(of results: [SearchResult], at k: Int) -> Double {
    let sum = results.enumerated().reduce(0.0) { $0 + recall(of: $1.element.hits, query: $1.offset, at: k) }
    return sum / Double(max(results.count, 1))
  }

  func recallByRow(of results: [SearchResult], at k: Int) -> Double? {
    guard neighbors != nil else { return nil }
    let sum = results.enumerated().reduce(0.0) {
      $0 + (recallByRow(of: $1.element.hits, query: $1.offset, at: k) ?? 0)
    }
    return sum / Double(max(results.count, 1))
  }

  /// The greatest distance that counts.
  private func limit(query: Int, at k: Int) -> Float {
    let limit = distances[query, k - 1]
    switch rule {
    case .rounding(let share): return limit + share * (metric == .cosine ? max(abs(limit), 1) : abs(limit))
    case .annBenchmarks(let epsilon):
      guard metric == .l2 else { return limit + epsilon }
      let reach = max(0, limit).squareRoot() + epsilon
      return reach * reach
    }
  }
}
