/// How much work one search did.
public struct SearchAccount: Codable, Hashable, Sendable {
  /// Cells of sketches, or trie nodes, that were looked into.
  package var nodesVisited = 0
  /// Distances that were estimated. An item that was met twice counts twice; under a filter only allowed items count.
  public var codesScanned = 0
  /// Items whose vector, rounded to bytes, was compared with the query.
  package var vectorsSifted = 0
  /// Items whose stored vector was compared with the query.
  public var vectorsReranked = 0
  /// Whether the scan ended before it had met every item.
  public var budgetExhausted = false
  /// Items that the filter allows; nil without a filter.
  package var allowed: Int?
  /// Whether the search skipped the scan and reranked every allowed item, because these were few or far apart: the
  /// answer is exact, and cost no more than a scan.
  package var answeredDirectly = false

  package init() {}
}
