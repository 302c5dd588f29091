package import Vectors

/// Finds items by a full ID, or by one code at one level, on the arrays of a `CodeTrie`.
///
/// The items of a full ID are one range of positions, and so are those of a code at level 0. A code at a deeper level
/// has a list of the nodes of that level that end in it, each a range. The lists hold node numbers, one per distinct
/// prefix. Items are not listed again.
package struct InvertedLists: Sendable {
  /// The nodes of one level by code.
  package struct Level: Sendable {
    /// K + 1 starts into `nodes`.
    package let starts: Buffer<UInt32>
    /// Node numbers, grouped by code, ascending inside a group.
    package let nodes: Buffer<UInt32>
  }

  package let trie: CodeTrie
  package let levels: [Level]

  init(trie: CodeTrie, levels: [Level]) {
    self.trie = trie
    self.levels = levels
  }

  /// Groups the nodes of every level by code, one level per task: linear in nodes + codes.
  package init(_ trie: CodeTrie, pool: ThreadPool = ThreadPool()) {
    var levels = [Level?](repeating: nil, count: trie.levels.count)
    levels.withUnsafeMutableBufferPointer { levels in
      pool.run(tasks: levels.count) { level in
        levels[level] = Self.grouped(trie.levels[level].codes, size: trie.levelSizes[level])
      }
    }
    self.init(trie: trie, levels: levels.compactMap(\.self))
  }

  private static func grouped(_ codes: Buffer<UInt16>, size: Int) -> Level {
    codes.withUnsafeBufferPointer { codes in
      var next = [UInt32](repeating: 0, count: size + 1)
      for code in codes { next[Int(code) + 1] += 1 }
      for code in 0..<size { next[code + 1] += next[code] }
      let starts = Buffer(next)
      let nodes = Buffer<UInt32>(count: codes.count) { nodes in
        for node in codes.indices {
          let code = Int(codes[node])
          nodes[Int(next[code])] = UInt32(truncatingIfNeeded: node)
          next[code] += 1
        }
      }
      return Level(starts: starts, nodes: nodes)
    }
  }

  /// Positions of the items with exactly this ID.
  package func items(id: some Collection<UInt16>) -> Range<Int> {
    id.count == trie.levelSizes.count ? trie.items(prefix: id) : 0..<0
  }

  /// Numbers of the nodes of `level` whose last code is `code`, ascending; empty where the level has no such code.
  package func nodes(level: Int, code: UInt16) -> Buffer<UInt32> {
    let list = levels[level]
    guard Int(code) + 1 < list.starts.count else { return list.nodes[slice: 0..<0] }
    return list.nodes[slice: Int(list.starts[Int(code)])..<Int(list.starts[Int(code) + 1])]
  }

  /// Positions of the items whose code at `level` is `code`, as ascending ranges that do not overlap.
  package func items(level: Int, code: UInt16) -> [Range<Int>] {
    nodes(level: level, code: code).withUnsafeBufferPointer { nodes in
      nodes.map { trie.items(of: CodeTrie.Node(level: level, index: Int($0))) }
    }
  }
}
