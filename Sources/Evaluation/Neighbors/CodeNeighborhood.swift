import Retrieval
import Tokenizers
import Vectors

/// The number of items at each distance from an item's ID, 0 … L. The tie rule needs these numbers, and no list of
/// neighbors.
struct CodeNeighborhood: Sendable {
  let trie: CodeTrie
  let levels: Int
  /// L·N codes, level after level, for the scan by Hamming distance.
  private let columns: Buffer<UInt16>

  /// Items per piece, so that their distances stay in the first-level cache.
  private static let chunk = 2048

  init(_ trie: CodeTrie, pool: ThreadPool) {
    self.trie = trie
    let levels = trie.levelSizes.count
    let count = trie.count
    self.levels = levels
    columns = Buffer(count: levels * count) { columns in
      let columns = columns
      trie.codes.withUnsafeBufferPointer { codes in
        pool.run(over: count, inPiecesOf: 1 << 15) { range in
          for level in 0..<levels {
            for position in range { columns[level * count + position] = codes[position * levels + level] }
          }
        }
      }
    }
  }

  /// Items at each distance from the item at `position`, itself not counted. O(L log K).
  func prefixCounts(_ position: Int) -> [Int] {
    var counts = [Int](repeating: 0, count: levels + 1)
    var siblings = 0..<(trie.levels.first?.count ?? 0)
    var above = trie.count
    for level in 0..<levels {
      // The last sibling that starts at or before the position.
      let starts = trie.levels[level].starts
      var low = siblings.lowerBound
      var high = siblings.upperBound
      while high - low > 1 {
        let middle = (low + high) / 2
        if Int(starts[middle]) <= position { low = middle } else { high = middle }
      }
      let node = CodeTrie.Node(level: level, index: low)
      let items = trie.items(of: node).count
      counts[levels - level] = above - items
      above = items
      siblings = trie.children(of: node)
    }
    counts[0] = above - 1
    return counts
  }

  /// The same by Hamming distance. O(N·L).
  func hammingCounts(_ position: Int) -> [Int] {
    let count = trie.count
    var counts = [Int](repeating: 0, count: levels + 1)
    counts.withUnsafeMutableBufferPointer { counts in
      trie.codes.withUnsafeBufferPointer { codes in
        columns.withUnsafeBufferPointer { columns in
          withUnsafeTemporaryAllocation(of: UInt16.self, capacity: Self.chunk) { distances in
            guard let columns = columns.baseAddress, let distances = distances.baseAddress else { return }
            for first in stride(from: 0, to: count, by: Self.chunk) {
              let items = min(Self.chunk, count - first)
              distances.initialize(repeating: 0, count: items)
              for level in 0..<levels {
                let code = codes[position * levels + level]
                let column = columns + level * count + first
                for item in 0..<items { distances[item] &+= column[item] == code ? 0 : 1 }
              }
              for item in 0..<items { counts[Int(distances[item])] += 1 }
            }
          }
        }
      }
    }
    counts[0] -= 1
    return counts
  }
}
