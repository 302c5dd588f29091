/// An item to put into an index.
public struct NewItem: Hashable, Sendable {
  /// Its id. An item that has it already is replaced.
  public var id: String
  /// Its vector. Without `semanticID` the index's model encodes it.
  public var vector: [Float]?
  /// Its semantic ID.
  public var semanticID: String?
  /// Values by name.
  public var attributes: [String: AttributeValue]?

  /// An item with what is known of it.
  public init(
    id: String, vector: [Float]? = nil, semanticID: String? = nil, attributes: [String: AttributeValue]? = nil
  ) {
    self.id = id
    self.vector = vector
    self.semanticID = semanticID
    self.attributes = attributes
  }
}

extension NewItem: Encodable {
  private enum CodingKeys: String, CodingKey {
    case id, attributes
    case vector = "vector_base64"
    case semanticID = "semantic_id"
  }

  /// Writes the item as the server reads it.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(id, forKey: .id)
    try container.encodeIfPresent(vector.map { FloatBytes.base64($0) }, forKey: .vector)
    try container.encodeIfPresent(semanticID, forKey: .semanticID)
    try container.encodeIfPresent(attributes, forKey: .attributes)
  }
}

/// What a change did.
public struct UpdateSummary: Codable, Hashable, Sendable {
  /// Items that were new.
  public var added: Int
  /// Items that were there before.
  public var replaced: Int
  /// Items that were deleted.
  public var deleted: Int
  /// Ids to delete that no item had.
  public var unknown: Int
  /// Items of the index afterwards.
  public var items: Int
  /// Segments of the index afterwards.
  public var segments: Int
}
