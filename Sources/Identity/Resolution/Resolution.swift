public import Tokenizers
import Vectors

/// The IDs of a catalogue after collisions were resolved.
public struct Resolution: Sendable {
  /// The ID of each item, in the order of the rows.
  public let ids: ResolvedIDs
  /// What was changed, and what it cost.
  public let report: ResolutionReport

  /// N×L, the levels that every ID has.
  public var codes: Codes { ids.codes }

  package typealias Tail = ResolvedIDs.Tail
}

/// What resolving collisions did, and what it cost.
public struct ResolutionReport: Hashable, Sendable, Codable {
  /// The strategy that was used.
  public var strategy: CollisionStrategy
  /// The most items that may have one ID.
  public var capacity: Int
  /// The number of possible IDs of the codes that came in, exact while it fits in 53 bits.
  public var possibleIDs: Double
  /// Number of items less the number of different vectors.
  public var duplicateVectors: Int
  /// Collisions of the codes that came in.
  public var before: CollisionCounts
  /// Collisions of the IDs that came out.
  public var after: CollisionCounts
  /// Number of items whose codes changed, at the levels that came in.
  public var itemsMoved: Int
  /// Number of items that had to leave their prefix, because it was full.
  public var itemsSpilled: Int
  /// Number of levels of the longest ID.
  package var longestID: Int
  /// Bytes of the longest text behind an ID.
  package var longestSuffix: Int
  package var distortion: Distortion
}

/// How far IDs are from their items' vectors.
package struct Distortion: Hashable, Sendable, Codable {
  package enum Space: String, Hashable, Sendable, Codable {
    /// Squared distance between vectors and what their codes decode to.
    case vectors
    /// Squared distance in the space that the tokenizer quantizes, for models whose codes do not decode.
    case quantized
  }

  package var space: Space
  /// The squared error per item, the mean of that distance over all items, before and after.
  package var before: Double
  package var after: Double
  /// after − before.
  package var added: Double { after - before }
  /// added / before; 0 when both are 0.
  package var relative: Double { before > 0 ? added / before : added == 0 ? 0 : .infinity }

  enum CodingKeys: String, CodingKey { case space, before, after, added, relative }

  init(space: Space, before: Double, after: Double) {
    self.space = space
    self.before = before
    self.after = after
  }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    space = try values.decode(Space.self, forKey: .space)
    before = try values.decode(Double.self, forKey: .before)
    after = try values.decode(Double.self, forKey: .after)
  }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(space, forKey: .space)
    try values.encode(before, forKey: .before)
    try values.encode(after, forKey: .after)
    try values.encode(added, forKey: .added)
    try values.encode(relative, forKey: .relative)
  }
}
