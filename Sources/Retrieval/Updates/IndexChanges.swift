public import Tokenizers
public import Vectors

/// Changes of an index that are published together: readers see all of them, or none.
public struct IndexChanges: Sendable {
  /// Items that become part of the index; row i of everything is the same item.
  public struct Items: Sendable {
    /// The id of each item, all different.
    public var ids: StringColumn
    /// Needed where the index holds vectors, and where there are no codes.
    public var vectors: Matrix?
    /// N×L, made by the index's model. Without codes the model that the index keeps encodes the vectors.
    public var codes: Codes?
    /// Attributes of these items, joined by id. A column must have the type that the index has under its name.
    public var attributes: AttributeTable?

    /// Items with ids, and the parts that the index needs of them.
    public init(
      ids: StringColumn, vectors: Matrix? = nil, codes: Codes? = nil, attributes: AttributeTable? = nil
    ) {
      self.ids = ids
      self.vectors = vectors
      self.codes = codes
      self.attributes = attributes
    }
  }

  /// Items to add; nil: none.
  public var added: Items?
  /// Whether an added item may replace an item with the same id; otherwise that is an error.
  public var isReplacing = false
  /// Ids of items to delete.
  public var deleted: [String] = []
  /// Whether to pass over ids to delete that no item has; otherwise they are an error.
  public var ignoresUnknown = false

  /// Additions and deletions to publish together. Without arguments: no change.
  public init(added: Items? = nil, isReplacing: Bool = false, deleted: [String] = [], ignoresUnknown: Bool = false) {
    self.added = added
    self.isReplacing = isReplacing
    self.deleted = deleted
    self.ignoresUnknown = ignoresUnknown
  }
}

/// What an update did.
public struct UpdateReport: Codable, Hashable, Sendable {
  /// Items that are new.
  public var added = 0
  /// Items that took the place of one with the same id.
  public var replaced = 0
  /// Items that were deleted.
  public var deleted = 0
  /// Ids to delete that no item had.
  public var unknown = 0
  /// Number of merges of segments.
  package var merges = 0
  /// Items that merges wrote anew.
  package var rewritten = 0
  /// Number of items in the index afterwards.
  public var items = 0
  /// Number of segments afterwards.
  package var segments = 0
  /// Time until the changes were published, before any merge.
  package var publishSeconds = 0.0
  /// Time of the whole update.
  package var seconds = 0.0

  package init() {}
}
