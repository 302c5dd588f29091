package import Retrieval
package import Vectors

/// Where collisions come from: from the catalogue, where items have exactly the same vector, or from the quantizer.
///
/// Within an ID, every item beyond the first is one collision, so there are N − IDs in all. A collision is of
/// duplicates when the item's vector is under the ID already, and of the quantizer when it is another vector: items −
/// ids = ofDuplicates + ofQuantizer.
package struct DuplicateCollisions: Codable, Hashable, Sendable {
  /// Number of items whose vector another item has exactly.
  package var itemsWithDuplicates: Int
  /// Number of different vectors.
  package var distinctVectors: Int
  /// 1 − distinct vectors / items: the least collision rate of any tokenizer that sees vectors alone.
  package var floor: Double
  package var ofDuplicates: Int
  package var ofQuantizer: Int

  /// O(N log N) at most; linear where IDs have few items.
  package init(_ trie: CodeTrie, _ duplicates: DuplicateVectors) {
    let starts = trie.levels.last?.starts.array ?? [0]
    var same = 0
    trie.rows.withUnsafeBufferPointer { rows in
      for (start, end) in zip(starts, starts.dropFirst()) where end - start > 1 {
        let vectors = rows[Int(start)..<Int(end)].map { duplicates.first[Int($0)] }.sorted()
        same += zip(vectors, vectors.dropFirst()).count { $0 == $1 }
      }
    }
    itemsWithDuplicates = duplicates.rowsSharing
    distinctVectors = trie.count - duplicates.count
    floor = trie.count > 0 ? Double(duplicates.count) / Double(trie.count) : 0
    ofDuplicates = same
    ofQuantizer = trie.count - (trie.levels.last?.count ?? 0) - same
  }
}
