/// How a semantic ID is widened to the IDs of the catalogue around it.
public enum Expansion: Hashable, Sendable {
  /// The ID itself.
  case exact
  /// IDs that share its first codes: all of its levels, then one fewer, and so on until the budget is filled.
  case prefix
  /// IDs that differ from it at no more than so many levels, wherever these are.
  case hamming(Int)
  /// At one level at a time, the code is replaced by each of the M whose codewords are nearest to its own, itself among
  /// them: at most 1 + L(M − 1) IDs.
  case perLevel(Int)
  /// As `perLevel`, at all levels at once: at most M^L IDs.
  case product(Int)
}

/// The IDs that an expansion found, in order, each with its items.
public struct CandidateSet: Hashable, Sendable {
  /// One ID of the catalogue.
  public struct Entry: Hashable, Sendable {
    /// Number of the segment of these items. An ID with items in several segments has an entry for each, one after the
    /// other.
    package let segment: Int
    /// Number of its node at the last level of the segment's trie.
    package let node: Int
    /// Positions there of the items that have it, those that a filter leaves out among them.
    public let items: Range<Int>
    /// Levels at which it has the codes that were asked for, from the first on.
    public let prefix: Int
    /// Levels at which it has another code.
    public let differing: Int
    /// Σ‖C[l][c] − C[l][c′]‖² over the levels that differ; nil for an expansion that does without codewords.
    public let distance: Float?
  }

  /// Fewest differing levels first, then (`perLevel` and `product`) the least distance, then the longest common prefix,
  /// then ID order. `prefix`: the longest common prefix, then ID order.
  public let entries: [Entry]
  /// Items of all entries together; under a filter, those that it allows.
  public let count: Int
  /// Of each segment, the positions that may be found; nil: all.
  let masks: [ItemMask?]
  /// Whether the catalogue has the ID that was asked for; under a filter, on an item that it allows.
  package let isInCatalogue: Bool
  /// Whether more was found than the budget allows: the entries are the first that fill it.
  public let budgetExhausted: Bool

  /// Positions in its segment of the items of one entry: of those that are not deleted and that a filter allows.
  public func positions(of entry: Entry) -> [Int] {
    masks[entry.segment]?.positions(in: entry.items) ?? Array(entry.items)
  }
}
