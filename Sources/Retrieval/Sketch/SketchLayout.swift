import Vectors

/// Which block of a sketch holds what. A leaf is one block of items; a cell begins a leaf of its own.
struct SketchLayout: Sendable {
  static let blockSize = 32

  /// Number of items in the cells before each cell, and at the end of all items.
  let starts: Buffer<UInt32>
  /// The first leaf of each cell, and behind the last.
  let leaves: Buffer<UInt32>
  /// For each leaf: 32 times its cell, plus one less than the number of its items.
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
