/// Which IDs of the catalogue an ID is widened to.
public enum Expansion: Hashable, Sendable {
  /// The ID itself.
  case exact
  /// IDs that share its first codes: all of its levels, then one fewer, and so on until the budget is filled.
  case prefix
  /// IDs that differ from it at no more than this many levels, wherever these are.
  case hamming(Int)
  /// At one level at a time, the code is replaced by each of the M codes whose codewords are nearest to its own, its
  /// own among them: at most 1 + L(M − 1) IDs.
  case perLevel(Int)
  /// The same at all levels at once: at most M^L IDs.
  case product(Int)
}

/// The IDs that an expansion found, in order, each with its items.
public struct CandidateSet: Hashable, Sendable {
  /// One ID of the catalogue.
  public struct Entry: Hashable, Sendable {
    /// Number of the segment of these items. An ID with items in several segments has one entry for each segment, one
    /// after the other.
    package let segment: Int
    /// Number of its node at the last level of the segment's trie.
    package let node: Int
    /// Positions in the segment of the items with this ID, including those that a filter leaves out.
    public let items: Range<Int>
    /// Number of levels, from the first on, at which its codes are those of the ID that was widened.
    public let prefix: Int
    /// Number of levels at which its code differs from that of the ID that was widened.
    public let differing: Int
    /// Σ‖C[l][c] − C[l][c′]‖² over the levels that differ; nil for an expansion that uses no codewords.
    public let distance: Float?
  }

  /// Fewest differing levels first, then (`perLevel` and `product`) the least distance, then the longest common prefix,
  /// then ID order. For `prefix`: the longest common prefix first, then ID order.
  public let entries: [Entry]
  /// Number of items of all entries together; under a filter, of those that it allows.
  public let count: Int
  /// Of each segment, the positions that may be found; nil: all.
  let masks: [ItemMask?]
  /// Whether an item has the ID that was widened; under a filter, an item that it allows.
  package let isInCatalogue: Bool
  /// Whether the budget left entries out: `entries` then are the first ones, which fill it.
  public let budgetExhausted: Bool

  /// Positions in its segment of an entry's items that are not deleted and that the filter allows.
  public func positions(of entry: Entry) -> [Int] {
    masks[entry.segment]?.positions(in: entry.items) ?? Array(entry.items)
  }
}
