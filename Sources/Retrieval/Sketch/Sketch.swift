import Vectors

/// What a search by vector scans: the signs of a residual, one bit a dimension, for every item and for the two tiers of
/// groups above the items.
///
/// The items of one node of the trie's first level, or of a few in a row, are a cell; within a cell, items that lie
/// together share a leaf, a block of 32. A cell's residual is that of its mean from the mean of all, a leaf's and an item's are from the mean of their
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
  /// The position of the item in each slot; what it is in a slot without an item means nothing.
  let order: Buffer<UInt32>
  /// Blocks of 32 slots of items, then of leaves, then of cells: see `semid_sketch_scan`.
  let codes: Buffer<UInt8>
  /// What ⟨q, s⟩ is multiplied with, and what is added, by slot.
  let scales: Buffer<Float>
  let offsets: Buffer<Float>

  /// Of four dimensions, a multiple of 8.
  static func groups(dimension: Int) -> Int { FastRotation.width(dimension: dimension) / 4 }
}

/// Which items make a cell, and which block of a sketch holds what. A leaf is one block of items; a cell begins a leaf of
/// its own.
struct SketchLayout: Sendable {
  static let blockSize = 32
  /// A cell has at least so many items: nodes with fewer share one with the nodes behind them, as blocks that are mostly
  /// empty would cost more than a common mean loses.
  private static let leastItems = 2 * blockSize

  /// The first position of each cell, and behind the last.
  let starts: Buffer<UInt32>
  /// The first leaf of each cell, and behind the last.
  let leaves: Buffer<UInt32>
  /// The cell of each leaf.
  let cells: Buffer<UInt32>

  var cellCount: Int { leaves.count - 1 }
  var leafCount: Int { cells.count }
  /// The first block that holds leaves, and the first that holds cells.
  var leafBlock: Int { leafCount }
  var cellBlock: Int { leafCount + Self.blocks(leafCount) }
  var blockCount: Int { cellBlock + Self.blocks(cellCount) }
  /// Slots of items.
  var slotCount: Int { leafCount * Self.blockSize }

  /// The positions of a cell's items.
  func items(_ cell: Int) -> Range<Int> { Int(starts[cell])..<Int(starts[cell + 1]) }

  init(_ trie: CodeTrie) {
    var starts: [UInt32] = [0]
    var leaves: [UInt32] = [0]
    var cells: [UInt32] = []
    if let nodes = trie.levels.first, trie.count > 0 {
      for node in 0..<nodes.count {
        let end = nodes.starts[node + 1]
        let count = Int(end - starts[starts.count - 1])
        guard count >= Self.leastItems || node + 1 == nodes.count else { continue }
        let cell = UInt32(truncatingIfNeeded: starts.count - 1)
        cells.append(contentsOf: repeatElement(cell, count: Self.blocks(count)))
        starts.append(end)
        leaves.append(UInt32(truncatingIfNeeded: cells.count))
      }
    }
    self.starts = Buffer(starts)
    self.leaves = Buffer(leaves)
    self.cells = Buffer(cells)
  }

  private static func blocks(_ count: Int) -> Int { (count + blockSize - 1) / blockSize }
}
