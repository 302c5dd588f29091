/// A level of an ID or prefix.
public struct Level: Codable, Hashable, Sendable {
  /// From 1.
  public var level: Int
  /// Its code.
  public var code: Int
  /// The prefix up to this level.
  public var prefix: String
  /// Items with this prefix.
  public var items: Int
  /// Codes that follow; at the last level 0.
  public var children: Int
  /// Words that set the titles of these items apart, where the server was given titles.
  public var words: [String]?
}

/// An item of the index.
public struct Item: Codable, Hashable, Sendable {
  /// The item's id.
  public var item: String
  /// Where the server was given titles.
  public var title: String?
  /// Such as `<a_12><b_4><c_9>`.
  public var semanticID: String
  /// One code a level.
  public var codes: [Int]
  /// The levels of its ID.
  public var levels: [Level]
  /// Values by name; it has none of those that are not there.
  public var attributes: [String: AttributeValue]
  /// Where it was asked for.
  public var vector: [Float]?

  private enum CodingKeys: String, CodingKey {
    case item, title, codes, levels, attributes, vector
    case semanticID = "semantic_id"
  }
}

/// A page of the items of an ID.
public struct ItemsOfID: Codable, Hashable, Sendable {
  /// The items of the page.
  public var items: [Hit]
  /// Number of all items of the ID.
  public var total: Int
}

/// A prefix and its children.
public struct Tree: Codable, Hashable, Sendable {
  /// A child of a prefix.
  public struct Child: Codable, Hashable, Sendable {
    /// Its code.
    public var code: Int
    /// Its prefix.
    public var prefix: String
    /// Items with its prefix.
    public var items: Int
    /// Codes that follow.
    public var children: Int
    /// Up to three items.
    public var examples: [BareItem]
    /// Words that set the titles of these items apart, where the server was given titles.
    public var words: [String]?
  }

  /// Empty for the root.
  public var prefix: String
  /// Levels of the prefix.
  public var level: Int
  /// Items with this prefix.
  public var items: Int
  /// The levels of the prefix.
  public var path: [Level]
  /// The children of this page.
  public var children: [Child]
  /// Number of all children; of a whole ID, of its items.
  public var total: Int
  /// Of a whole ID, its items.
  public var members: [BareItem]?
}

/// The catalogue in two dimensions.
public struct CatalogueMap: Codable, Hashable, Sendable {
  /// An item on the map.
  public struct Point: Codable, Hashable, Sendable {
    /// The item's id.
    public var item: String
    /// Where the server was given titles.
    public var title: String?
    /// The code of the first level.
    public var code: Int
    /// To the right.
    public var x: Double
    /// Upwards.
    public var y: Double
  }

  /// Up to 5,000 items.
  public var points: [Point]
  /// Items of the index.
  public var total: Int
}

/// A semantic ID in a generated text.
public struct ResolvedID: Codable, Hashable, Sendable {
  /// What a text has in place of an ID.
  public enum Kind: String, Codable, Hashable, Sendable {
    /// An ID that an item has.
    case valid
    /// No ID begins so.
    case unknownPrefix
    /// It ends too early.
    case incomplete
    /// It is not spelled as an ID.
    case malformed
  }

  /// As it stands in the text.
  public var text: String
  /// Where it begins, in bytes of UTF-8.
  public var start: Int
  /// Where it ends, in bytes of UTF-8.
  public var end: Int
  /// What it is.
  public var kind: Kind
  /// The level, from 1, at which it departs from all IDs.
  public var level: Int?
  /// The ID, or the one that was taken for it.
  public var semanticID: String?
  /// Whether the nearest ID was taken.
  public var repaired: Bool
  /// Items of the ID.
  public var items: [BareItem]
  /// Number of all items of the ID.
  public var total: Int

  private enum CodingKeys: String, CodingKey {
    case text, start, end, kind, level, repaired, items, total
    case semanticID = "semantic_id"
  }
}
