import Dispatch
public import Retrieval
public import Vectors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Recall against speed over a sweep of budgets, beside the exact search.
public struct RecallBenchmark: Sendable {
  /// Recall is measured at each of these, by a search for just that many.
  public var ks = [1, 10, 100]
  /// Speed is measured for searches of this many.
  public var timedK = 10
  /// Budgets, from small to large.
  public var sweep = Self.defaultSweep
  /// The sweep ends after the first setting that reaches this at `timedK`.
  public var enough = 0.9995
  /// Numbers of threads at which batches are timed.
  public var threads: [Int]
  /// Single queries whose latency is measured, at most.
  public var singleQueries = 1000
  /// A batch is repeated until it has run this often and this many seconds; the median counts.
  public var repeats = 3
  public var seconds = 0.3

  public static let defaultSweep = [50, 100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600].map {
    SearchOptions(candidates: $0)
  }

  /// - Parameter pool: its number of threads, and one.
  public init(pool: ThreadPool = ThreadPool()) {
    threads = pool.threads > 1 ? [1, pool.threads] : [1]
  }

  /// Measures the index at `path`.
  ///
  /// - Parameters:
  ///   - truth: nil to take the index's own exact search for it.
  ///   - progress: called with each row as it is known, the exact one first.
  /// - Throws: `InputError` when the index or the queries cannot be searched, or the truth is of other queries.
  public func run(
    _ path: String, queries: Matrix, truth: GroundTruth? = nil, buildSeconds: Double? = nil,
    progress: (RecallReport.Row) throws -> Void = { _ in }
  ) throws -> RecallReport {
    var open: [Double] = []
    for _ in 0..<3 { open.append(try Self.time { _ = try SemanticIndex(opening: path) }) }
    let index = try SemanticIndex(opening: path)
    guard queries.rows > 0 else { throw InputError(.usage, "queries", expected: "at least one", found: "none") }
    let widest = ThreadPool(threads: threads.max())
    let truth = try truth ?? GroundTruth(exact: index, queries, k: ks.max() ?? timedK, pool: widest)
    guard truth.distances.rows == queries.rows else {
      throw InputError(
        .mismatch, "ground truth", expected: "\(queries.rows) rows, one a query", found: "\(truth.distances.rows)")
    }
    let ks = ks.filter { $0 >= 1 && $0 <= truth.distances.columns }
    let timedK = min(timedK, truth.distances.columns)

    var rows: [RecallReport.Row] = []
    func add(_ row: RecallReport.Row) throws {
      rows.append(row)
      try progress(row)
    }
    let exact = try ks.map { k in
      Self.recall(try index.exactSearch(queries, k: k, pool: widest), truth, k)
    }
    try add(
      RecallReport.Row(
        options: nil, recall: exact,
        throughput: try throughput(queries.rows) { _ = try index.exactSearch(queries, k: timedK, pool: $0) },
        nodesVisited: 0, codesScanned: 0, vectorsReranked: Double(index.count), budgetExhausted: 0))
    for options in sweep {
      let row = try measure(options, index, queries, truth, ks: ks, timedK: timedK, widest)
      try add(row.row)
      // Once everything is scanned and reranked, larger budgets are the same search.
      if row.timedRecall >= enough || row.row.vectorsReranked >= Double(index.count) { break }
    }
    let vectors = index.manifest.segments.reduce(0) { $0 + ($1.files["vectors.faiss"]?.bytes ?? 0) }
    return RecallReport(
      items: index.count, dimension: index.manifest.dimension, levelSizes: index.manifest.levelSizes,
      metric: index.metric, queries: queries.rows, ks: ks, rows: rows, indexBytes: index.manifest.bytes,
      bytesBesideVectors: index.manifest.bytes - vectors, openSeconds: open.min() ?? 0, buildSeconds: buildSeconds,
      peakMemoryBytes: ProcessMemory.peak)
  }

  private func measure(
    _ options: SearchOptions, _ index: SemanticIndex, _ queries: Matrix, _ truth: GroundTruth, ks: [Int], timedK: Int,
    _ pool: ThreadPool
  ) throws -> (row: RecallReport.Row, timedRecall: Double) {
    func with(k: Int) -> SearchOptions {
      var changed = options
      changed.k = k
      return changed
    }
    let recall = try ks.map { k in
      Self.recall(try index.search(queries, options: with(k: k), pool: pool), truth, k)
    }
    let timed = with(k: timedK)
    let accounts = try index.search(queries, options: timed, pool: pool)
    let throughput = try throughput(queries.rows) { _ = try index.search(queries, options: timed, pool: $0) }
    let singles = try (0..<min(singleQueries, queries.rows)).map { query in
      let vector = queries.row(query)
      return try Self.time { _ = try index.search(vector, options: timed) }
    }.sorted()
    let count = Double(queries.rows)
    func mean(_ value: (SearchAccount) -> Int) -> Double {
      Double(accounts.reduce(0) { $0 + value($1.account) }) / count
    }
    let row = RecallReport.Row(
      options: timed, recall: recall, throughput: throughput, p50: Self.percentile(0.5, of: singles) * 1e6,
      p99: Self.percentile(0.99, of: singles) * 1e6, nodesVisited: mean(\.nodesVisited),
      codesScanned: mean(\.codesScanned), vectorsReranked: mean(\.vectorsReranked),
      budgetExhausted: mean { $0.budgetExhausted ? 1 : 0 })
    return (row, Self.recall(accounts, truth, timedK))
  }

  private func throughput(_ queries: Int, _ run: (ThreadPool) throws -> Void) throws -> [RecallReport.Throughput] {
    try threads.map { threads in
      let pool = ThreadPool(threads: threads)
      try run(pool)
      var times: [Double] = []
      repeat {
        times.append(try Self.time { try run(pool) })
      } while times.count < repeats || times.reduce(0, +) < seconds
      let median = Self.percentile(0.5, of: times.sorted())
      return RecallReport.Throughput(threads: threads, queriesPerSecond: Double(queries) / max(median, 1e-9))
    }
  }

  static func recall(_ results: [SearchResult], _ truth: GroundTruth, _ k: Int) -> Double {
    let sum = results.enumerated().reduce(0.0) { $0 + truth.recall(of: $1.element.hits, query: $1.offset, at: k) }
    return sum / Double(max(results.count, 1))
  }

  /// The value at `rank` (0…1) of ascending values.
  static func percentile(_ rank: Double, of sorted: [Double]) -> Double {
    sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(rank * Double(sorted.count)))]
  }

  private static func time(_ body: () throws -> Void) rethrows -> Double {
    let start = DispatchTime.now().uptimeNanoseconds
    try body()
    return Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
  }
}
