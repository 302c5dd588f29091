import Formats
import Vectors

/// JSON text as a tree, for the small parts of a model's directory. Lists of a hundred thousand tokens are read by the
/// scanner alone.
enum JSONTree {
  /// Deeper than any configuration; a hostile file must not exhaust the stack.
  static let deepest = 64

  static func read(_ path: String) throws -> JSONValue {
    let file = try MappedFile(path: path)
    return try withExtendedLifetime(file) {
      var scanner = JSONScanner(bytes: file.bytes, source: path)
      let value = try scanner.tree()
      try scanner.end()
      return value
    }
  }
}

extension JSONScanner {
  /// The next value, with all it holds. Of two equal keys the last one counts.
  mutating func tree(depth: Int = 0) throws -> JSONValue {
    guard depth <= JSONTree.deepest else { throw unexpected("at most \(JSONTree.deepest) levels") }
    switch peek() {
    case UInt8(ascii: "{")?:
      var members: [String: JSONValue] = [:]
      try object { key, scanner in members[key] = try scanner.tree(depth: depth + 1) }
      return .object(members)
    case UInt8(ascii: "[")?:
      var list: [JSONValue] = []
      try array { _, scanner in list.append(try scanner.tree(depth: depth + 1)) }
      return .array(list)
    case UInt8(ascii: "\"")?: return .string(try string())
    default:
      let (kind, characters) = try literal()
      let text = String(decoding: characters, as: UTF8.self)
      switch kind {
      case .null: return .null
      case .boolean: return .bool(text == "true")
      case .integer: return Int(text).map { .int($0) } ?? .double(Double(text) ?? .infinity)
      case .number: return .double(Double(text) ?? .infinity)
      }
    }
  }
}
