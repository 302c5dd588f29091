import CKernels
import Vectors

/// The masks of nodes of one depth, kept ready, where a node has so many children that copying a mask is faster than
/// setting its bits; and the ranks by which a code finds its child without a search.
///
/// A node has a mask from one child per word of the mask on. So masks take at most two and a half times the memory of
/// the codes that they stand for.
struct WideRows: Sendable {
  private let blocks: Buffer<semid_wide_block>
  private let rows: Buffer<UInt32>
  /// Empty where the bits of a mask do not stand in the order of the codes.
  private let ranks: Buffer<UInt16>

  var bytes: Int { blocks.count * MemoryLayout<semid_wide_block>.stride + rows.count * 4 + ranks.count * 2 }

  /// Blocks of 64 nodes cut for parallel passes.
  private static let piece = 1 << 9

  /// Makes the masks of a depth and names them in `level`; nil where no node has enough children.
  init?(_ level: inout semid_constraint_level, _ pool: ThreadPool) {
    let bound = max(8, level.words)
    let count = (Int(level.count) + 63) / 64
    var plan = level
    plan.wide = bound
    blocks = Buffer(count: count) { [plan] blocks in
      pool.run(over: count, inPiecesOf: Self.piece) { range in
        withUnsafePointer(to: plan) {
          _ = semid_constraint_wide($0, range.lowerBound, range.count, blocks.baseAddress)
        }
      }
      var before: UInt64 = 0
      for index in blocks.indices {
        blocks[index].before = before
        before += UInt64(blocks[index].bits.nonzeroBitCount)
      }
    }
    let total = blocks.withUnsafeBufferPointer { $0.last.map { Int($0.before) + $0.bits.nonzeroBitCount } } ?? 0
    guard total > 0 else { return nil }
    plan.blocks = blocks.withUnsafeBufferPointer(\.baseAddress)
    let words = Int(level.words)
    var filled: Buffer<UInt16>?
    rows = Buffer(count: total * words) { [plan] rows in
      filled = Buffer(count: plan.bits == nil ? total * ((words + 1) / 2) : 0) { ranks in
        let ranks = ranks.isEmpty ? nil : ranks.baseAddress
        pool.run(over: count, inPiecesOf: Self.piece) { range in
          withUnsafePointer(to: plan) {
            semid_constraint_rows($0, range.lowerBound, range.count, rows.baseAddress, ranks)
          }
        }
      }
    }
    ranks = filled ?? Buffer([])
    plan.rows = rows.withUnsafeBufferPointer(\.baseAddress)
    plan.ranks = ranks.isEmpty ? nil : ranks.withUnsafeBufferPointer(\.baseAddress)
    level = plan
  }
}
