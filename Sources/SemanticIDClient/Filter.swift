/// The items that may be found: a condition as text, such as `price < 20 and brand in (Acme, Bolt)`, or conditions that
/// are put together.
public enum Filter: Hashable, Sendable, ExpressibleByStringLiteral {
  /// A condition as text.
  case text(String)
  /// Conditions that are put together.
  case conditions(Conditions)

  /// A condition as text.
  public init(stringLiteral value: String) { self = .text(value) }

  /// All of `must`, one of `should` where there are any, and none of `mustNot`.
  public struct Conditions: Hashable, Sendable {
    /// All of these hold.
    public var must: [Condition]
    /// One of these holds.
    public var should: [Condition]
    /// None of these holds.
    public var mustNot: [Condition]

    /// Conditions that are put together.
    public init(must: [Condition] = [], should: [Condition] = [], mustNot: [Condition] = []) {
      self.must = must
      self.should = should
      self.mustNot = mustNot
    }
  }

  /// One condition on an item.
  public indirect enum Condition: Hashable, Sendable {
    /// The attribute has this value; a list holds it.
    case equal(String, AttributeValue)
    /// The attribute has one of these values.
    case any(String, [AttributeValue])
    /// The attribute has a value, and none of these.
    case except(String, [AttributeValue])
    /// The attribute lies between bounds.
    case range(String, Bounds)
    /// The attribute has no value.
    case isNull(String)
    /// The item has one of these ids.
    case hasID([String])
    /// Conditions within a condition.
    case conditions(Conditions)
  }

  /// Bounds of an attribute: numbers, or times as text.
  public struct Bounds: Hashable, Sendable, Codable {
    /// Above this.
    public var greaterThan: AttributeValue?
    /// At or above this.
    public var atLeast: AttributeValue?
    /// Below this.
    public var lessThan: AttributeValue?
    /// At or below this.
    public var atMost: AttributeValue?

    /// Bounds; those that are nil are open.
    public init(
      greaterThan: AttributeValue? = nil, atLeast: AttributeValue? = nil, lessThan: AttributeValue? = nil,
      atMost: AttributeValue? = nil
    ) {
      self.greaterThan = greaterThan
      self.atLeast = atLeast
      self.lessThan = lessThan
      self.atMost = atMost
    }

    private enum CodingKeys: String, CodingKey {
      case greaterThan = "gt"
      case atLeast = "gte"
      case lessThan = "lt"
      case atMost = "lte"
    }
  }
}

extension Filter: Codable {
  /// Reads a text, or an object of conditions.
  public init(from decoder: any Decoder) throws {
    if let text = try? decoder.singleValueContainer().decode(String.self) {
      self = .text(text)
    } else {
      self = .conditions(try Conditions(from: decoder))
    }
  }

  /// Writes a text, or an object of conditions.
  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .text(let text):
      var container = encoder.singleValueContainer()
      try container.encode(text)
    case .conditions(let conditions): try conditions.encode(to: encoder)
    }
  }
}

extension Filter.Conditions: Codable {
  private enum CodingKeys: String, CodingKey {
    case must, should
    case mustNot = "must_not"
  }

  /// Reads the three lists; those that are absent are empty.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    must = try container.decodeIfPresent([Filter.Condition].self, forKey: .must) ?? []
    should = try container.decodeIfPresent([Filter.Condition].self, forKey: .should) ?? []
    mustNot = try container.decodeIfPresent([Filter.Condition].self, forKey: .mustNot) ?? []
  }

  /// Writes the lists that are not empty.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    if !must.isEmpty { try container.encode(must, forKey: .must) }
    if !should.isEmpty { try container.encode(should, forKey: .should) }
    if !mustNot.isEmpty { try container.encode(mustNot, forKey: .mustNot) }
  }
}

extension Filter.Condition: Codable {
  private enum CodingKeys: String, CodingKey {
    case key, match, range
    case isNull = "is_null"
    case hasID = "has_id"
  }

  private struct Match: Codable {
    var value: AttributeValue?
    var any: [AttributeValue]?
    var except: [AttributeValue]?
  }

  private struct Key: Codable { var key: String }

  /// Reads a condition as the server writes it.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    if let null = try container.decodeIfPresent(Key.self, forKey: .isNull) {
      self = .isNull(null.key)
    } else if let ids = try container.decodeIfPresent([String].self, forKey: .hasID) {
      self = .hasID(ids)
    } else if let bounds = try container.decodeIfPresent(Filter.Bounds.self, forKey: .range) {
      self = .range(try container.decode(String.self, forKey: .key), bounds)
    } else if let match = try container.decodeIfPresent(Match.self, forKey: .match) {
      let key = try container.decode(String.self, forKey: .key)
      if let value = match.value {
        self = .equal(key, value)
      } else if let values = match.any {
        self = .any(key, values)
      } else if let values = match.except {
        self = .except(key, values)
      } else {
        throw DecodingError.dataCorruptedError(
          forKey: .match, in: container, debugDescription: "expected value, any or except")
      }
    } else {
      self = .conditions(try Filter.Conditions(from: decoder))
    }
  }

  /// Writes a condition as the server reads it.
  public func encode(to encoder: any Encoder) throws {
    if case .conditions(let conditions) = self { return try conditions.encode(to: encoder) }
    var container = encoder.container(keyedBy: CodingKeys.self)
    func match(_ key: String, _ match: Match) throws {
      try container.encode(key, forKey: .key)
      try container.encode(match, forKey: .match)
    }
    switch self {
    case .equal(let key, let value): try match(key, Match(value: value))
    case .any(let key, let values): try match(key, Match(any: values))
    case .except(let key, let values): try match(key, Match(except: values))
    case .range(let key, let bounds):
      try container.encode(key, forKey: .key)
      try container.encode(bounds, forKey: .range)
    case .isNull(let key): try container.encode(Key(key: key), forKey: .isNull)
    case .hasID(let ids): try container.encode(ids, forKey: .hasID)
    case .conditions: break
    }
  }
}
