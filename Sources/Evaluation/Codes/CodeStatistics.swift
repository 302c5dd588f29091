import Foundation
public import Retrieval
public import Tokenizers
public import Vectors

/// How well a catalogue's codes tell its items apart.
///
/// A collision rate depends on the number of items and of possible IDs, so it comes with both.
public struct CodeStatistics: Codable, Hashable, Sendable {
  /// One level of the codes: its codes by themselves, and the prefixes that end with it.
  public struct Level: Codable, Hashable, Sendable {
    /// Codes in use, entropy (nats) and perplexity of the level by itself.
    package var usage: CodeUsage
    /// Share of the level's K codes that at least one item has.
    public var utilization: Double
    /// e to the entropy: the number of equally used codes that would carry as much information.
    public var perplexity: Double
    /// Entropy over ln K, 0 to 1; 1 when K is 1.
    package var evenness: Double
    /// The Gini coefficient of the numbers of items per code, unused codes included: 0 when all codes have as many.
    package var gini: Double
    /// Items of the most frequent code.
    package var largestCode: Int
    /// Number of different prefixes that end at this level.
    public var prefixes: Int
    /// 1 − prefixes / items.
    public var collisionRate: Double
    /// Items whose prefix at least one other item has.
    package var itemsSharingAPrefix: Int
    /// Items of the most frequent prefix.
    package var largestPrefix: Int
  }

  /// How many items the used IDs have. A percentile is the least size that this share of the IDs does not exceed.
  package struct Buckets: Codable, Hashable, Sendable {
    package var mean: Double
    package var median: Int
    package var percentile90: Int
    package var percentile99: Int
    package var largest: Int
    /// The Gini coefficient of the numbers of items per used ID: 0 when all have as many.
    package var gini: Double
    /// The entropy of the items over the IDs, in nats; ln N when every item has an ID of its own.
    package var entropy: Double
    /// e to the entropy: the number of equally used IDs that would carry as much information.
    package var perplexity: Double
  }

  /// N, the number of items.
  public var items: Int
  /// Number of different IDs.
  public var ids: Int
  /// The number of possible IDs, the product of all codebook sizes; exact while it fits in 53 bits.
  public var possibleIDs: Double
  /// 1 − ids / items: the share of items without an ID of their own, where one item per ID counts as its owner.
  public var collisionRate: Double
  /// Number of items whose ID at least one other item has.
  public var itemsSharingAnID: Int
  /// `itemsSharingAnID` over the items.
  package var shareSharingAnID: Double
  /// Items of the most frequent ID.
  package var largestBucket: Int
  package var buckets: Buckets
  /// One entry per level, first to last.
  public var levels: [Level]

  /// Sorts the codes: linear in items × levels.
  public init(_ codes: Codes, pool: ThreadPool = ThreadPool()) throws {
    self.init(try CodeTrie(codes, pool: pool))
  }

  /// Counts on a trie: linear in its nodes.
  public init(_ trie: CodeTrie) {
    let sizes = SizeHistogram(trie.nodeSizes(level: trie.levels.count - 1))
    items = trie.count
    ids = trie.levels.last?.count ?? 0
    possibleIDs = trie.levelSizes.reduce(1) { $0 * Double($1) }
    collisionRate = items > 0 ? 1 - Double(ids) / Double(items) : 0
    itemsSharingAnID = sizes.itemsSharing
    shareSharingAnID = items > 0 ? Double(itemsSharingAnID) / Double(items) : 0
    largestBucket = sizes.largest
    buckets = Buckets(sizes)
    levels = trie.levels.indices.map { Level(trie, $0) }
  }
}

extension CodeStatistics.Buckets {
  init(_ sizes: SizeHistogram) {
    mean = sizes.count > 0 ? Double(sizes.items) / Double(sizes.count) : 0
    median = sizes.percentile(0.5)
    percentile90 = sizes.percentile(0.9)
    percentile99 = sizes.percentile(0.99)
    largest = sizes.largest
    gini = sizes.gini
    entropy = sizes.entropy
    perplexity = exp(entropy)
  }
}

extension CodeStatistics.Level {
  init(_ trie: CodeTrie, _ level: Int) {
    let counts = trie.codeCounts(level: level)
    let most = log(Double(counts.count))
    let codes = SizeHistogram(counts)
    let nodes = SizeHistogram(trie.nodeSizes(level: level))
    usage = CodeUsage(counts: counts)
    utilization = Double(usage.used) / Double(counts.count)
    perplexity = usage.perplexity
    evenness = most > 0 ? usage.entropy / most : 1
    gini = codes.gini
    largestCode = codes.largest
    prefixes = trie.levels[level].count
    collisionRate = trie.count > 0 ? 1 - Double(prefixes) / Double(trie.count) : 0
    itemsSharingAPrefix = nodes.itemsSharing
    largestPrefix = nodes.largest
  }
}

extension CodeTrie {
  /// Number of items below each node of `level`.
  func nodeSizes(level: Int) -> [Int] {
    guard levels.indices.contains(level) else { return [] }
    return levels[level].starts.withUnsafeBufferPointer { starts in
      zip(starts, starts.dropFirst()).map { Int($1 - $0) }
    }
  }

  /// Number of items of each code of `level`, unused codes included.
  func codeCounts(level: Int) -> [Int] {
    var counts = [Int](repeating: 0, count: levelSizes[level])
    levels[level].codes.withUnsafeBufferPointer { codes in
      levels[level].starts.withUnsafeBufferPointer { starts in
        for node in codes.indices { counts[Int(codes[node])] += Int(starts[node + 1] - starts[node]) }
      }
    }
    return counts
  }
}
