import Vectors

/// A segment, and which of its items an answer may hold.
struct SearchedSegment: Sendable {
  let segment: IndexSegment
  /// The positions that may be found: not deleted, and allowed by the filter. nil: all.
  let mask: ItemMask?

  var trie: CodeTrie { segment.trie }
  /// Number of items that may be found.
  var count: Int { mask?.count ?? segment.count }
  /// What positions are raised by to tell those of several segments apart, and rows to be rows of the index.
  var base: Int { segment.firstRow }
}

extension SemanticIndex {
  /// The segments, and which of their items may be found under `filter`.
  ///
  /// - Throws: `InputError` for a filter of another index.
  func searched(_ filter: ItemFilter?) throws -> [SearchedSegment] {
    guard let filter else { return segments.map { SearchedSegment(segment: $0, mask: $0.live) } }
    guard filter.masks.count == segments.count,
      zip(filter.masks, segments).allSatisfy({ $0.capacity == $1.count })
    else {
      throw InputError(
        .mismatch, "filter", expected: "a filter made by \(path) as it is now",
        found: "one of \(filter.masks.map(\.capacity)) items, for segments of \(segments.map(\.count))")
    }
    return zip(segments, filter.masks).map { segment, mask in
      SearchedSegment(segment: segment, mask: segment.live.map { $0.intersection(mask) } ?? mask)
    }
  }
}
