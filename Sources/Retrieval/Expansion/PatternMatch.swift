import Vectors

/// IDs that have the codes of a pattern, which may leave levels open.
struct PatternMatch {
  let lists: InvertedLists
  /// The positions that may be found; nil: all.
  let mask: ItemMask?
  /// L codes; nil: any.
  let pattern: [UInt16?]

  /// Nodes of the last level, ascending. Begins at the first level that is not open, with the inverted list of its code.
  func nodes() -> [UInt32] {
    let trie = lists.trie
    guard let first = pattern.firstIndex(where: { $0 != nil }), let code = pattern[first] else {
      return kept((0..<(trie.levels.last?.count ?? 0)).map { UInt32(truncatingIfNeeded: $0) }, pattern.count - 1)
    }
    var nodes = kept(lists.nodes(level: first, code: code).array, first)
    for level in first..<pattern.count - 1 where !nodes.isEmpty {
      let children = trie.levels[level].children
      if let code = pattern[level + 1] {
        nodes = nodes.compactMap { node in
          let below = Int(children[Int(node)])..<Int(children[Int(node) + 1])
          return trie.node(among: below, level: level + 1, code: code).map { UInt32(truncatingIfNeeded: $0) }
        }
      } else {
        nodes = nodes.flatMap { children[Int($0)]..<children[Int($0) + 1] }
      }
      nodes = kept(nodes, level + 1)
    }
    return nodes
  }

  /// The nodes with an item that may be found.
  private func kept(_ nodes: [UInt32], _ level: Int) -> [UInt32] {
    mask == nil ? nodes : nodes.filter { lists.trie.hasItem(below: Int($0), level: level, in: mask) }
  }
}
