import CKernels
import Vectors

/// Nodes of one level of a trie, and for each how far it is from the ID that is being widened.
struct NodePaths {
  /// What a path has behind it.
  struct Mark {
    var node: UInt32
    /// Levels that are the ID's from the first on, while nothing differed.
    var prefix: UInt16
    var differing: UInt16
    var distance: Float
  }

  let trie: CodeTrie
  /// The positions that may be found; nil: all. Paths to no such item are not followed.
  let mask: ItemMask?
  /// Full IDs that were reached: nodes of the last level.
  private(set) var found: [Mark] = []
  private var nodes: [UInt32] = []
  private var parents: [UInt32] = []

  init(_ trie: CodeTrie, _ mask: ItemMask?) {
    self.trie = trie
    self.mask = mask
  }

  /// Whether there is an item below the node that may be found.
  func allows(_ node: Int, level: Int) -> Bool { trie.hasItem(below: node, level: level, in: mask) }

  mutating func add(_ mark: Mark) {
    if allows(Int(mark.node), level: trie.levels.count - 1) { found.append(mark) }
  }

  /// Follows `codes` from level `level + 1` on, from each of `start`'s nodes of `level`, and adds the full IDs that
  /// exist, each with the prefix and the distance given, differing at one level.
  mutating func follow(_ start: some Collection<UInt32>, level: Int, codes: ArraySlice<UInt16>, prefix: Int) {
    nodes.removeAll(keepingCapacity: true)
    if mask == nil {
      nodes.append(contentsOf: start)
    } else {
      for node in start where allows(Int(node), level: level) { nodes.append(node) }
    }
    descend(level: level, codes: codes)
    add(prefix: prefix)
  }

  /// As `follow`, for consecutive nodes but `except`.
  mutating func follow(
    _ start: Range<Int>, except: Int?, level: Int, codes: ArraySlice<UInt16>, prefix: Int
  ) {
    nodes.removeAll(keepingCapacity: true)
    for node in start where node != except && allows(node, level: level) {
      nodes.append(UInt32(truncatingIfNeeded: node))
    }
    descend(level: level, codes: codes)
    add(prefix: prefix)
  }

  private mutating func descend(level: Int, codes: ArraySlice<UInt16>) {
    if parents.count < nodes.count { parents = Array(repeating: 0, count: nodes.count) }
    for (offset, code) in codes.enumerated() {
      if nodes.isEmpty { return }
      let children = trie.levels[level + offset].children
      let below = trie.levels[level + offset + 1].codes
      let count = children.withUnsafeBufferPointer { children in
        below.withUnsafeBufferPointer { below in
          nodes.withUnsafeMutableBufferPointer { nodes in
            parents.withUnsafeMutableBufferPointer { parents in
              semid_trie_step(
                nodes.baseAddress, nodes.count, children.baseAddress, below.baseAddress, below.count, code,
                nodes.baseAddress, parents.baseAddress)
            }
          }
        }
      }
      nodes.removeLast(nodes.count - count)
    }
  }

  private mutating func add(prefix: Int) {
    let mark = Mark(node: 0, prefix: UInt16(truncatingIfNeeded: prefix), differing: 1, distance: 0)
    for node in nodes {
      if mask != nil, !allows(Int(node), level: trie.levels.count - 1) { continue }
      found.append(mark)
      found[found.count - 1].node = node
    }
  }
}

extension CodeTrie {
  /// Whether an item below the node is in the mask; any is where there is no mask. O(1).
  @inline(__always)
  func hasItem(below node: Int, level: Int, in mask: ItemMask?) -> Bool {
    guard let mask else { return true }
    return !mask.isEmpty(in: items(of: Node(level: level, index: node)))
  }
}
