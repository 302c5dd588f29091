import Foundation
public import Retrieval
public import Tokenizers
public import Vectors

/// How well a catalogue's codes tell its items apart.
///
/// A collision rate says little alone: it comes with the number of items and of possible IDs.
public struct CodeStatistics: Codable, Hashable, Sendable {
  /// One level of the codes.
  public struct Level: Codable, Hashable, Sendable {
    /// Codes in use, entropy (nats) and perplexity of the level by itself.
    public var usage: CodeUsage
    /// e to the entropy.
    public var perplexity: Double
    /// Entropy over ln K, 0 to 1; 1 when K is 1.
    public var evenness: Double
    /// Distinct prefixes that end at this level.
    public var prefixes: Int
  }

  /// N.
  public var items: Int
  /// Distinct IDs.
  public var ids: Int
  /// Π K, exact while it fits in 53 bits.
  public var possibleIDs: Double
  /// 1 − ids / items: the share of items that have no ID of their own, counting one item an ID as its owner.
  public var collisionRate: Double
  /// Items whose ID at least one other item has.
  public var itemsSharingAnID: Int
  /// Items of the most frequent ID.
  public var largestBucket: Int
  public var levels: [Level]

  /// Linear in items × levels: what a radix sort takes.
  public init(_ codes: Codes, pool: ThreadPool = ThreadPool()) throws {
    self.init(try CodeTrie(codes, pool: pool))
  }

  /// From a trie, linear in its nodes.
  public init(_ trie: CodeTrie) {
    items = trie.count
    ids = trie.levels.last?.count ?? 0
    possibleIDs = trie.levelSizes.reduce(1) { $0 * Double($1) }
    collisionRate = items > 0 ? 1 - Double(ids) / Double(items) : 0
    var sharing = 0
    var largest = 0
    trie.levels.last?.starts.withUnsafeBufferPointer { starts in
      for (start, end) in zip(starts, starts.dropFirst()) {
        let bucket = Int(end - start)
        largest = max(largest, bucket)
        if bucket > 1 { sharing += bucket }
      }
    }
    itemsSharingAnID = sharing
    largestBucket = largest
    levels = trie.levels.indices.map { level in
      let nodes = trie.levels[level]
      var counts = [Int](repeating: 0, count: trie.levelSizes[level])
      nodes.codes.withUnsafeBufferPointer { codes in
        nodes.starts.withUnsafeBufferPointer { starts in
          for node in codes.indices { counts[Int(codes[node])] += Int(starts[node + 1] - starts[node]) }
        }
      }
      let usage = CodeUsage(counts: counts)
      let most = log(Double(counts.count))
      return Level(
        usage: usage, perplexity: usage.perplexity, evenness: most > 0 ? usage.entropy / most : 1,
        prefixes: nodes.count)
    }
  }
}
