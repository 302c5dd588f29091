import Retrieval
import Vectors

/// The rounds of one setting in one mode.
struct RecallClock {
  let mode: RecallReport.Mode
  let threads: Int
  /// The results of the warm-up.
  var results: [SearchResult] = []
  /// Seconds of each query in the best round.
  private(set) var best: [Double] = []
  private var rates: [Double] = []

  init(mode: RecallReport.Mode, threads: Int) {
    self.mode = mode
    self.threads = threads
  }

  /// - Parameters:
  ///   - seconds: of each query.
  ///   - wall: of the whole round, where queries ran side by side.
  mutating func add(_ round: (seconds: [Double], wall: Double)) {
    let rate = Double(round.seconds.count) / max(round.wall, 1e-9)
    if rate > rates.max() ?? 0 { best = round.seconds }
    rates.append(rate)
  }

  var speed: RecallReport.Speed {
    let sorted = best.sorted()
    let hasLatency = mode == .single && threads == 1
    func microseconds(_ rank: Double) -> Double? {
      hasLatency ? Stopwatch.percentile(rank, of: sorted).map { $0 * 1e6 } : nil
    }
    return .init(
      mode: mode, threads: threads, queriesPerSecond: rates.max() ?? 0,
      medianQueriesPerSecond: Stopwatch.percentile(0.5, of: rates.sorted()) ?? 0, p50: microseconds(0.5),
      p95: microseconds(0.95), p99: microseconds(0.99))
  }
}

/// Runs settings in every mode.
struct RecallRunner {
  let index: SemanticIndex
  let queries: Matrix
  let threads: [Int]

  func clocks() -> [RecallClock] {
    [RecallReport.Mode.single, .batch].flatMap { mode in threads.map { RecallClock(mode: mode, threads: $0) } }
  }

  /// One round of every mode; the warm-up is not timed, and its results are kept.
  func round(_ options: SearchOptions, warmup: Bool, into clocks: inout [RecallClock]) throws {
    for number in clocks.indices {
      let threads = clocks[number].threads
      var found: [SearchResult] = []
      let round: (seconds: [Double], wall: Double)
      switch clocks[number].mode {
      case .batch:
        let pool = ThreadPool(threads: threads)
        let wall = try Stopwatch.seconds { found = try index.search(queries, options: options, pool: pool) }
        round = (Array(repeating: wall / Double(queries.rows), count: queries.rows), wall)
      case .single where warmup:
        found = try (0..<queries.rows).map { try index.search(queries.row($0), options: options) }
        round = ([], 0)
      case .single:
        round = try Self.singles(queries, threads: threads) { try index.search($0, options: options) }
      }
      if warmup { clocks[number].results = found } else { clocks[number].add(round) }
    }
  }

  /// Searches every query by itself. On one thread the time of the round is the sum over the queries, as ann-benchmarks
  /// counts. On several threads it is the time until the last caller was answered.
  static func singles(
    _ queries: Matrix, threads: Int, _ search: ([Float]) throws -> SearchResult?
  ) throws -> (seconds: [Double], wall: Double) {
    let vectors = (0..<queries.rows).map { queries.row($0) }
    var seconds = [Double](repeating: 0, count: vectors.count)
    let wall = try Stopwatch.seconds {
      try seconds.withUnsafeMutableBufferPointer { seconds in
        try ThreadPool(threads: threads).run(
          tasks: vectors.count,
          throwing: { query in
            seconds[query] = try Stopwatch.seconds { _ = try search(vectors[query]) }
          })
      }
    }
    return (seconds, threads == 1 ? seconds.reduce(0, +) : wall)
  }
}
