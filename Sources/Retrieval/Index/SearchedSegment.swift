import Vectors

/// A segment, and which of its items an answer may hold.
///
/// An object, so that a search takes it in hand for one reference.
final class SearchedSegment: Sendable {
  let segment: IndexSegment
  /// The positions that may be found: not deleted, and allowed by the filter. nil: all.
  let mask: ItemMask?
  /// The slots of the sketch that hold them; nil: all, or no sketch.
  let slots: ItemMask?
  let trie: CodeTrie
  let sketch: Sketch?
  /// Number of items that may be found.
  let count: Int
  /// What positions are raised by to tell those of several segments apart, and rows to be rows of the index.
  let base: Int

  init(_ segment: IndexSegment, _ mask: ItemMask?) {
    self.segment = segment
    self.mask = mask
    trie = segment.trie
    sketch = segment.arrays.sketch
    slots = mask.flatMap { mask in segment.arrays.sketch.map { $0.slots(of: mask) } }
    count = mask?.count ?? segment.count
    base = segment.firstRow
  }
}

extension SemanticIndex {
  /// The segments, and which of their items may be found under `filter`.
  ///
  /// - Throws: `InputError` for a filter of another index.
  func searched(_ filter: ItemFilter?) throws -> [SearchedSegment] {
    guard let filter else { return unfiltered }
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
