import Vectors

/// What a search by vector scans: the signs of each item's residual, one bit a dimension, in ID order.
///
/// The items of one node of the trie's first level are a cell. An item's residual r from the mean c of its cell is rotated
/// at random and keeps the signs s of its dimensions; ⟨q, r⟩ is then estimated by ⟨q, s⟩ · |r|² / ⟨r, s⟩ with an error of
/// O(1/√d) (Gao and Long, "RaBitQ", SIGMOD 2024), and
/// |q − x|² = |q − c|² + |r|² + 2⟨c, r⟩ − 2⟨q, r⟩. The cell's mean takes away most of the length whose direction has to be
/// guessed; and means are of the vectors themselves, whatever made the codes.
struct Sketch: Sendable {
  let rotation: FastRotation
  /// Cells × d: the mean of each cell's vectors.
  let centers: Matrix
  /// The first block of each cell, and behind the last.
  let blocks: [Int]
  /// Blocks of 32 items: see `semid_sketch_scan`. A cell begins a block of its own.
  let codes: Buffer<UInt8>
  /// What ⟨q, s⟩ is multiplied with, and what is added, by slot.
  let scales: Buffer<Float>
  let offsets: Buffer<Float>

  /// Of four dimensions, a multiple of 8.
  static func groups(dimension: Int) -> Int { FastRotation.width(dimension: dimension) / 4 }

  /// The first block of each cell, and behind the last.
  static func blocks(of trie: CodeTrie) -> [Int] {
    var blocks = [0]
    guard let cells = trie.levels.first else { return blocks }
    blocks.reserveCapacity(cells.count + 1)
    for cell in 0..<cells.count {
      let items = Int(cells.starts[cell + 1] - cells.starts[cell])
      blocks.append(blocks[cell] + (items + blockSize - 1) / blockSize)
    }
    return blocks
  }

  static let blockSize = 32
}
