import Formats
import Vectors

/// The fields of an object of a request. Every field is asked for by name and type; one that is not known is a fault.
struct RequestFields {
  private let values: [String: RequestValue]
  /// Where the object stands: empty for the body itself.
  let place: String

  /// - Throws: `InputError` for anything but an object, and for a field that is not in `known`.
  init(_ value: RequestValue, at place: String = "", known: [String]) throws {
    guard case .object(let members) = value else {
      throw InputError(
        .usage, "body", at: place.isEmpty ? nil : place, expected: "an object", found: value.kind)
    }
    self.place = place
    if let (name, _) = members.first(where: { !known.contains($0.name) }) {
      let near = known.first { Self.isNear($0, name) }
      throw InputError(
        .usage, "body", at: Self.joined(place, name),
        expected: near.map { "\"\($0)\"" } ?? "one of \(known.joined(separator: ", "))", found: "\"\(name.prefix(60))\""
      )
    }
    values = Dictionary(uniqueKeysWithValues: members.map { ($0.name, $0.value) })
  }

  private static func isNear(_ a: String, _ b: String) -> Bool {
    let (a, b) = (a.filter { $0 != "_" }.lowercased(), b.filter { $0 != "_" }.lowercased())
    return a == b || a + "s" == b || b + "s" == a
  }

  static func joined(_ place: String, _ name: String) -> String {
    place.isEmpty ? String(name.prefix(60)) : "\(place).\(name.prefix(60))"
  }

  /// A field; nil where it is not there or null.
  subscript(_ name: String) -> RequestValue? {
    guard let value = values[name] else { return nil }
    if case .null = value { return nil }
    return value
  }

  func has(_ name: String) -> Bool { self[name] != nil }

  /// The names of those fields of `names` that are there.
  func given(_ names: [String]) -> [String] { names.filter(has) }

  func fault(_ name: String, expected: String, found: String) -> InputError {
    InputError(.usage, "body", at: Self.joined(place, name), expected: expected, found: found)
  }

  /// A value that the document of the API allows, and that does not fit.
  func mismatch(_ name: String, expected: String, found: String) -> InputError {
    InputError(.mismatch, "body", at: Self.joined(place, name), expected: expected, found: found)
  }

  func text(_ name: String) throws -> String? {
    guard let value = self[name] else { return nil }
    guard case .text(let text) = value else { throw fault(name, expected: "text", found: value.kind) }
    return text
  }

  func boolean(_ name: String) throws -> Bool? {
    guard let value = self[name] else { return nil }
    guard case .boolean(let flag) = value else { throw fault(name, expected: "true or false", found: value.kind) }
    return flag
  }

  func integer(_ name: String, in range: ClosedRange<Int>) throws -> Int? {
    guard let value = self[name] else { return nil }
    let expected = "a whole number from \(range.lowerBound) to \(range.upperBound)"
    switch value {
    case .integer(let number):
      guard let number = Int(exactly: number), range.contains(number) else {
        throw fault(name, expected: expected, found: "\(number)")
      }
      return number
    case .number(let number):
      // JSON does not tell 1.0 from 1.
      guard let whole = Int(exactly: number), range.contains(whole) else {
        throw fault(name, expected: expected, found: "\(number)")
      }
      return whole
    default: throw fault(name, expected: expected, found: value.kind)
    }
  }

  func texts(_ name: String) throws -> [String]? {
    guard let value = self[name] else { return nil }
    guard let elements = value.elements else { throw fault(name, expected: "an array of texts", found: value.kind) }
    return try elements.enumerated().map { index, element in
      guard case .text(let text) = element else {
        throw fault("\(name)[\(index)]", expected: "text", found: element.kind)
      }
      return text
    }
  }

  func objects(_ name: String) throws -> [RequestValue]? {
    guard let value = self[name] else { return nil }
    guard let elements = value.elements else { throw fault(name, expected: "an array", found: value.kind) }
    return elements
  }

  /// Whole numbers in a range, such as tokens and states.
  func integers(_ name: String, in range: ClosedRange<Int>) throws -> [Int]? {
    guard let value = self[name] else { return nil }
    return try Self.integers(value, at: Self.joined(place, name), in: range)
  }

  static func integers(_ value: RequestValue, at place: String, in range: ClosedRange<Int>) throws -> [Int] {
    func number(_ index: Int, _ double: Double) throws -> Int {
      guard let number = Int(exactly: double), range.contains(number) else {
        throw InputError(
          .usage, "body", at: "\(place)[\(index)]",
          expected: "a whole number from \(range.lowerBound) to \(range.upperBound)", found: "\(double)")
      }
      return number
    }
    switch value {
    case .numbers(let numbers): return try numbers.enumerated().map { try number($0, $1) }
    case .array(let elements):
      guard let element = elements.first else { return [] }
      throw InputError(
        .usage, "body", at: "\(place)", expected: "an array of whole numbers",
        found: "one with \(elements.first { if case .integer = $0 { false } else { true } }?.kind ?? element.kind)")
    default: throw InputError(.usage, "body", at: place, expected: "an array of whole numbers", found: value.kind)
    }
  }
}
