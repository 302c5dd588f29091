public import Retrieval

/// What a recall benchmark measured.
public struct RecallReport: Codable, Hashable, Sendable {
  /// Queries a second of a whole batch.
  public struct Throughput: Codable, Hashable, Sendable {
    public var threads: Int
    public var queriesPerSecond: Double
  }

  /// One setting of the search, or the exact one.
  public struct Row: Codable, Hashable, Sendable {
    /// nil for the exact search.
    public var options: SearchOptions?
    /// Recall by k, in the order of the benchmark's `ks`.
    public var recall: [Double]
    /// One entry per number of threads.
    public var throughput: [Throughput]
    /// Latency of single queries on one thread, in microseconds; nil where it was not measured.
    public var p50: Double?
    public var p99: Double?
    /// Means over the queries.
    public var nodesVisited: Double
    public var codesScanned: Double
    public var vectorsReranked: Double
    /// The share of queries whose scan ended with nodes left.
    public var budgetExhausted: Double
  }

  public var items: Int
  public var dimension: Int
  public var levelSizes: [Int]
  public var metric: SearchMetric
  public var queries: Int
  public var ks: [Int]
  public var rows: [Row]
  /// All files of the index, and those of them that are not the vectors.
  public var indexBytes: Int
  public var bytesBesideVectors: Int
  /// Seconds to open the index, the fastest of three.
  public var openSeconds: Double
  /// Seconds to build the index from codes, when the caller measured it.
  public var buildSeconds: Double?
  /// The most memory this process has held so far, files it has mapped and touched included.
  public var peakMemoryBytes: Int
}
