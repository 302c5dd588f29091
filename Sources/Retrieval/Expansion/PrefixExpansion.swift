import Vectors

/// IDs that share an ID's first codes, the longest common prefix first.
struct PrefixExpansion {
  let trie: CodeTrie
  /// The positions that may be found; nil: all.
  let mask: ItemMask?
  /// L codes.
  let id: [UInt16]

  /// Shortens the common prefix level by level until `budget` items are found, or all. Then adds one ID more, where
  /// there is one, which tells that the budget left something out.
  func matches(budget: Int) -> [NodePaths.Mark] {
    var paths = NodePaths(trie, mask)
    var inner = 0..<0
    var items = 0
    for length in (0...id.count).reversed() {
      guard let nodes = leaves(length) else { continue }
      var next = nodes.lowerBound
      while let node = allowed(from: next, in: nodes) {
        next = node + 1
        if inner.contains(node) {
          next = inner.upperBound
          continue
        }
        paths.add(
          .init(
            node: UInt32(truncatingIfNeeded: node), prefix: UInt16(truncatingIfNeeded: length),
            differing: differing(node, from: length), distance: 0))
        if items >= budget { return paths.found }
        let below = trie.items(of: .init(level: id.count - 1, index: node))
        items += mask?.count(in: below) ?? below.count
      }
      inner = nodes
    }
    return paths.found
  }

  /// The first node from `node` on with an item that may be found. With a mask: the node that holds the mask's next
  /// item.
  private func allowed(from node: Int, in nodes: Range<Int>) -> Int? {
    guard node < nodes.upperBound else { return nil }
    guard let mask else { return node }
    let starts = trie.levels[id.count - 1].starts
    guard let position = mask.first(in: Int(starts[node])..<Int(starts[nodes.upperBound])) else { return nil }
    var (low, high) = (node, nodes.upperBound)
    while high - low > 1 {
      let middle = (low + high) / 2
      if Int(starts[middle]) <= position { low = middle } else { high = middle }
    }
    return low
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
