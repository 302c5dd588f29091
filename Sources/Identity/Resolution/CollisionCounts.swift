import Tokenizers
import Vectors

/// How many items share IDs, and why, with the numbers that a rate depends on.
public struct CollisionCounts: Hashable, Sendable, Codable {
  /// N, the number of items.
  public var items: Int
  /// Number of different IDs.
  public var ids: Int
  /// 1 − ids / items.
  public var collisionRate: Double
  /// Number of items whose ID at least one other item has.
  public var itemsSharingAnID: Int
  /// Number of items of the most frequent ID.
  public var largestBucket: Int
  /// Number of items that share their ID with an earlier item of the same vector. No tokenizer could tell them apart.
  public var collisionsOfDuplicates: Int
  /// The other collisions, items − ids − collisionsOfDuplicates: different vectors that the quantizer gave one ID.
  public var collisionsOfQuantizer: Int

  init(_ order: CatalogueOrder, duplicates: DuplicateVectors) {
    items = order.rows.count
    var ids = 0
    var sharing = 0
    var largest = 0
    var ofDuplicates = 0
    for bucket in order.buckets() {
      ids += 1
      largest = max(largest, bucket.count)
      guard bucket.count > 1 else { continue }
      sharing += bucket.count
      ofDuplicates += bucket.count - Set(bucket.lazy.map { duplicates.first[order.rows[$0]] }).count
    }
    self.ids = ids
    itemsSharingAnID = sharing
    largestBucket = largest
    collisionRate = items > 0 ? 1 - Double(ids) / Double(items) : 0
    collisionsOfDuplicates = ofDuplicates
    collisionsOfQuantizer = items - ids - ofDuplicates
  }

  /// Every item on an ID of its own.
  init(unique items: Int) {
    self.items = items
    ids = items
    collisionRate = 0
    itemsSharingAnID = 0
    largestBucket = min(items, 1)
    collisionsOfDuplicates = 0
    collisionsOfQuantizer = 0
  }
}
