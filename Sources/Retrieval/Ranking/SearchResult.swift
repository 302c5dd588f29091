/// An item found.
public struct SearchHit: Hashable, Sendable {
  /// The item's row in the index.
  public var row: Int
  /// ‖q − x‖² for l2, 1 − cos for cosine, −⟨q, x⟩ for inner product. Exact on Flat vectors, to the stored approximation
  /// on others, and to the quantized vector in an index without vectors.
  public var distance: Float

  package init(row: Int, distance: Float) {
    self.row = row
    self.distance = distance
  }
}

/// What one search found, and the work that it took.
public struct SearchResult: Hashable, Sendable {
  /// The items found: at most k, nearest first, those at equal distance by row.
  public var hits: [SearchHit]
  /// What the search did: the items that it scanned and reranked.
  public var account: SearchAccount
}
