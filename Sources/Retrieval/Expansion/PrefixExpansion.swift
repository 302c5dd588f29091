import Vectors

/// IDs that share an ID's first codes, the longest common prefix first.
struct PrefixExpansion {
  let trie: CodeTrie
  /// L codes.
  let id: [UInt16]

  /// Backs off from the whole ID level by level until `budget` items are found, or all; then one ID more, where there is
  /// one, which tells that the budget cut something off.
  func matches(budget: Int) -> [NodePaths.Mark] {
    var paths = NodePaths(trie)
    var inner = 0..<0
    var items = 0
    for length in (0...id.count).reversed() {
      guard let nodes = leaves(length) else { continue }
      for node in nodes where !inner.contains(node) {
        paths.add(
          .init(
            node: UInt32(truncatingIfNeeded: node), prefix: UInt16(truncatingIfNeeded: length),
            differing: differing(node, from: length), distance: 0))
        if items >= budget { return paths.found }
        items += trie.items(of: .init(level: id.count - 1, index: node)).count
      }
      inner = nodes
    }
    return paths.found
  }

  /// Nodes of the last level under the first `length` codes; nil where there are none.
  private func leaves(_ length: Int) -> Range<Int>? {
    var nodes: Range<Int>
    if length == 0 {
      nodes = 0..<trie.levels[0].count
    } else {
      guard let node = trie.node(prefix: id.prefix(length)) else { return nil }
      nodes = node.index..<node.index + 1
    }
    for level in max(length - 1, 0)..<id.count - 1 where !nodes.isEmpty {
      let children = trie.levels[level].children
      nodes = Int(children[nodes.lowerBound])..<Int(children[nodes.upperBound])
    }
    return nodes
  }

  private func differing(_ node: Int, from length: Int) -> UInt16 {
    let first = trie.items(of: .init(level: id.count - 1, index: node)).lowerBound * id.count
    return (length..<id.count).reduce(0) { $0 + (trie.codes[first + $1] == id[$1] ? 0 : 1) }
  }
}
