/// What an index is.
public struct IndexInfo: Codable, Hashable, Sendable {
  /// An attribute by which searches may be filtered.
  public struct Attribute: Codable, Hashable, Sendable {
    /// Its name.
    public var name: String
    /// `string`, `integer`, `float`, `boolean`, `time` or `list`.
    public var type: String
  }

  /// Its name on the server.
  public var name: String
  /// Number of items.
  public var items: Int
  /// Number of levels of an ID.
  public var levels: Int
  /// Number of codes of each level.
  public var levelSizes: [Int]
  /// `l2`, `cosine` or `ip`.
  public var metric: String
  /// Length of the vectors; 0 where there are none.
  public var dimension: Int
  /// What searches may be filtered by.
  public var attributes: [Attribute]
  /// Number of segments.
  public var segments: Int
  /// Deleted items that still take space.
  public var deleted: Int
  /// Bytes of the index's files.
  public var bytes: Int?
  /// Names the state: it changes with every update and reload.
  public var generation: String
  /// Fingerprint of the model that made the codes.
  public var model: String?
  /// Whether items have vectors.
  public var hasVectors: Bool
  /// Whether items have ids; otherwise they are known by row numbers.
  public var hasIDs: Bool
  /// Whether vectors can be encoded.
  public var hasModel: Bool
  /// Whether texts can be searched for.
  public var hasEncoder: Bool
  /// Whether items have titles.
  public var hasTitles: Bool
  /// Whether the index can be changed.
  public var isWritable: Bool
  /// Whether a state before the last reload is served.
  public var isRolledBack: Bool
  /// Whether there is a state to roll back to.
  public var canRollBack: Bool

  private enum CodingKeys: String, CodingKey {
    case name, items, levels, metric, dimension, attributes, segments, deleted, bytes, generation, model
    case levelSizes = "level_sizes"
    case hasVectors = "has_vectors"
    case hasIDs = "has_ids"
    case hasModel = "has_model"
    case hasEncoder = "has_encoder"
    case hasTitles = "has_titles"
    case isWritable = "writable"
    case isRolledBack = "rolled_back"
    case canRollBack = "can_roll_back"
  }
}
