public import Retrieval

/// What a recall benchmark measured.
public struct RecallReport: Codable, Hashable, Sendable {
  /// How queries come.
  public enum Mode: String, Codable, Hashable, Sendable {
    /// Each by itself. On several threads: as many callers, each with one query at a time.
    case single
    /// All at once.
    case batch
  }

  /// How fast a setting is in one mode.
  public struct Speed: Codable, Hashable, Sendable {
    public var mode: Mode
    public var threads: Int
    /// Of the best round, as ann-benchmarks counts, and of the median.
    public var queriesPerSecond: Double
    public var medianQueriesPerSecond: Double
    /// Latency in microseconds in the best round; single queries on one thread only.
    public var p50: Double?
    public var p95: Double?
    public var p99: Double?
  }

  /// One setting of the search, or the exact one.
  public struct Setting: Codable, Hashable, Sendable {
    /// nil for the exact search.
    public var options: SearchOptions?
    /// By distance, and by row where the true rows are known.
    public var recall: Double
    public var recallByRow: Double?
    /// Empty where the setting was clearly beaten by another and not timed.
    public var speeds: [Speed]
    /// Means over the queries.
    public var nodesVisited: Double
    public var codesScanned: Double
    public var vectorsReranked: Double
    /// The share of queries whose scan ended with nodes left.
    public var budgetExhausted: Double

    public func speed(_ mode: Mode, threads: Int) -> Speed? {
      speeds.first { $0.mode == mode && $0.threads == threads }
    }
  }

  public var items: Int
  public var dimension: Int
  public var levelSizes: [Int]
  public var metric: SearchMetric
  public var queries: Int
  public var k: Int
  /// Numbers of threads, ascending.
  public var threads: [Int]
  public var rounds: Int
  /// The exact search: the ceiling.
  public var exact: Setting
  /// By ascending work.
  public var settings: [Setting]
  /// All files of the index, and those of them that are not the vectors.
  public var indexBytes: Int
  public var bytesBesideVectors: Int
  /// Seconds to open the index, the fastest of three.
  public var openSeconds: Double
  /// Seconds to build the index from codes, when the caller measured it.
  public var buildSeconds: Double?
  /// The most memory this process has held so far, files it has mapped and touched included.
  public var peakMemoryBytes: Int

  /// The front of the settings in one mode, with indices into `settings`.
  public func front(_ mode: Mode, threads: Int) -> ParetoFront {
    let timed = settings.indices.compactMap { index in
      settings[index].speed(mode, threads: threads).map { (index, $0.queriesPerSecond) }
    }
    let front = ParetoFront(
      of: timed.map { .init(recall: settings[$0.0].recall, queriesPerSecond: $0.1) })
    return ParetoFront(points: front.points, indices: front.indices.map { timed[$0].0 })
  }

  /// The settings that are on the front of at least one mode.
  public var frontSettings: [Setting] {
    var kept: Set<Int> = []
    for speed in exact.speeds { kept.formUnion(front(speed.mode, threads: speed.threads).indices) }
    return kept.sorted { (settings[$0].recall, $0) < (settings[$1].recall, $1) }.map { settings[$0] }
  }

  /// Interpolated speed at one recall.
  public struct Reach: Codable, Hashable, Sendable {
    public var mode: Mode
    public var threads: Int
    public var recall: Double
    /// nil where no setting reaches the recall.
    public var queriesPerSecond: Double?
  }

  /// The speed of every mode at each recall.
  public func reach(recalls: [Double] = [0.9, 0.95, 0.99]) -> [Reach] {
    exact.speeds.flatMap { speed in
      let front = front(speed.mode, threads: speed.threads)
      return recalls.map {
        Reach(
          mode: speed.mode, threads: speed.threads, recall: $0, queriesPerSecond: front.queriesPerSecond(atRecall: $0))
      }
    }
  }
}
