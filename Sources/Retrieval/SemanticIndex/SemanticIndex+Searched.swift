import Vectors

extension SemanticIndex {
  /// The segments, and which of their items may be found under `filter`.
  ///
  /// - Throws: `InputError` for a filter of another index.
  func searched(_ filter: ItemFilter?) throws -> [SearchedSegment] {
    guard let filter else { return searcher.segments }
    guard filter.masks.count == segments.count,
      zip(filter.masks, segments).allSatisfy({ $0.capacity == $1.count })
    else {
      throw InputError(
        .mismatch, "filter", expected: "a filter made by \(path) as it is now",
        found: "one of \(filter.masks.map(\.capacity)) items, for segments of \(segments.map(\.count))")
    }
    return filter.uses.segments(segments) {
      zip(segments, filter.masks).map { segment, mask in
        SearchedSegment(segment, segment.live.map { $0.intersection(mask) } ?? mask)
      }
    }
  }
}
