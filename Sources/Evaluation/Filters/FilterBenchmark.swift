import Dispatch
package import Retrieval
package import Vectors

/// Recall and speed of searches under filters that leave random shares of the items, and of the search without a
/// filter.
///
/// The truth is the exact search under the same filter.
package struct FilterBenchmark: Sendable {
  /// Number of results per query, at which recall is measured.
  package var k = 10
  /// Shares of the items that filters leave.
  package var shares = [0.5, 0.1, 0.01, 0.001]
  /// Budgets: numbers of vectors compared per query.
  package var candidates = [100, 200, 400]
  /// Seed of the choice of items.
  package var seed: UInt64 = 1
  /// The most single queries whose latency is measured.
  package var singleQueries = 1000
  /// A batch is repeated this often, and for this many seconds at least; the median counts.
  package var repeats = 3
  package var seconds = 0.3

  package init() {}

  /// - Parameter pool: for the truth; searches are timed on one thread.
  /// - Throws: `InputError` when the index cannot be searched by these vectors.
  package func run(
    _ index: SemanticIndex, queries: Matrix, pool: ThreadPool = ThreadPool(),
    progress: (FilterReport.Row) throws -> Void = { _ in }
  ) throws -> FilterReport {
    guard queries.rows > 0 else { throw InputError(.usage, "queries", expected: "at least one", found: "none") }
    var rows: [FilterReport.Row] = []
    for share in [nil] + shares.map(Optional.some) {
      let filter = try share.map { try self.filter(of: index, share: $0) }
      let allowed = filter?.count ?? index.count
      let k = min(k, allowed)
      let exact = try index.exactSearch(queries, k: k, filter: filter, pool: pool)
      let truth = GroundTruth(
        distances: Matrix(rows: queries.rows, columns: k, values: exact.flatMap { $0.hits.map(\.distance) }),
        metric: index.metric)
      for candidates in candidates {
        let options = SearchOptions(k: k, candidates: candidates)
        let row = try measure(index, queries, options, filter, share, allowed, truth)
        rows.append(row)
        try progress(row)
      }
    }
    return FilterReport(
      items: index.count, dimension: index.manifest.dimension, metric: index.metric, queries: queries.rows, k: k,
      rows: rows)
  }

  /// A filter that leaves a random share of the items, at least one.
  private func filter(of index: SemanticIndex, share: Double) throws -> ItemFilter {
    var random = CounterRandom(seed: seed)
    let wanted = min(index.count, max(1, Int((share * Double(index.count)).rounded())))
    return try index.filter(rows: random.sample(wanted, below: index.count))
  }

  private func measure(
    _ index: SemanticIndex, _ queries: Matrix, _ options: SearchOptions, _ filter: ItemFilter?, _ share: Double?,
    _ allowed: Int, _ truth: GroundTruth
  ) throws -> FilterReport.Row {
    let one = ThreadPool(threads: 1)
    let results = try index.search(queries, options: options, filter: filter, pool: one)
    var times: [Double] = []
    repeat {
      times.append(try Self.time { _ = try index.search(queries, options: options, filter: filter, pool: one) })
    } while times.count < repeats || times.reduce(0, +) < seconds
    let singles = try (0..<min(singleQueries, queries.rows)).map { query in
      let vector = queries.row(query)
      return try Self.time { _ = try index.search(vector, options: options, filter: filter) }
    }.sorted()
    func mean(_ value: (SearchAccount) -> Int) -> Double {
      Double(results.reduce(0) { $0 + value($1.account) }) / Double(queries.rows)
    }
    return FilterReport.Row(
      share: share, allowed: allowed, candidates: options.candidates,
      recall: truth.recall(of: results, at: options.k),
      queriesPerSecond: Double(queries.rows) / max((Stopwatch.percentile(0.5, of: times.sorted()) ?? 0), 1e-9),
      p50: (Stopwatch.percentile(0.5, of: singles) ?? 0) * 1e6, nodesVisited: mean(\.nodesVisited),
      codesScanned: mean(\.codesScanned), vectorsReranked: mean(\.vectorsReranked),
      answeredDirectly: mean { $0.answeredDirectly ? 1 : 0 })
  }

  private static func time(_ body: () throws -> Void) rethrows -> Double {
    let start = DispatchTime.now().uptimeNanoseconds
    try body()
    return Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
  }
}
