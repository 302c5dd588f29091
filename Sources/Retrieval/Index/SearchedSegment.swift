import Vectors

/// A segment, and which of its items an answer may hold.
///
/// An object, so that a search takes it in hand for one reference. `@unchecked Sendable` because of the addresses, which
/// are those of mapped arrays that it keeps.
final class SearchedSegment: @unchecked Sendable {
  let segment: IndexSegment
  /// The positions that may be found: not deleted, and allowed by the filter. nil: all.
  let mask: ItemMask?
  let trie: CodeTrie
  let sketch: Sketch?
  /// Where the sketch lies: many small cells are scanned in one search.
  let sketchArrays: SketchArrays?
  /// The first block of each cell.
  let blocks: [Int]
  /// Number of items that may be found.
  let count: Int
  /// What positions are raised by to tell those of several segments apart, and rows to be rows of the index.
  let base: Int

  init(_ segment: IndexSegment, _ mask: ItemMask?) {
    self.segment = segment
    self.mask = mask
    trie = segment.trie
    sketch = segment.arrays.sketch
    blocks = sketch?.blocks ?? []
    sketchArrays = sketch.flatMap { SketchArrays($0, segment.trie) }
    count = mask?.count ?? segment.count
    base = segment.firstRow
  }
}

/// Where a segment's sketch lies, and the first positions of its cells.
struct SketchArrays {
  let arrays: Sketch.Arrays
  private let starts: UnsafePointer<UInt32>

  /// - Returns: nil for a sketch of nothing.
  init?(_ sketch: Sketch, _ trie: CodeTrie) {
    var arrays: Sketch.Arrays?
    sketch.withArrays { arrays = $0 }
    guard let arrays, let starts = trie.levels.first?.starts.withUnsafeBufferPointer({ $0.baseAddress }) else {
      return nil
    }
    self.arrays = arrays
    self.starts = starts
  }

  func items(_ cell: Int) -> Range<Int> { Int(starts[cell])..<Int(starts[cell + 1]) }
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
    return zip(segments, filter.masks).map { segment, mask in
      SearchedSegment(segment, segment.live.map { $0.intersection(mask) } ?? mask)
    }
  }
}
