/// How much work a search by vector may do.
public struct SearchOptions: Codable, Hashable, Sendable {
  /// Results wanted.
  public var k: Int
  /// Items that are reranked, the best by estimated distance; at least k are. Where the index keeps vectors rounded to
  /// bytes, these decide, with a margin for their error, whose exact distance is taken.
  public var candidates: Int
  /// Items whose distance is estimated, from their sketches or their codes. Nodes are taken best first until they hold
  /// that many; the last one taken is finished. nil: 32 times as many as are reranked, which measurements on image and
  /// text vectors find good; more where neighbours lie scattered, as those of text do. Under a filter that leaves the
  /// share s of the items, √s times as many of those: the nearest of fewer items lie farther out, so that 1/√s times as
  /// many items are passed, which measures as at least the recall of the search without a filter.
  public var scan: Int?

  public init(k: Int = 10, candidates: Int = 200, scan: Int? = nil) {
    self.k = k
    self.candidates = candidates
    self.scan = scan
  }

  /// Every item scanned and reranked: exact, and slow.
  public static func unlimited(k: Int) -> SearchOptions { SearchOptions(k: k, candidates: .max, scan: .max) }

  /// Items reranked, in a catalogue of `count`.
  func rerankLimit(count: Int) -> Int { min(count, max(candidates, k, 0)) }

  /// Items scanned, in a catalogue of `count`, or among `count` that a filter leaves of `total`: never fewer than are
  /// reranked.
  func scanLimit(count: Int, of total: Int? = nil) -> Int {
    let rerank = rerankLimit(count: count)
    var limit = rerank.multipliedClamped(by: 32)
    if let total, count < total { limit = Int(Double(limit) * (Double(count) / Double(total)).squareRoot()) }
    return min(count, max(rerank, scan ?? limit))
  }
}

/// An item found.
public struct SearchHit: Hashable, Sendable {
  /// The item's row in the source of the index.
  public var row: Int
  /// ‖q − x‖² for l2, 1 − cos for cosine, −⟨q, x⟩ for inner product: exact on Flat vectors, to the stored
  /// approximation on others, and to the quantised vector in an index without vectors.
  public var distance: Float

  public init(row: Int, distance: Float) {
    self.row = row
    self.distance = distance
  }
}

/// What one search did.
public struct SearchAccount: Codable, Hashable, Sendable {
  /// Cells of sketches, or trie nodes, that were looked into.
  public var nodesVisited = 0
  /// Items whose distance was estimated, each as often as it was; under a filter, allowed ones.
  public var codesScanned = 0
  /// Items whose vector, rounded to bytes, was compared with the query.
  public var vectorsSifted = 0
  /// Items whose stored vector was compared with the query.
  public var vectorsReranked = 0
  /// Whether the scan ended before it had met every item.
  public var budgetExhausted = false
  /// Items that the filter allows; nil without a filter.
  public var allowed: Int?
  /// Whether so few were allowed, or so thinly, that all of them were reranked without a scan: the answer is exact, and
  /// cost no more than a scan would have.
  public var answeredDirectly = false

  public init() {}
}

/// The items found, nearest first, those at equal distance by row; and what finding them took.
public struct SearchResult: Hashable, Sendable {
  public var hits: [SearchHit]
  public var account: SearchAccount
}

extension Int {
  fileprivate func multipliedClamped(by factor: Int) -> Int {
    let (product, overflow) = multipliedReportingOverflow(by: factor)
    return overflow ? .max : product
  }
}
