package import Vectors

/// The trie of a catalogue's semantic IDs over items stored in ID order.
///
/// Items are sorted by their codes, level after level; items with the same ID stand in the order of their rows. So
/// every node of the trie, at every level, is one contiguous range of *positions*. A level is three arrays: the code of
/// each node, the position at which its items start, and the number of its first child on the next level (compressed
/// sparse rows). Arrays may be memory-mapped.
///
/// A *row* is an item's place in the source that the index was built from; a *position* is its place in ID order.
public struct CodeTrie: Sendable {
  /// One level: the nodes whose prefix has `index + 1` codes, in ID order.
  package struct Level: Sendable {
    /// The last code of each node's prefix.
    package let codes: Buffer<UInt16>
    /// count + 1 positions: node n holds items `starts[n] ..< starts[n + 1]`.
    package let starts: Buffer<UInt32>
    /// count + 1 node numbers of the next level: node n has children `children[n] ..< children[n + 1]`. Empty at the
    /// last level.
    package let children: Buffer<UInt32>

    /// Number of nodes.
    package var count: Int { codes.count }
  }

  /// A node at `level`, the level of its last code.
  public struct Node: Hashable, Sendable {
    package let level: Int
    package let index: Int

    package init(level: Int, index: Int) {
      self.level = level
      self.index = index
    }
  }

  /// Codebook size of each level.
  public let levelSizes: [Int]
  /// N·L codes in ID order, item after item.
  package let codes: Buffer<UInt16>
  /// The row of the item at each position.
  package let rows: Buffer<UInt32>
  /// The position of the item of each row; the largest number for a row whose item is deleted.
  package let positions: Buffer<UInt32>
  package let levels: [Level]

  /// Number of items.
  public var count: Int { rows.count }

  /// The largest number of items in one trie: positions are 32 bits, and the last value marks "none".
  package static let maximumCount = Int(UInt32.max) - 1

  init(levelSizes: [Int], codes: Buffer<UInt16>, rows: Buffer<UInt32>, positions: Buffer<UInt32>, levels: [Level]) {
    self.levelSizes = levelSizes
    self.codes = codes
    self.rows = rows
    self.positions = positions
    self.levels = levels
  }
}

extension CodeTrie {
  /// Positions of the items below `node`.
  public func items(of node: Node) -> Range<Int> {
    let starts = levels[node.level].starts
    return Int(starts[node.index])..<Int(starts[node.index + 1])
  }

  /// Numbers of the nodes one level below `node`; empty for a node of the last level.
  public func children(of node: Node) -> Range<Int> {
    guard node.level + 1 < levels.count else { return 0..<0 }
    let children = levels[node.level].children
    return Int(children[node.index])..<Int(children[node.index + 1])
  }

  /// The node of the given codes, or nil when no item's ID begins with them. O(L log K).
  ///
  /// - Parameter prefix: 1 to L codes.
  public func node(prefix: some Collection<UInt16>) -> Node? {
    var siblings = 0..<(levels.first?.count ?? 0)
    var found: Node?
    for (level, code) in prefix.enumerated() {
      guard level < levels.count, let index = self.node(among: siblings, level: level, code: code)
      else { return nil }
      let node = Node(level: level, index: index)
      siblings = children(of: node)
      found = node
    }
    return found
  }

  /// Positions of the items whose ID begins with `prefix`: all for an empty prefix, none where no ID begins so.
  public func items(prefix: some Collection<UInt16>) -> Range<Int> {
    if prefix.isEmpty { return 0..<count }
    return node(prefix: prefix).map(items(of:)) ?? 0..<0
  }

  /// The codes of the item at `position`.
  public func codes(at position: Int) -> [UInt16] {
    codes[slice: position * levelSizes.count..<(position + 1) * levelSizes.count].array
  }

  /// The codes of the item of `row`.
  public func codes(ofRow row: Int) -> [UInt16] { codes(at: Int(positions[row])) }

  /// The node with the given last code among `siblings` of `level`, or nil. O(log K).
  func node(among siblings: Range<Int>, level: Int, code: UInt16) -> Int? {
    levels[level].codes.withUnsafeBufferPointer { Self.find(code, in: $0, siblings) }
  }

  private static func find(_ code: UInt16, in codes: UnsafeBufferPointer<UInt16>, _ range: Range<Int>) -> Int? {
    var low = range.lowerBound
    var high = range.upperBound
    while low < high {
      let middle = (low + high) / 2
      if codes[middle] < code { low = middle + 1 } else { high = middle }
    }
    return low < range.upperBound && codes[low] == code ? low : nil
  }
}
