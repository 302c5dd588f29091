/// An item that was found.
public struct Hit: Codable, Hashable, Sendable {
  /// The item's id.
  public var item: String
  /// Such as `<a_12><b_4><c_9>`.
  public var semanticID: String
  /// One code a level.
  public var codes: [Int]
  /// Squared distance, 1 − cosine, or the negative inner product. Of a rule that goes by codewords, the squared distance
  /// of the codewords. Nil where nothing was compared.
  public var distance: Double?
  /// Where the server was given titles.
  public var title: String?
  /// Where they were asked for.
  public var attributes: [String: AttributeValue]?
  /// Where vectors were asked for.
  public var vector: [Float]?

  private enum CodingKeys: String, CodingKey {
    case item, codes, distance, title, attributes, vector
    case semanticID = "semantic_id"
  }
}

/// The items found, nearest first; those of an ID or a prefix in ID order.
public struct Hits: Codable, Hashable, Sendable {
  /// The items.
  public var hits: [Hit]
  /// Of an ID or a prefix, the number of its items.
  public var total: Int?
  /// Where it was asked for.
  public var explain: Explanation?
}

/// What a search did.
public struct Explanation: Codable, Hashable, Sendable {
  /// How the items were found: `scan`, `direct`, `exact`, `lookup` or `expansion`.
  public var path: String
  /// Items whose distance was estimated.
  public var scanned: Int?
  /// Items whose vector in bytes was compared.
  public var sifted: Int?
  /// Items whose vector was compared exactly.
  public var reranked: Int?
  /// Whether the scan ended before it had met every item.
  public var budgetExhausted: Bool?
  /// Items that the filter allows.
  public var allowed: Int?
  /// The semantic ID of the query's vector.
  public var querySemanticID: String?
  /// Segments of the index.
  public var segments: Int?
  /// Seconds of each part of the work.
  public var seconds: [String: Double]?

  private enum CodingKeys: String, CodingKey {
    case path, scanned, sifted, reranked, allowed, segments, seconds
    case budgetExhausted = "budget_exhausted"
    case querySemanticID = "query_semantic_id"
  }
}

/// An item by its id.
public struct BareItem: Codable, Hashable, Sendable {
  /// The item's id.
  public var item: String
  /// Where the server was given titles.
  public var title: String?
  /// Where they were asked for.
  public var attributes: [String: AttributeValue]?
}

/// The semantic IDs around one.
public struct Candidates: Codable, Hashable, Sendable {
  /// One ID, with its items.
  public struct Entry: Codable, Hashable, Sendable {
    /// Such as `<a_12><b_4><c_9>`.
    public var semanticID: String
    /// One code a level.
    public var codes: [Int]
    /// Levels in common from the first on.
    public var prefix: Int
    /// Levels that differ.
    public var differing: Int
    /// Squared distance of the codewords that differ; nil for a rule that does not go by codewords.
    public var distance: Double?
    /// The items that have the ID.
    public var items: [BareItem]

    private enum CodingKeys: String, CodingKey {
      case codes, prefix, differing, distance, items
      case semanticID = "semantic_id"
    }
  }

  /// The IDs in the order of the rule.
  public var entries: [Entry]
  /// Items of all entries.
  public var count: Int
  /// Whether an item has the ID that was asked for.
  public var isInCatalogue: Bool
  /// Whether there are more.
  public var budgetExhausted: Bool

  private enum CodingKeys: String, CodingKey {
    case entries, count
    case isInCatalogue = "is_in_catalogue"
    case budgetExhausted = "budget_exhausted"
  }
}

/// Recall of a search against exact search.
public struct Recall: Codable, Hashable, Sendable {
  /// Mean share of the nearest items that a search finds.
  public var recall: Double
  /// Items whose vectors were searched for.
  public var sample: Int
  /// Items wanted of each search.
  public var count: Int
  /// Seconds of one search.
  public var searchSeconds: Double
  /// Seconds of one exact search.
  public var exactSeconds: Double

  private enum CodingKeys: String, CodingKey {
    case recall, sample
    case count = "k"
    case searchSeconds = "search_seconds"
    case exactSeconds = "exact_seconds"
  }
}

/// What the index's model says of a vector or a text.
public struct EncodedID: Codable, Hashable, Sendable {
  /// Such as `<a_12><b_4><c_9>`.
  public var semanticID: String
  /// One code a level.
  public var codes: [Int]
  /// Items of the index with this ID.
  public var items: Int

  private enum CodingKeys: String, CodingKey {
    case codes, items
    case semanticID = "semantic_id"
  }
}
