package import Vectors

/// What a filter benchmark measured.
package struct FilterReport: Codable, Hashable, Sendable {
  /// The figures of one share and one budget.
  package struct Row: Codable, Hashable, Sendable {
    /// The share of the items that the filter leaves; nil without a filter.
    package var share: Double?
    package var allowed: Int
    package var candidates: Int
    package var recall: Double
    /// Speed of the whole batch, on one thread.
    package var queriesPerSecond: Double
    /// Latency of single queries on one thread, in microseconds.
    package var p50: Double
    /// Means over the queries of what searches did.
    package var nodesVisited: Double
    package var codesScanned: Double
    package var vectorsReranked: Double
    /// The share of queries that compared all allowed items without a scan.
    package var answeredDirectly: Double
  }

  package var items: Int
  package var dimension: Int
  package var metric: Metric
  package var queries: Int
  package var k: Int
  package var rows: [Row]
}
