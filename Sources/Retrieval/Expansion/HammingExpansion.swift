import Vectors

/// IDs at a Hamming distance, on the trie alone. It forms no neighbor that does not exist.
///
/// With one differing level, it takes for each level the nodes that share the codes before it and differ there, and
/// follows each down by the codes after it. Where the first level differs, it reads the nodes that have the second code
/// from the inverted lists, so that no root is searched in vain. O(Σ branches on the way), against L·(K − 1) look-ups.
struct HammingExpansion {
  let lists: InvertedLists
  /// The positions that may be found; nil: all.
  let mask: ItemMask?
  /// L codes.
  let id: [UInt16]

  private var trie: CodeTrie { lists.trie }

  /// The full IDs that differ from `id` at no more than `radius` levels.
  func matches(radius: Int) -> [NodePaths.Mark] {
    var paths = NodePaths(trie, mask)
    if radius == 1 { one(&paths) } else { any(&paths, radius: radius) }
    return paths.found
  }

  private func one(_ paths: inout NodePaths) {
    let levels = trie.levels.count
    // The path of the ID itself, as far as it exists.
    var path: [Int] = []
    while path.count < levels, let node = trie.node(prefix: id.prefix(path.count + 1)) { path.append(node.index) }
    if path.count == levels {
      paths.add(
        .init(node: UInt32(truncatingIfNeeded: path[levels - 1]), prefix: UInt16(levels), differing: 0, distance: 0))
    }
    for level in (0..<levels).reversed() where level <= path.count {
      let own = level < path.count ? path[level] : nil
      if level > 0 {
        let siblings = trie.children(of: .init(level: level - 1, index: path[level - 1]))
        paths.follow(siblings, except: own, level: level, codes: id[(level + 1)...], prefix: level)
      } else if levels == 1 {
        paths.follow(0..<trie.levels[0].count, except: own, level: 0, codes: [], prefix: 0)
      } else {
        let same = own.map { trie.children(of: .init(level: 0, index: $0)) } ?? 0..<0
        lists.nodes(level: 1, code: id[1]).withUnsafeBufferPointer { nodes in
          paths.follow(nodes, except: same, level: 1, codes: id[2...], prefix: 0)
        }
      }
    }
  }

  private func any(_ paths: inout NodePaths, radius: Int) {
    let last = trie.levels.count - 1
    func walk(_ nodes: Range<Int>, _ level: Int, _ prefix: Int, _ differing: Int) {
      let codes = trie.levels[level].codes
      if differing == radius {
        // No further level may differ: the one node that has the code.
        guard let node = trie.node(among: nodes, level: level, code: id[level]) else { return }
        reach(node, level, differing == 0 ? prefix + 1 : prefix, differing)
        return
      }
      for node in nodes where paths.allows(node, level: level) {
        let same = codes[node] == id[level]
        reach(node, level, same && differing == 0 ? prefix + 1 : prefix, same ? differing : differing + 1)
      }
    }
    func reach(_ node: Int, _ level: Int, _ prefix: Int, _ differing: Int) {
      guard level < last else {
        return paths.add(
          .init(
            node: UInt32(truncatingIfNeeded: node), prefix: UInt16(truncatingIfNeeded: prefix),
            differing: UInt16(truncatingIfNeeded: differing), distance: 0))
      }
      walk(trie.children(of: .init(level: level, index: node)), level + 1, prefix, differing)
    }
    walk(0..<trie.levels[0].count, 0, 0, 0)
  }
}
