package import Retrieval
package import Vectors

/// What a recall benchmark measured.
package struct RecallReport: Codable, Hashable, Sendable {
  /// How queries come.
  package enum Mode: String, Codable, Hashable, Sendable {
    /// One query at a time. On several threads there are as many callers, each with one query at a time.
    case single
    /// All queries at once.
    case batch
  }

  /// The speed of a setting in one mode.
  package struct Speed: Codable, Hashable, Sendable {
    package var mode: Mode
    package var threads: Int
    /// Of the best round, as ann-benchmarks counts, and of the median.
    package var queriesPerSecond: Double
    package var medianQueriesPerSecond: Double
    /// Latency in microseconds in the best round; single queries on one thread only.
    package var p50: Double?
    package var p95: Double?
    package var p99: Double?
  }

  /// One setting of the search, or the exact search.
  package struct Setting: Codable, Hashable, Sendable {
    /// nil for the exact search.
    package var options: SearchOptions?
    /// Recall by distance, and by row where the true rows are known.
    package var recall: Double
    package var recallByRow: Double?
    /// Empty where another setting clearly beats this one, so that it was not timed.
    package var speeds: [Speed]
    /// Means over the queries of what searches did.
    package var nodesVisited: Double
    package var codesScanned: Double
    package var vectorsReranked: Double
    /// The share of queries whose scan ended with nodes left.
    package var budgetExhausted: Double

    package func speed(_ mode: Mode, threads: Int) -> Speed? {
      speeds.first { $0.mode == mode && $0.threads == threads }
    }
  }

  package var items: Int
  package var dimension: Int
  package var levelSizes: [Int]
  package var metric: Metric
  package var queries: Int
  package var k: Int
  /// Numbers of threads, ascending.
  package var threads: [Int]
  package var rounds: Int
  /// The exact search, whose recall no setting can exceed.
  package var exact: Setting
  /// By ascending work.
  package var settings: [Setting]
  /// Bytes of all files of the index, and of those that are not the vectors.
  package var indexBytes: Int
  package var bytesBesideVectors: Int
  /// Seconds to open the index, the fastest of three.
  package var openSeconds: Double
  /// Seconds to build the index from codes, when the caller measured it.
  package var buildSeconds: Double?
  /// The most memory that this process has held so far, including mapped files that were touched.
  package var peakMemoryBytes: Int

  /// The front of the settings in one mode, with indices into `settings`.
  package func front(_ mode: Mode, threads: Int) -> ParetoFront {
    let timed = settings.indices.compactMap { index in
      settings[index].speed(mode, threads: threads).map { (index, $0.queriesPerSecond) }
    }
    let front = ParetoFront(
      of: timed.map { .init(recall: settings[$0.0].recall, queriesPerSecond: $0.1) })
    return ParetoFront(points: front.points, indices: front.indices.map { timed[$0].0 })
  }

  /// The settings that are on the front of at least one mode.
  package var frontSettings: [Setting] {
    var kept: Set<Int> = []
    for speed in exact.speeds { kept.formUnion(front(speed.mode, threads: speed.threads).indices) }
    return kept.sorted { (settings[$0].recall, $0) < (settings[$1].recall, $1) }.map { settings[$0] }
  }

  /// The interpolated speed at one recall.
  package struct Reach: Codable, Hashable, Sendable {
    package var mode: Mode
    package var threads: Int
    package var recall: Double
    /// nil where no setting reaches the recall.
    package var queriesPerSecond: Double?
  }

  /// The speed of every mode at each recall.
  package func reach(recalls: [Double] = [0.9, 0.95, 0.99]) -> [Reach] {
    exact.speeds.flatMap { speed in
      let front = front(speed.mode, threads: speed.threads)
      return recalls.map {
        Reach(
          mode: speed.mode, threads: speed.threads, recall: $0, queriesPerSecond: front.queriesPerSecond(atRecall: $0))
      }
    }
  }
}
