import Vectors

/// What a search by vector scans: the signs of a residual, one bit a dimension, for every item and for the two tiers of
/// groups above the items.
///
/// Items are in cells, each in two as a rule (`SketchCells`); within a cell, items that lie together share a leaf, a block
/// of 32. A cell's residual is that of its mean from the mean of all, a leaf's and an item's are from the mean of their
/// cell. A residual r from c is rotated at random and keeps the signs s of its dimensions; with the mean of all as origin,
/// ⟨q, r⟩ is then estimated by ⟨q, s⟩ · |r|² / ⟨r, s⟩ with an error of O(|q| · |r| / √d) (Gao and Long, "RaBitQ", SIGMOD
/// 2024), and |q − x|² = |q − c|² + |r|² + 2⟨c, r⟩ − 2⟨q, r⟩. Cells' means take away most of the length whose direction has
/// to be guessed, and are of the vectors themselves, whatever made the codes.
///
/// One table of a query serves all three tiers, so that the way to the nearest leaves costs little beside their scan.
struct Sketch: Sendable {
  let rotation: FastRotation
  let layout: SketchLayout
  /// (Cells + 1) × d: the mean of each cell's vectors, and behind them the mean of all.
  let centers: Matrix
  let blocks: SketchBlocks
  /// The mean of all, rotated: of several segments, one rotation of a query serves all.
  let rotatedOrigin: [Float]

  init(rotation: FastRotation, layout: SketchLayout, centers: Matrix, blocks: SketchBlocks) {
    self.rotation = rotation
    self.layout = layout
    self.centers = centers
    self.blocks = blocks
    rotatedOrigin = [Float](unsafeUninitializedCapacity: rotation.width) { target, count in
      centers.withUnsafeBufferPointer { centers in
        guard let origin = centers.baseAddress, let target = target.baseAddress else { return }
        rotation.apply(origin + layout.cellCount * rotation.dimension, to: target)
      }
      count = rotation.width
    }
  }
}

/// Which block of a sketch holds what. A leaf is one block of items; a cell begins a leaf of its own.
struct SketchLayout: Sendable {
  static let blockSize = 32

  /// Items of the cells before each cell, and of all.
  let starts: Buffer<UInt32>
  /// The first leaf of each cell, and behind the last.
  let leaves: Buffer<UInt32>
  /// Of each leaf 32 times its cell, and one less than the items in it.
  let tags: Buffer<UInt32>

  var cellCount: Int { leaves.count - 1 }
  var leafCount: Int { tags.count }
  /// The first block that holds leaves, and the first that holds cells.
  var leafBlock: Int { leafCount }
  var cellBlock: Int { leafCount + Self.blocks(leafCount) }
  var blockCount: Int { cellBlock + Self.blocks(cellCount) }
  /// Slots of items.
  var slotCount: Int { leafCount * Self.blockSize }
  /// Items of all cells; one that is in two counts twice.
  var itemCount: Int { Int(starts[cellCount]) }

  /// The places of a cell's items in the list of all cells' items.
  func items(_ cell: Int) -> Range<Int> { Int(starts[cell])..<Int(starts[cell + 1]) }

  /// The slots of a cell that hold its items.
  func slots(_ cell: Int) -> Range<Int> {
    let first = Int(leaves[cell]) * Self.blockSize
    return first..<first + items(cell).count
  }

  /// - Parameter starts: ascending from 0, one more than there are cells.
  init(starts: Buffer<UInt32>) {
    var leaves: [UInt32] = [0]
    var tags: [UInt32] = []
    for cell in 0..<starts.count - 1 {
      let count = Int(starts[cell + 1] - starts[cell])
      for first in stride(from: 0, to: count, by: Self.blockSize) {
        tags.append(UInt32(truncatingIfNeeded: cell << 5 | (min(Self.blockSize, count - first) - 1)))
      }
      leaves.append(UInt32(truncatingIfNeeded: tags.count))
    }
    self.starts = starts
    self.leaves = Buffer(leaves)
    self.tags = Buffer(tags)
  }

  /// The cell of a leaf whose tag this is.
  @inline(__always)
  static func cell(tag: UInt32) -> Int { Int(tag >> 5) }

  /// The items in a leaf whose tag this is.
  @inline(__always)
  static func count(tag: UInt32) -> Int { Int(tag & 31) + 1 }

  private static func blocks(_ count: Int) -> Int { (count + blockSize - 1) / blockSize }
}

extension Sketch {
  /// The slots that hold an item of `mask`.
  func slots(of mask: ItemMask) -> ItemMask {
    ItemMask(capacity: layout.slotCount) { words in
      blocks.forEachItem(of: layout) { slot, position in
        if mask.contains(Int(position)) { words[slot >> 6] |= 1 << UInt64(slot & 63) }
      }
    }
  }
}
