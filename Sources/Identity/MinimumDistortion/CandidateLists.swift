import Tokenizers
import Vectors

/// The cheapest codes of the last level for many items.
struct CandidateLists {
  let tokenizer: any Tokenizer
  let vectors: Matrix
  let codes: Codes
  let pool: ThreadPool

  /// Number of codes listed at first: more than most items need, and few against a large codebook.
  static let listed = 48
  /// Number of costs in memory at a time.
  private static let block = 1 << 22

  private var last: Int { codes.levels - 1 }
  private var size: Int { codes.levelSizes[last] }

  /// The first candidates of `rows`, in that order; O(rows · K · d).
  func first(_ rows: [Int]) throws -> [Assignment.Candidates] {
    var lists: [Assignment.Candidates] = []
    lists.reserveCapacity(rows.count)
    let step = max(1, Self.block / size)
    for first in stride(from: 0, to: rows.count, by: step) {
      let piece = Array(rows[first..<min(rows.count, first + step)])
      let costs = try costs(piece, pool)
      lists += [Assignment.Candidates](unsafeUninitializedCapacity: piece.count) { lists, count in
        let lists = lists
        pool.run(over: piece.count, inPiecesOf: 32) { range in
          var selection = Selection(size: size)
          for index in range {
            let list = selection.list(costs[rows: index..<index + 1], own: own(piece[index]), limit: Self.listed)
            (lists.baseAddress.unsafelyUnwrapped + index).initialize(to: list)
          }
        }
        count = piece.count
      }
    }
    return lists
  }

  /// All candidates of one row.
  func all(_ row: Int) throws -> Assignment.Candidates {
    var selection = Selection(size: size)
    return selection.list(try costs([row], ThreadPool(threads: 1)), own: own(row), limit: size)
  }

  private func own(_ row: Int) -> Int { Int(codes.values[row * codes.levels + last]) }

  private func costs(_ rows: [Int], _ pool: ThreadPool) throws -> Matrix {
    try tokenizer.costs(of: vectors.gathered(rows), codes: codes.gathered(rows), level: last, pool: pool)
  }
}

/// Picks the smallest of K costs.
private struct Selection {
  /// Cost, as an integer of the same order, over slot.
  private var keys: [UInt64]

  init(size: Int) { keys = Array(repeating: 0, count: size) }

  /// - Parameter own: the item's code. It counts as no more costly than any other, so that an item keeps its code
  ///   unless others need it, also where the encoder used more than distance.
  mutating func list(_ costs: Matrix, own: Int, limit: Int) -> Assignment.Candidates {
    let size = keys.count
    costs.withUnsafeBufferPointer { costs in
      for slot in 0..<size { keys[slot] = Self.key(costs[slot], slot) }
    }
    var least = UInt64.max
    for key in keys { least = min(least, key) }
    // The slot is in the low half, so zero there puts the own code first among equals.
    keys[own] = least & ~0xFFFF_FFFF
    let ownKey = keys[own]
    let count = min(limit, size)
    if count < size { keys.withUnsafeMutableBufferPointer { Self.partition($0, smallest: count) } }
    var chosen = Array(keys[..<count])
    chosen.sort()
    var ownIsListed = false
    let listed = chosen.map { key in
      // The own code's key holds slot 0; the first such one is it, since it sorts before the true slot 0.
      if key == ownKey, !ownIsListed {
        ownIsListed = true
        return Assignment.Candidate(cost: Self.cost(key), slot: Int32(own))
      }
      return Assignment.Candidate(cost: Self.cost(key), slot: Int32(key & 0xFFFF_FFFF))
    }
    return Assignment.Candidates(listed: listed, isComplete: count == size)
  }

  private static func key(_ cost: Float, _ slot: Int) -> UInt64 {
    let bits = (cost.isFinite ? cost : .greatestFiniteMagnitude).bitPattern
    let ordered = bits >> 31 == 0 ? bits | 0x8000_0000 : ~bits
    return UInt64(ordered) << 32 | UInt64(slot)
  }

  private static func cost(_ key: UInt64) -> Float {
    let ordered = UInt32(key >> 32)
    return Float(bitPattern: ordered >> 31 == 1 ? ordered & 0x7FFF_FFFF : ~ordered)
  }

  /// Hoare's selection: the `count` smallest keys come first, in any order.
  private static func partition(_ keys: UnsafeMutableBufferPointer<UInt64>, smallest count: Int) {
    var low = 0
    var high = keys.count - 1
    while low < high {
      let pivot = keys[low + (high - low) / 2]
      var i = low
      var j = high
      while i <= j {
        while keys[i] < pivot { i += 1 }
        while keys[j] > pivot { j -= 1 }
        if i <= j {
          keys.swapAt(i, j)
          i += 1
          j -= 1
        }
      }
      if count - 1 <= j { high = j } else if count - 1 >= i { low = i } else { return }
    }
  }
}
