public import Retrieval

/// What a filter benchmark measured.
public struct FilterReport: Codable, Hashable, Sendable {
  /// One share and one budget.
  public struct Row: Codable, Hashable, Sendable {
    /// The share of the items that the filter leaves; nil without a filter.
    public var share: Double?
    public var allowed: Int
    public var candidates: Int
    public var recall: Double
    /// Of the whole batch, on one thread.
    public var queriesPerSecond: Double
    /// Latency of single queries on one thread, in microseconds.
    public var p50: Double
    /// Means over the queries.
    public var nodesVisited: Double
    public var codesScanned: Double
    public var vectorsReranked: Double
    /// The share of queries that were answered by comparing all that is allowed.
    public var answeredDirectly: Double
  }

  public var items: Int
  public var dimension: Int
  public var metric: SearchMetric
  public var queries: Int
  public var k: Int
  public var rows: [Row]
}
