package import Formats
package import Vectors

/// A JSON object of a model's directory, with its place for errors: the keys of a configuration, read one by one.
package struct JSONFields: Sendable {
  package let source: String
  /// The keys that lead to the object; empty for the document.
  package let path: String
  package let members: [String: JSONValue]

  package init(_ members: [String: JSONValue], source: String, path: String = "") {
    self.members = members
    self.source = source
    self.path = path
  }

  /// Reads a small file whole.
  ///
  /// - Throws: `InputError` when it cannot be read, is no JSON or no object.
  package init(file: String) throws {
    guard case .object(let members) = try JSONTree.read(file) else {
      throw InputError(.malformed, file, expected: "a JSON object", found: "another value")
    }
    self.init(members, source: file)
  }

  package func place(_ key: String) -> String { "key " + (path.isEmpty ? key : path + "." + key) }

  package func fault(
    _ key: String, _ kind: InputError.Kind = .malformed, expected: String, found: String, remedy: String? = nil
  ) -> InputError {
    InputError(kind, source, at: place(key), expected: expected, found: found, remedy: remedy)
  }

  /// The value of `key`; nil where it is missing or null.
  package func value(_ key: String) -> JSONValue? {
    guard let value = members[key], value != .null else { return nil }
    return value
  }

  package func has(_ key: String) -> Bool { value(key) != nil }

  package func text(_ key: String) throws -> String? {
    guard let value = value(key) else { return nil }
    guard case .string(let text) = value else { throw fault(key, expected: "a text", found: value.kind) }
    return text
  }

  package func flag(_ key: String, default usual: Bool) throws -> Bool {
    guard let value = value(key) else { return usual }
    guard case .bool(let flag) = value else { throw fault(key, expected: "true or false", found: value.kind) }
    return flag
  }

  /// A whole number inside `range`, also where it is written with a point.
  package func count(_ key: String, in range: ClosedRange<Int> = 0...Int(Int32.max)) throws -> Int? {
    guard let value = value(key) else { return nil }
    guard let count = value.whole, range.contains(count) else {
      throw fault(key, expected: "a whole number, \(range.lowerBound) to \(range.upperBound)", found: value.spelling)
    }
    return count
  }

  /// As `count`, for a key that has to be there.
  package func needed(_ key: String, in range: ClosedRange<Int> = 1...Int(Int32.max)) throws -> Int {
    guard let count = try count(key, in: range) else { throw missing(key, "a whole number") }
    return count
  }

  package func number(_ key: String) throws -> Double? {
    guard let value = value(key) else { return nil }
    guard let number = value.number, number.isFinite else { throw fault(key, expected: "a number", found: value.kind) }
    return number
  }

  /// What normalizations add to a variance: above 0 and below 1.
  package func epsilon(_ key: String, default usual: Float) throws -> Float {
    guard let number = try number(key) else { return usual }
    guard number > 0, number < 1, Float(number) > 0 else {
      throw fault(key, expected: "a number above 0 and below 1", found: "\(number)")
    }
    return Float(number)
  }

  package func list(_ key: String) throws -> [JSONValue]? {
    guard let value = value(key) else { return nil }
    guard case .array(let list) = value else { throw fault(key, expected: "a list", found: value.kind) }
    return list
  }

  package func fields(_ key: String) throws -> JSONFields? {
    guard let value = value(key) else { return nil }
    guard case .object(let members) = value else { throw fault(key, expected: "an object", found: value.kind) }
    return JSONFields(members, source: source, path: path.isEmpty ? key : path + "." + key)
  }

  /// The objects of a list.
  package func objects(_ key: String) throws -> [JSONFields]? {
    try list(key)?.enumerated().map { index, value in
      guard case .object(let members) = value else {
        throw fault("\(key)[\(index)]", expected: "an object", found: value.kind)
      }
      return JSONFields(members, source: source, path: (path.isEmpty ? key : path + "." + key) + "[\(index)]")
    }
  }

  package func missing(_ key: String, _ expected: String) -> InputError {
    fault(key, expected: expected, found: "no such key")
  }
}

extension JSONValue {
  /// What it is, for errors.
  package var kind: String {
    switch self {
    case .null: "null"
    case .bool: "true or false"
    case .int, .unsigned, .double: "a number"
    case .string: "a text"
    case .array: "a list"
    case .object: "an object"
    }
  }

  /// The value itself where it is short, for errors.
  package var spelling: String {
    switch self {
    case .bool(let flag): "\(flag)"
    case .int(let number): "\(number)"
    case .unsigned(let number): "\(number)"
    case .double(let number): "\(number)"
    case .string(let text): "\"\(text.prefix(60))\""
    case .null, .array, .object: kind
    }
  }

  package var number: Double? {
    switch self {
    case .int(let number): Double(number)
    case .unsigned(let number): Double(number)
    case .double(let number): number
    default: nil
    }
  }

  /// nil for what is no number, is no whole one or does not fit.
  package var whole: Int? {
    switch self {
    case .int(let number): number
    case .double(let number): Int(exactly: number)
    default: nil
    }
  }
}
