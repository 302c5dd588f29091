public import Retrieval
public import Vectors

/// The true distances of the nearest items to each query, and the rule by which a found item counts.
///
/// The rule is ann-benchmarks': an item counts when its distance is no greater than that of the true k-th neighbour, so
/// that among items at equal distance any will do.
public struct GroundTruth: Sendable {
  /// Queries × k, ascending, in the unit of the index's metric (squared for l2).
  public let distances: Matrix
  private let metric: SearchMetric
  /// What rounding is allowed, as a share of the distance; under cosine as a share of at least 1.
  private let tolerance: Float

  public init(distances: Matrix, metric: SearchMetric, tolerance: Float = 1e-5) {
    self.distances = distances
    self.metric = metric
    self.tolerance = tolerance
  }

  /// The `distances` of an ann-benchmarks file: euclidean ones are not squared there, angular ones are 1 − cos.
  public init(annBenchmarks distances: Matrix, metric: SearchMetric) {
    let squared = Matrix(rows: distances.rows, columns: distances.columns) { target in
      distances.withUnsafeBufferPointer { source in
        for index in source.indices { target[index] = metric == .l2 ? source[index] * source[index] : source[index] }
      }
    }
    self.init(distances: squared, metric: metric)
  }

  /// By exact search of the index itself.
  ///
  /// - Precondition: the index holds its vectors as `Flat`; FAISS's search of others is not exact.
  public init(
    exact index: SemanticIndex, _ queries: Matrix, k: Int, pool: ThreadPool = ThreadPool()
  ) throws {
    let k = min(k, index.count)
    let results = try index.exactSearch(queries, k: k, pool: pool)
    self.init(
      distances: Matrix(rows: queries.rows, columns: k, values: results.flatMap { $0.hits.map(\.distance) }),
      metric: index.metric)
  }

  /// How many of the first k found count, as a share of k.
  ///
  /// - Precondition: k is 1 to the number of columns.
  public func recall(of hits: [SearchHit], query: Int, at k: Int) -> Double {
    let limit = distances[query, k - 1]
    let slack = tolerance * (metric == .cosine ? max(abs(limit), 1) : abs(limit))
    return Double(hits.prefix(k).count { $0.distance <= limit + slack }) / Double(k)
  }
}
