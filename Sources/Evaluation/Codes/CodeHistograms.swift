import Retrieval
package import Tokenizers
package import Vectors

/// The counts behind the figures, for charts.
package struct CodeHistograms: Hashable, Sendable {
  /// Items of each code, by level.
  package let codes: [[Int]]
  /// Distinct prefixes that end at each level.
  package let prefixes: [Int]
  /// The number of IDs for each number of items.
  package let buckets: SizeHistogram

  package init(_ codes: Codes, pool: ThreadPool = ThreadPool()) throws {
    self.init(try CodeTrie(codes, pool: pool))
  }

  /// Counts on a trie: linear in its nodes.
  init(_ trie: CodeTrie) {
    self.codes = trie.levels.indices.map { trie.codeCounts(level: $0) }
    prefixes = trie.levels.map(\.count)
    buckets = SizeHistogram(trie.nodeSizes(level: trie.levels.count - 1))
  }
}
