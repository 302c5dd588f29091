import Retrieval
import Vectors

/// The prefixes of a catalogue's IDs that a page lists: level after level, the children of one prefix side by side.
///
/// Prefixes of fewer than `least` items are left out, and `least` is the smallest of 2, 3, 5, 10, 20, 30, 50, … with which
/// there are no more than a given number.
struct PrefixTree: Sendable {
  let least: Int
  /// The last code of each prefix.
  private(set) var codes: [UInt16] = []
  /// Items under each prefix.
  private(set) var counts: [UInt32] = []
  /// The place of the prefix above in these lists; −1 for the first level.
  private(set) var parents: [Int32] = []
  /// What sets its items apart; empty where nothing does.
  private(set) var words: [String] = []
  /// Rows of some of its items, as far apart in the order of the IDs as can be.
  private(set) var examples: [[Int]] = []
  /// The node of the trie, by level.
  private(set) var nodes: [[Int]] = []

  /// - Parameters:
  ///   - limit: the most prefixes to list.
  ///   - words: nil without titles.
  ///   - wordCount: words for each prefix.
  ///   - exampleCount: examples for each prefix.
  init(
    _ trie: CodeTrie, limit: Int, words table: ItemWords?, wordCount: Int, exampleCount: Int, pool: ThreadPool
  ) {
    least = Self.least(trie, limit: limit)
    let prefixWords = table.map { PrefixWords($0, trie) }
    // The place of each node of the level above that is listed.
    var above: [Int: Int32] = [:]
    for level in trie.levels.indices {
      let best = prefixWords?.words(level: level, count: wordCount, least: least, pool: pool)
      let listed = trie.levels[level].listed(least)
      if listed.isEmpty { break }
      var here: [Int: Int32] = [:]
      var parent = 0
      for node in listed {
        let items = trie.items(of: .init(level: level, index: node))
        if level > 0 {
          while trie.children(of: .init(level: level - 1, index: parent)).upperBound <= node { parent += 1 }
        }
        here[node] = Int32(codes.count)
        codes.append(trie.levels[level].codes[node])
        counts.append(UInt32(items.count))
        parents.append(level == 0 ? -1 : above[parent] ?? -1)
        words.append(best?[node].joined(separator: " ") ?? "")
        examples.append(
          (0..<min(exampleCount, items.count)).map { number in
            let count = min(exampleCount, items.count)
            return Int(trie.rows[items.lowerBound + (2 * number + 1) * items.count / (2 * count)])
          })
      }
      nodes.append(listed)
      above = here
    }
  }

  var count: Int { codes.count }

  private static func least(_ trie: CodeTrie, limit: Int) -> Int {
    let sizes = trie.levels.map { level in
      level.starts.withUnsafeBufferPointer { starts in zip(starts, starts.dropFirst()).map { Int($1 - $0) } }
    }
    var scale = 1
    while true {
      for step in [2, 3, 5, 10] {
        let least = step * scale
        let listed = sizes.reduce(0) { sum, level in sum + level.count { $0 >= least } }
        if listed <= limit || least > trie.count { return least }
      }
      scale *= 10
    }
  }
}

extension CodeTrie.Level {
  /// Numbers of the nodes with at least `least` items, ascending.
  fileprivate func listed(_ least: Int) -> [Int] {
    starts.withUnsafeBufferPointer { starts in
      (0..<codes.count).filter { Int(starts[$0 + 1] - starts[$0]) >= least }
    }
  }
}
