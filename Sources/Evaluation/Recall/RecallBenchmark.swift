package import Retrieval
package import Vectors

/// Recall against speed over a grid of settings, and of the exact search, as ann-benchmarks measures it
/// (https://github.com/erikbern/ann-benchmarks). An item counts by its distance. A setting's speed is that of the best
/// of several rounds after a warm-up.
///
/// Every setting is first searched once, which gives its recall and a rough speed. Settings that another one clearly
/// beats at both are not timed further (`timesAll`). Rounds go over all settings in turn, so that a change in the
/// machine's speed falls on all of them.
package struct RecallBenchmark: Sendable {
  package var k = 10
  package var grid = RecallGrid()
  package var rounds = 3
  /// Numbers of threads to time, ascending.
  package var threads: [Int]
  /// Whether settings that are clearly beaten are timed too.
  package var timesAll = false
  /// A setting is left out when one with no more work reaches this recall.
  package var enough = 0.9995
  /// A setting is clearly beaten by one with at least its recall that is faster by this factor in the first search.
  package var slack = 1.4
  /// The most queries on which the exact search is timed.
  package var exactQueries = 1000
  package var exactSingleQueries = 50

  /// One timed search, as a result file holds it.
  package struct Run: Sendable {
    package var setting: RecallReport.Setting
    package var speed: RecallReport.Speed
    package var rounds: Int
    /// The results of each query in the best round.
    package var results: [SearchResult]
    /// The seconds of each query; in a batch, an equal share.
    package var seconds: [Double]
  }

  /// - Parameter pool: searches are timed on its number of threads, and on one.
  package init(pool: ThreadPool = ThreadPool()) {
    threads = pool.threads > 1 ? [1, pool.threads] : [1]
  }

  /// Measures the index at `path`.
  ///
  /// - Parameters:
  ///   - truth: of these queries; nil to have the index's own exact search find it.
  ///   - keep: called with every mode of every timed setting.
  ///   - progress: called as work is done, with the work done and the whole work.
  /// - Throws: `InputError` when the index or the queries cannot be searched, or the truth is of other queries or of
  ///   fewer than k neighbors.
  package func run(
    _ path: String, queries: Matrix, truth: GroundTruth? = nil, buildSeconds: Double? = nil,
    keep: (Run) throws -> Void = { _ in }, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws -> RecallReport {
    let opening = try (0..<3).map { _ in try Stopwatch.seconds { _ = try SemanticIndex(opening: path) } }
    let index = try SemanticIndex(opening: path)
    let widest = ThreadPool(threads: threads.max())
    let truth = try truth ?? GroundTruth(exact: index, queries, k: k, rule: .annBenchmarks, pool: widest)
    try check(queries, truth, index)

    let grid = self.grid.settings(k: k, count: index.count)
    progress(0, grid.count + 1)
    let exact = try self.exact(index, queries, truth, widest)
    var tried = try tryAll(grid, index, queries, truth, widest, progress)
    let timed = timesAll ? Array(tried.indices) : contenders(tried)
    let runner = RecallRunner(index: index, queries: queries, threads: threads)
    var clocks = timed.map { _ in runner.clocks() }
    let total = tried.count + 1 + timed.count * (rounds + 1)
    for round in 0...rounds {
      for (position, number) in timed.enumerated() {
        try runner.round(tried[number].options, warmup: round == 0, into: &clocks[position])
        progress(tried.count + 1 + round * timed.count + position + 1, total)
      }
    }
    for (position, number) in timed.enumerated() {
      tried[number].setting.speeds = clocks[position].map(\.speed)
      for clock in clocks[position] {
        try keep(
          Run(
            setting: tried[number].setting, speed: clock.speed, rounds: rounds, results: clock.results,
            seconds: clock.best))
      }
    }
    let vectors = index.manifest.segments.reduce(0) { $0 + ($1.files["vectors.faiss"]?.bytes ?? 0) }
    return RecallReport(
      items: index.count, dimension: index.manifest.dimension, levelSizes: index.manifest.levelSizes,
      metric: index.metric, queries: queries.rows, k: k, threads: threads, rounds: rounds, exact: exact,
      settings: tried.map(\.setting), indexBytes: index.manifest.bytes,
      bytesBesideVectors: index.manifest.bytes - vectors, openSeconds: opening.min() ?? 0, buildSeconds: buildSeconds,
      peakMemoryBytes: ProcessMemory.peak)
  }

  private func check(_ queries: Matrix, _ truth: GroundTruth, _ index: SemanticIndex) throws {
    guard queries.rows > 0 else { throw InputError(.usage, "queries", expected: "at least one", found: "none") }
    guard truth.count == queries.rows else {
      throw InputError(
        .mismatch, "ground truth", expected: "\(queries.rows) rows, one a query", found: "\(truth.count)")
    }
    guard truth.metric == index.metric else {
      throw InputError(
        .mismatch, "ground truth", expected: "distances of \(index.metric.rawValue), the index's metric",
        found: truth.metric.rawValue)
    }
    guard (1...truth.depth).contains(k), k <= index.count else {
      throw InputError(
        .usage, "k", expected: "1 to \(min(truth.depth, index.count)), the true neighbors known", found: "\(k)")
    }
  }

  // MARK: The exact search

  private func exact(
    _ index: SemanticIndex, _ queries: Matrix, _ truth: GroundTruth, _ pool: ThreadPool
  ) throws -> RecallReport.Setting {
    let batch = queries[rows: 0..<min(queries.rows, exactQueries)]
    var results: [SearchResult] = []
    var speeds: [RecallReport.Speed] = []
    for threads in threads {
      let pool = ThreadPool(threads: threads)
      let seconds = try Stopwatch.seconds { results = try index.exactSearch(batch, k: k, pool: pool) }
      let rate = Double(batch.rows) / seconds
      speeds.append(.init(mode: .batch, threads: threads, queriesPerSecond: rate, medianQueriesPerSecond: rate))
    }
    let singles = queries[rows: 0..<min(queries.rows, exactSingleQueries)]
    for threads in threads {
      var clock = RecallClock(mode: .single, threads: threads)
      clock.add(
        try RecallRunner.singles(singles, threads: threads) { query in
          try index.exactSearch(
            Matrix(rows: 1, columns: query.count, values: query), k: k, pool: ThreadPool(threads: 1)
          )
          .first
        })
      speeds.append(clock.speed)
    }
    return .init(
      options: nil, recall: truth.recall(of: results, at: k), recallByRow: truth.recallByRow(of: results, at: k),
      speeds: speeds.sorted { ($0.mode == .single ? 0 : 1, $0.threads) < ($1.mode == .single ? 0 : 1, $1.threads) },
      nodesVisited: 0, codesScanned: 0, vectorsReranked: Double(index.count), budgetExhausted: 0)
  }

  // MARK: The first search

  private struct Tried {
    var options: SearchOptions
    var setting: RecallReport.Setting
    /// Of the one search.
    var roughSpeed: Double
  }

  private func tryAll(
    _ grid: [SearchOptions], _ index: SemanticIndex, _ queries: Matrix, _ truth: GroundTruth, _ pool: ThreadPool,
    _ progress: (Int, Int) -> Void
  ) throws -> [Tried] {
    var tried: [Tried] = []
    for (number, options) in grid.enumerated() {
      progress(number + 1, grid.count + 1)
      let isMore = tried.contains { done in
        done.setting.recall >= enough && done.options.candidates <= options.candidates
          && (done.options.scan ?? 0) <= (options.scan ?? 0)
      }
      if isMore { continue }
      var results: [SearchResult] = []
      let seconds = try Stopwatch.seconds { results = try index.search(queries, options: options, pool: pool) }
      let count = Double(queries.rows)
      func mean(_ value: (SearchAccount) -> Int) -> Double {
        Double(results.reduce(0) { $0 + value($1.account) }) / count
      }
      let setting = RecallReport.Setting(
        options: options, recall: truth.recall(of: results, at: k), recallByRow: truth.recallByRow(of: results, at: k),
        speeds: [], nodesVisited: mean(\.nodesVisited), codesScanned: mean(\.codesScanned),
        vectorsReranked: mean(\.vectorsReranked), budgetExhausted: mean { $0.budgetExhausted ? 1 : 0 })
      tried.append(Tried(options: options, setting: setting, roughSpeed: count / seconds))
    }
    return tried
  }

  /// The settings that no other setting clearly beats.
  private func contenders(_ tried: [Tried]) -> [Int] {
    tried.indices.filter { number in
      !tried.contains { other in
        other.setting.recall >= tried[number].setting.recall && other.roughSpeed > slack * tried[number].roughSpeed
      }
    }
  }
}
