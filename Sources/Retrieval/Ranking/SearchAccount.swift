/// What one search did.
public struct SearchAccount: Codable, Hashable, Sendable {
  /// Cells of sketches, or trie nodes, that were looked into.
  package var nodesVisited = 0
  /// Items whose distance was estimated, each as often as it was; under a filter, allowed ones.
  public var codesScanned = 0
  /// Items whose vector, rounded to bytes, was compared with the query.
  package var vectorsSifted = 0
  /// Items whose stored vector was compared with the query.
  public var vectorsReranked = 0
  /// Whether the scan ended before it had met every item.
  public var budgetExhausted = false
  /// Items that the filter allows; nil without a filter.
  package var allowed: Int?
  /// Whether so few were allowed, or so thinly, that all of them were reranked without a scan: the answer is exact, and
  /// cost no more than a scan would have.
  package var answeredDirectly = false

  package init() {}
}
