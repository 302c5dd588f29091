import Vectors

/// What a search by vector scans: the signs of a residual, one bit per dimension, for every item and for two tiers of
/// groups above the items.
///
/// Items are in cells, each item in one or two (`SketchCells`). Within a cell, items that lie together share a leaf, a
/// block of 32. The residual of a cell is that of its mean from the mean of all. The residuals of a leaf and of an item
/// are from the mean of their cell. A residual r from c is rotated at random, and the signs s of its dimensions are
/// kept. With the mean of all as origin, ⟨q, r⟩ is estimated by ⟨q, s⟩ · |r|² / ⟨r, s⟩ with an error of O(|q| · |r| /
/// √d) (Gao and Long, "RaBitQ", SIGMOD 2024), and |q − x|² = |q − c|² + |r|² + 2⟨c, r⟩ − 2⟨q, r⟩. Subtracting the mean
/// of the cell shortens the residual, and so the error. Cells are of the vectors themselves, whatever made the codes.
///
/// One table of a query serves all three tiers, so finding the nearest leaves costs little beside their scan.
struct Sketch: Sendable {
  let rotation: FastRotation
  let layout: SketchLayout
  /// (Cells + 1) × d: the mean of each cell's vectors, and behind them the mean of all.
  let centers: Matrix
  let blocks: SketchBlocks
  /// The mean of all, rotated, so that one rotation of a query serves several segments.
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
