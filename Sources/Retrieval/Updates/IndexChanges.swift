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
    /// By the model that made the index's; without them the vectors are encoded by the model that the index keeps.
    public var codes: Codes?
    /// Attributes of the items whose ids it names, of the kinds that the index has under their names.
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
  /// Whether an item that is added may take the place of one with the same id; otherwise that is an error.
  public var isReplacing = false
  /// Ids of items that are taken away.
  public var deleted: [String] = []
  /// Whether ids to delete that no item has are passed over; otherwise they are an error.
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
  /// Items that were taken away.
  public var deleted = 0
  /// Ids to delete that no item had.
  public var unknown = 0
  /// Merges of segments.
  package var merges = 0
  /// Items that merges wrote anew.
  package var rewritten = 0
  /// Items and segments afterwards.
  public var items = 0
  package var segments = 0
  /// Until the changes were published, before any merge.
  package var publishSeconds = 0.0
  /// All together.
  package var seconds = 0.0

  package init() {}
}
