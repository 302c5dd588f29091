import CKernels
import Vectors

/// One query's way through a sketch. It holds the arrays as pointers, since its steps are short and there are hundreds
/// of them.
final class SketchRun {
  let query: UnsafePointer<Float>
  let tables: semid_sketch_query
  let dimension: Int
  let byInnerProduct: Bool
  let blocks: UnsafePointer<UInt8>
  /// Bytes of a block, and those before its positions.
  let blockSize: Int
  let positionOffset: Int
  let centers: UnsafePointer<Float>
  /// Items before each cell, and of all; the first leaf of each, and behind the last; the tag of each leaf.
  let starts: UnsafePointer<UInt32>
  let leaves: UnsafePointer<UInt32>
  let tags: UnsafePointer<UInt32>
  /// The bits of the slots with items that may be found; nil: all.
  let allowed: UnsafePointer<UInt64>?
  let cellCount: Int
  let cellBlock: Int
  /// Blocks that hold cells.
  let cellBlockCount: Int
  let leafBlock: Int
  /// Added to positions, and to numbers of leaves.
  let base: UInt32
  let leafBase: Int
  /// Whether an item may be met twice.
  let hasCopies: Bool
  let measured: UnsafeMutablePointer<Float>
  let scratch: SketchScratch

  /// What the scratch memory holds after leaves have been ranked.
  struct Ranked {
    var cells = 0
    var leaves = 0
    /// Allowed items in them.
    var items = 0
  }

  static let size = SketchLayout.blockSize

  /// Takes the query, rotated in the scratch memory with the mean of all as origin, as tables for the kernel. Keeps
  /// addresses only: the segment must outlive the run.
  init(
    _ segment: SketchScan.Segment, _ memory: SketchScratch.Segment, leafBase: Int, _ query: UnsafePointer<Float>,
    byInnerProduct: Bool, hasCopies: Bool, _ scratch: SketchScratch
  ) {
    let sketch = segment.sketch
    let layout = sketch.layout
    self.query = query
    self.byInnerProduct = byInnerProduct
    self.scratch = scratch
    self.leafBase = leafBase
    dimension = sketch.rotation.dimension
    blocks = sketch.blocks.bytes.address
    (blockSize, positionOffset) = (sketch.blocks.form.size, sketch.blocks.form.position(0))
    centers = sketch.centers.values.address
    starts = layout.starts.address
    leaves = layout.leaves.address
    tags = layout.tags.address
    allowed = segment.slots?.words.address
    self.hasCopies = hasCopies
    (cellCount, cellBlock, leafBlock) = (layout.cellCount, layout.cellBlock, layout.leafBlock)
    cellBlockCount = layout.blockCount - layout.cellBlock
    base = UInt32(truncatingIfNeeded: segment.items.lowerBound)
    measured = memory.centers
    let width = sketch.rotation.width
    sketch.rotatedOrigin.withUnsafeBufferPointer { origin in
      for column in 0..<width { scratch.centered[column] = scratch.rotated[column] - origin[column] }
    }
    var view = semid_sketch_query(groups: width / 4, tables: memory.tables, step: 0, base: 0)
    semid_sketch_tables(scratch.centered, view.groups, memory.tables, &view.step, &view.base)
    tables = view
  }

  func measure(cells: Range<Int>) {
    let target = measured + cells.lowerBound
    let rows = centers + cells.lowerBound * dimension
    if byInnerProduct {
      semid_dot_rows(query, rows, dimension, cells.count, target)
      for index in 0..<cells.count { target[index] = -target[index] }
    } else {
      semid_l2_rows(query, rows, dimension, cells.count, target)
    }
  }

  /// Hands out keys, roughly the smallest first, until the items that they hold add up to `limit`; returns that sum.
  ///
  /// - Parameters:
  ///   - total: what all keys hold.
  ///   - body: for a key, how much it holds.
  @inline(__always)
  @discardableResult
  static func takeSmallest(
    _ keys: UnsafeMutableBufferPointer<UInt64>, holding total: Int, until limit: Int,
    _ body: (_ keys: UnsafeMutableBufferPointer<UInt64>, _ index: Int) -> Int
  ) -> Int {
    var held = 0
    var taken = 0
    while held < limit, taken < keys.count {
      // As many as should hold what is missing.
      let each = Double(max(1, total - held)) / Double(keys.count - taken)
      let wanted = min(keys.count - taken, max(1, Int((Double(limit - held) / each).rounded(.up))))
      let rest = UnsafeMutableBufferPointer(rebasing: keys[taken...])
      if wanted < rest.count { SmallestKeys.partition(rest, at: wanted - 1) }
      let batch = UnsafeMutableBufferPointer(rebasing: rest[..<wanted])
      for index in 0..<wanted { held += body(batch, index) }
      taken += wanted
    }
    return held
  }
}

extension Buffer {
  /// The address of the elements, valid as long as somebody keeps the buffer.
  fileprivate var address: UnsafePointer<Element> {
    // Of an empty buffer nothing is read.
    withUnsafeBufferPointer { $0.baseAddress ?? UnsafePointer(bitPattern: MemoryLayout<Element>.alignment) }
      .unsafelyUnwrapped
  }
}
