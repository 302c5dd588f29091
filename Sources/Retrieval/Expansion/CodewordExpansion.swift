import CKernels
import Tokenizers
import Vectors

/// IDs whose codes have codewords near those of an ID's own codes.
struct CodewordExpansion {
  struct Neighbor {
    var code: UInt16
    /// ‖C[l][c] − C[l][code]‖².
    var distance: Float
  }

  /// L codes.
  let id: [UInt16]
  /// By level: the code itself, then the others, nearest first; those at equal distance by code.
  let neighbors: [[Neighbor]]

  /// O(Σ Kₗ · d).
  init(codebooks: Codebooks, id: [UInt16], width: Int) {
    self.id = id
    neighbors = zip(codebooks.levels, id).map { book, code in
      var distances = [Float](repeating: 0, count: book.rows)
      book.withUnsafeBufferPointer { words in
        guard let words = words.baseAddress else { return }
        semid_l2_rows(words + Int(code) * book.columns, words, book.columns, book.rows, &distances)
      }
      let others = distances.indices.lazy.filter { $0 != Int(code) }
        .map { Neighbor(code: UInt16(truncatingIfNeeded: $0), distance: distances[$0]) }
        .sorted { ($0.distance, $0.code) < ($1.distance, $1.code) }
      return [Neighbor(code: code, distance: 0)] + others.prefix(width - 1)
    }
  }

  /// - Parameter mask: the positions that may be found; nil: all.
  func perLevel(_ trie: CodeTrie, _ mask: ItemMask?) -> [NodePaths.Mark] {
    var paths = NodePaths(trie, mask)
    var other = id
    if let node = trie.node(prefix: id) { paths.add(mark(node.index, prefix: id.count, differing: 0, distance: 0)) }
    for (level, neighbors) in neighbors.enumerated() {
      for neighbor in neighbors.dropFirst() {
        other[level] = neighbor.code
        guard let node = trie.node(prefix: other) else { continue }
        paths.add(mark(node.index, prefix: level, differing: 1, distance: neighbor.distance))
      }
      other[level] = id[level]
    }
    return paths.found
  }

  /// - Parameter mask: the positions that may be found; nil: all.
  func product(_ trie: CodeTrie, _ mask: ItemMask?) -> [NodePaths.Mark] {
    var paths = NodePaths(trie, mask)
    func walk(_ siblings: Range<Int>, _ level: Int, _ prefix: Int, _ differing: Int, _ distance: Float) {
      for neighbor in neighbors[level] {
        guard let node = trie.node(among: siblings, level: level, code: neighbor.code),
          paths.allows(node, level: level)
        else { continue }
        let same = neighbor.code == id[level]
        let prefix = same && differing == 0 ? prefix + 1 : prefix
        let differing = same ? differing : differing + 1
        let distance = distance + neighbor.distance
        if level + 1 == id.count {
          paths.add(mark(node, prefix: prefix, differing: differing, distance: distance))
        } else {
          walk(trie.children(of: .init(level: level, index: node)), level + 1, prefix, differing, distance)
        }
      }
    }
    walk(0..<trie.levels[0].count, 0, 0, 0, 0)
    return paths.found
  }

  private func mark(_ node: Int, prefix: Int, differing: Int, distance: Float) -> NodePaths.Mark {
    NodePaths.Mark(
      node: UInt32(truncatingIfNeeded: node), prefix: UInt16(truncatingIfNeeded: prefix),
      differing: UInt16(truncatingIfNeeded: differing), distance: distance)
  }
}
