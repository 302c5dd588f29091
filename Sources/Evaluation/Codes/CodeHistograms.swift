import Retrieval
public import Tokenizers
public import Vectors

/// The counts behind the figures, for charts.
public struct CodeHistograms: Hashable, Sendable {
  /// Items of each code, by level.
  public let codes: [[Int]]
  /// Distinct prefixes that end at each level.
  public let prefixes: [Int]
  /// How many IDs have how many items.
  public let buckets: SizeHistogram

  public init(_ codes: Codes, pool: ThreadPool = ThreadPool()) throws {
    let trie = try CodeTrie(codes, pool: pool)
    self.codes = trie.levels.indices.map { trie.codeCounts(level: $0) }
    prefixes = trie.levels.map(\.count)
    buckets = SizeHistogram(trie.nodeSizes(level: trie.levels.count - 1))
  }
}
