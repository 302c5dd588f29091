import Foundation

/// What is searched for.
public enum QueryTarget: Hashable, Sendable {
  /// The items nearest to a vector.
  case vector([Float])
  /// The items nearest to an item, by its id. It is left out of the answer.
  case item(String)
  /// The items nearest to a text. The server needs an encoder.
  case text(String)
  /// The items of a semantic ID: `<a_12><b_4><c_9>` or `12-4-9`.
  case semanticID(String)
  /// The items whose semantic ID begins so.
  case prefix(String)
}

/// A rule by which a semantic ID is widened.
public enum Expansion: Hashable, Sendable, Encodable, CustomStringConvertible {
  /// The ID itself.
  case exact
  /// IDs that share its first codes.
  case prefix
  /// IDs that differ at no more than this many levels.
  case hamming(levels: Int)
  /// At one level at a time, the codes whose codewords are nearest.
  case perLevel(codewords: Int)
  /// The same at all levels at once.
  case product(codewords: Int)

  /// As the server reads it, such as `hamming:1`.
  public var description: String {
    switch self {
    case .exact: "exact"
    case .prefix: "prefix"
    case .hamming(let levels): "hamming:\(levels)"
    case .perLevel(let codewords): "per-level:\(codewords)"
    case .product(let codewords): "product:\(codewords)"
    }
  }

  /// Writes the rule as text.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

/// The attributes that an answer has.
public enum WantedAttributes: Hashable, Sendable, Encodable, ExpressibleByArrayLiteral {
  /// All of them.
  case all
  /// Those of these names.
  case named([String])

  /// Those of these names.
  public init(arrayLiteral names: String...) { self = .named(names) }

  /// Writes `true`, or the names.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .all: try container.encode(true)
    case .named(let names): try container.encode(names)
    }
  }
}

/// A query and its options. What is nil is left to the server.
///
///     var query = Query(.item("item-17"), count: 5)
///     query.filter = "price < 20"
public struct Query: Hashable, Sendable {
  /// What is searched for.
  public var target: QueryTarget
  /// Items wanted; 10 by default.
  public var count: Int?
  /// Items that are reranked, best estimate first; 200 by default.
  public var candidates: Int?
  /// Items that get an estimated distance; 32 times `candidates` by default.
  public var scan: Int?
  /// Whether every vector is compared.
  public var isExact: Bool?
  /// With a semantic ID, also the IDs around it.
  public var expansion: Expansion?
  /// The items that may be found.
  public var filter: Filter?
  /// Attributes that the answer has; none by default.
  public var attributes: WantedAttributes?
  /// Whether the answer has the items' vectors.
  public var withVectors: Bool?
  /// Whether the answer says what the search did.
  public var explain: Bool?

  /// A query with the options that the server has by default.
  ///
  /// - Parameter count: items wanted.
  public init(_ target: QueryTarget, count: Int? = nil) {
    self.target = target
    self.count = count
  }
}

extension Query: Encodable {
  private enum CodingKeys: String, CodingKey {
    case item, text, prefix, candidates, scan, filter, attributes, explain
    case vector = "vector_base64"
    case semanticID = "semantic_id"
    case count = "k"
    case isExact = "exact"
    case expansion = "expand"
    case withVectors = "vectors"
  }

  /// Writes the query as the server reads it.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    switch target {
    case .vector(let vector): try container.encode(FloatBytes.base64(vector), forKey: .vector)
    case .item(let id): try container.encode(id, forKey: .item)
    case .text(let text): try container.encode(text, forKey: .text)
    case .semanticID(let id): try container.encode(id, forKey: .semanticID)
    case .prefix(let prefix): try container.encode(prefix, forKey: .prefix)
    }
    try container.encodeIfPresent(count, forKey: .count)
    try container.encodeIfPresent(candidates, forKey: .candidates)
    try container.encodeIfPresent(scan, forKey: .scan)
    try container.encodeIfPresent(isExact, forKey: .isExact)
    try container.encodeIfPresent(expansion, forKey: .expansion)
    try container.encodeIfPresent(filter, forKey: .filter)
    try container.encodeIfPresent(attributes, forKey: .attributes)
    try container.encodeIfPresent(withVectors, forKey: .withVectors)
    try container.encodeIfPresent(explain, forKey: .explain)
  }
}

/// Floats as the server reads them: little-endian, 32 bits each.
enum FloatBytes {
  static func data(_ values: some Collection<Float>) -> Data {
    var data = Data(capacity: values.count * 4)
    for value in values { withUnsafeBytes(of: value.bitPattern.littleEndian) { data.append(contentsOf: $0) } }
    return data
  }

  static func base64(_ values: some Collection<Float>) -> String { data(values).base64EncodedString() }
}
