import Retrieval
import Tokenizers
import Vectors

/// The prefixes of a set of IDs, depth by depth: the arrays of a `CodeTrie`, or those of IDs of unequal length.
struct PrefixTree: Sendable {
  /// The prefixes of `index + 1` codes, in ID order.
  struct Level: Sendable {
    /// The last code of each prefix.
    let codes: Buffer<UInt16>
    /// count + 1 numbers of prefixes of the next level: `children[n] ..< children[n + 1]` continue prefix n. Empty at
    /// the last.
    let children: Buffer<UInt32>
    /// A bit for each prefix that is an ID; nil: none, or, at the last level, all.
    let ends: Buffer<UInt64>?
  }

  let levelSizes: [Int]
  let levels: [Level]

  /// The trie's arrays, shared.
  init(_ trie: CodeTrie) {
    levelSizes = trie.levelSizes
    levels = trie.levels.map { Level(codes: $0.codes, children: $0.children, ends: nil) }
  }

  /// IDs of unequal length: the first `lengths[i]` codes of row `i`. O(N·L·log N).
  ///
  /// - Precondition: as many lengths as rows, each from 1 to the number of levels.
  init(_ codes: Codes, lengths: Buffer<UInt8>) {
    let width = codes.levels
    let length = { (row: Int) in Int(lengths[row]) }
    var codesOf = [[UInt16]](repeating: [], count: width)
    var children = [[UInt32]](repeating: [], count: width)
    var ends = [[UInt64]](repeating: [], count: width)
    codes.values.withUnsafeBufferPointer { values in
      let id = { (row: Int) in UnsafeBufferPointer(rebasing: values[row * width..<row * width + length(row)]) }
      // An ID comes before those that it is the beginning of.
      let order = (0..<codes.count).sorted { id($0).lexicographicallyPrecedes(id($1)) }
      var last: [UInt16] = []
      for row in order {
        let id = id(row)
        let shared = zip(id, last).prefix { $0 == $1 }.count
        for level in shared..<id.count {
          if codesOf[level].count % 64 == 0 { ends[level].append(0) }
          codesOf[level].append(id[level])
          children[level].append(level + 1 < width ? UInt32(truncatingIfNeeded: codesOf[level + 1].count) : 0)
        }
        let node = codesOf[id.count - 1].count - 1
        ends[id.count - 1][node / 64] |= 1 << UInt64(node % 64)
        last = Array(id)
      }
    }
    let depth = codesOf.lastIndex { !$0.isEmpty }.map { $0 + 1 } ?? 0
    for level in 0..<max(depth - 1, 0) {
      children[level].append(UInt32(truncatingIfNeeded: codesOf[level + 1].count))
    }
    levelSizes = Array(codes.levelSizes.prefix(depth))
    levels = (0..<depth).map { level in
      let isLast = level == depth - 1
      let someEnd = !isLast && ends[level].contains { $0 != 0 }
      return Level(
        codes: Buffer(codesOf[level]), children: Buffer(isLast ? [] : children[level]),
        ends: someEnd ? Buffer(ends[level]) : nil)
    }
  }
}

extension PrefixTree {
  /// Children of a prefix of `depth` codes; of the empty one for depth 0.
  func children(depth: Int, index: Int) -> Range<Int> {
    if depth == 0 { return 0..<(levels.first?.codes.count ?? 0) }
    let children = levels[depth - 1].children
    return children.isEmpty ? 0..<0 : Int(children[index])..<Int(children[index + 1])
  }

  /// Whether a prefix of `depth` codes is an ID.
  func isID(depth: Int, index: Int) -> Bool {
    guard depth > 0 else { return false }
    if depth == levels.count { return true }
    return levels[depth - 1].ends.map { $0[index / 64] >> UInt64(index % 64) & 1 == 1 } ?? false
  }

  /// The codes of a prefix. O(L log N).
  func codes(depth: Int, index: Int) -> [UInt16] {
    var codes: [UInt16] = []
    var node = index
    for level in stride(from: depth - 1, through: 0, by: -1) {
      codes.append(levels[level].codes[node])
      guard level > 0 else { break }
      // The last parent whose children begin at or before the node, and which has children.
      node = levels[level - 1].children.withUnsafeBufferPointer { starts in
        var low = 0
        var high = starts.count - 1
        while high - low > 1 {
          let middle = (low + high) / 2
          if Int(starts[middle]) <= node { low = middle } else { high = middle }
        }
        return low
      }
    }
    return codes.reversed()
  }
}
