import Vectors

/// A segment, and the items of it that an answer may hold.
///
/// An object, so that a search retains one reference.
final class SearchedSegment: Sendable {
  /// The segment as the index has it open.
  let opened: IndexSegment
  /// The positions that may be found: not deleted, and allowed by the filter. nil: all.
  let mask: ItemMask?
  /// The slots of the sketch that hold them; nil: all, or no sketch.
  let slots: ItemMask?
  let trie: CodeTrie
  let sketch: Sketch?
  /// Number of items that may be found.
  let count: Int
  /// Added to positions, so that those of several segments differ; added to rows, it gives rows of the index.
  let base: Int

  init(_ segment: IndexSegment, _ mask: ItemMask?) {
    opened = segment
    self.mask = mask
    trie = segment.trie
    sketch = segment.arrays.sketch
    slots = mask.flatMap { mask in segment.arrays.sketch.map { $0.slots(of: mask) } }
    count = mask?.count ?? segment.count
    base = segment.firstRow
  }
}
