import CKernels
import Vectors

/// Nodes of one level of a trie, and how far each is from the ID that is widened.
struct NodePaths {
  /// A node of the last level that was reached, and what its path has in common with the ID.
  struct Mark {
    var node: UInt32
    /// Number of levels, from the first on, at which the path has the ID's codes.
    var prefix: UInt16
    var differing: UInt16
    var distance: Float
  }

  let trie: CodeTrie
  /// The positions that may be found; nil: all. Paths to no such item are not followed.
  let mask: ItemMask?
  /// The full IDs reached: nodes of the last level.
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

  /// Follows `codes` from level `level + 1` on. Begins at each node of `start`, which are of `level`, but one that lies
  /// in `except`. Adds the full IDs that exist, each with the given prefix and one differing level.
  ///
  /// - Parameter start: ascending, at most one of them in `except`.
  mutating func follow(
    _ start: UnsafeBufferPointer<UInt32>, except: Range<Int>, level: Int, codes: ArraySlice<UInt16>, prefix: Int
  ) {
    // A binary search, since this call is one of hundreds.
    var (low, high) = (0, start.count)
    while low < high {
      let middle = (low + high) / 2
      if Int(start[middle]) < except.lowerBound { low = middle + 1 } else { high = middle }
    }
    let skipped = low < start.count && except.contains(Int(start[low])) ? 1 : 0
    nodes.removeAll(keepingCapacity: true)
    nodes.append(contentsOf: start[..<low])
    nodes.append(contentsOf: start[(low + skipped)...])
    go(level: level, codes: codes, prefix: prefix)
  }

  /// The same for consecutive nodes but `except`, which is one of them.
  mutating func follow(
    _ start: Range<Int>, except: Int?, level: Int, codes: ArraySlice<UInt16>, prefix: Int
  ) {
    nodes.removeAll(keepingCapacity: true)
    let (end, next) = except.map { ($0, $0 + 1) } ?? (start.upperBound, start.upperBound)
    nodes.append(contentsOf: UInt32(truncatingIfNeeded: start.lowerBound)..<UInt32(truncatingIfNeeded: end))
    nodes.append(contentsOf: UInt32(truncatingIfNeeded: next)..<UInt32(truncatingIfNeeded: start.upperBound))
    go(level: level, codes: codes, prefix: prefix)
  }

  private mutating func go(level: Int, codes: ArraySlice<UInt16>, prefix: Int) {
    if let mask {
      let trie = trie
      nodes.removeAll { !trie.hasItem(below: Int($0), level: level, in: mask) }
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
  /// Whether an item below the node is in the mask; true without a mask. O(1).
  @inline(__always)
  func hasItem(below node: Int, level: Int, in mask: ItemMask?) -> Bool {
    guard let mask else { return true }
    return !mask.isEmpty(in: items(of: Node(level: level, index: node)))
  }
}
