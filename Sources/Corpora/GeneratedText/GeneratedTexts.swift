import Formats
import Vectors

/// Reads texts that a language model generated, from lines, JSON lines or a JSON array.
///
/// Linear in the number of bytes.
package struct GeneratedTexts {
  package enum Form: String, Hashable, Sendable, Codable {
    /// One text per line.
    case lines
    /// One object per line; one of its members has the text, or a list of texts.
    case jsonLines
    /// A list of such objects, or of texts, or of lists of texts.
    case jsonArray
  }

  /// How the input was read.
  package let form: Form
  /// The keys of the first line, where it is an object and was read as text because the user named no member.
  package let membersOfFirstLine: [String]

  private let bytes: UnsafeRawBufferPointer
  private let field: String?
  private let source: String

  /// Finds out which form an input has. With `field` it is JSON: an array where its first character is `[`, otherwise
  /// one object per line. Without `field` it is one text per line, unless all of it is one JSON array.
  ///
  /// - Parameters:
  ///   - bytes: the input, which must outlive this value.
  ///   - field: the member that has the text or texts.
  ///   - source: names the input in errors.
  /// - Throws: `InputError` for an array of objects where no member is named, with the members that there are.
  package init(_ bytes: UnsafeRawBufferPointer, field: String? = nil, source: String) throws {
    self.bytes = bytes
    self.field = field
    self.source = source
    var scanner = JSONScanner(bytes: bytes, source: source)
    let first = scanner.peek()
    guard field == nil else {
      form = first == UInt8(ascii: "[") ? .jsonArray : .jsonLines
      membersOfFirstLine = []
      return
    }
    let isArray = first == UInt8(ascii: "[") && Self.isOneArray(scanner)
    form = isArray ? .jsonArray : .lines
    membersOfFirstLine = isArray ? [] : Self.membersOfFirstLine(bytes)
    guard isArray else { return }
    try scanner.array { number, scanner in
      if scanner.peek() == UInt8(ascii: "{") {
        throw InputError(
          .usage, source, at: "result \(number + 1)", expected: "texts, or the member that has them",
          found: "an object with the members \(Self.members(&scanner).joined(separator: ", "))",
          remedy: "name the member with --field")
      }
      try scanner.skip()
    }
  }

  /// Calls `body` with every text, and the number, from 1, of its line or of its element in the array.
  ///
  /// - Throws: `InputError` naming the line or the element that is not of the form.
  package func forEach(_ body: (_ number: Int, _ text: String) throws -> Void) throws {
    switch form {
    case .lines: try Self.lines(bytes, body)
    case .jsonLines:
      try Self.lines(bytes) { number, line in
        var line = line
        try line.withUTF8 { line in
          let place = "line \(number)"
          var scanner = JSONScanner(bytes: UnsafeRawBufferPointer(line), source: source, place: place)
          guard scanner.peek() != nil else { return }
          try texts(&scanner, place) { try body(number, $0) }
          try scanner.end()
        }
      }
    case .jsonArray:
      var scanner = JSONScanner(bytes: bytes, source: source)
      try scanner.array { number, scanner in
        try texts(&scanner, "result \(number + 1)") { try body(number + 1, $0) }
      }
      try scanner.end()
    }
  }

  /// Calls `body` with every line of a text, without its end, and its number from 1.
  package static func lines(_ bytes: UnsafeRawBufferPointer, _ body: (Int, String) throws -> Void) rethrows {
    var number = 0
    var start = 0
    while start < bytes.count {
      number += 1
      let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
      let hasReturn = end > start && bytes[end - 1] == UInt8(ascii: "\r")
      let line = UnsafeRawBufferPointer(rebasing: bytes[start..<(hasReturn ? end - 1 : end)])
      try body(number, String(decoding: line, as: UTF8.self))
      start = end + 1
    }
  }

  /// The texts of one result: its own, or those of its member.
  private func texts(_ scanner: inout JSONScanner, _ place: String, _ body: (String) throws -> Void) throws {
    guard let field else { return try Self.strings(&scanner, body) }
    guard scanner.peek() == UInt8(ascii: "{") else {
      throw fault(place, found: "no object")
    }
    var wasFound = false
    var members: [String] = []
    try scanner.object { key, scanner in
      guard key == field else {
        members.append(key)
        return try scanner.skip()
      }
      guard !wasFound else { throw fault(place, found: "it twice") }
      wasFound = true
      let first = scanner.peek()
      guard first == UInt8(ascii: "\"") || first == UInt8(ascii: "[") else {
        throw fault(place, found: "another value")
      }
      try Self.strings(&scanner, body)
    }
    guard wasFound else {
      throw fault(place, found: members.isEmpty ? "no members" : "the members \(members.joined(separator: ", "))")
    }
  }

  private func fault(_ place: String, found: String) -> InputError {
    InputError(
      .malformed, source, at: place, expected: "an object with a string, or a list of strings, \"\(field ?? "")\"",
      found: found)
  }

  /// A string, or a list of strings.
  private static func strings(_ scanner: inout JSONScanner, _ body: (String) throws -> Void) throws {
    guard scanner.peek() == UInt8(ascii: "[") else { return try body(scanner.string()) }
    try scanner.array { _, scanner in try body(scanner.string()) }
  }

  private static func isOneArray(_ scanner: JSONScanner) -> Bool {
    var scanner = scanner
    do {
      try scanner.array { _, scanner in
        switch scanner.peek() {
        case UInt8(ascii: "{"): try scanner.skip()
        default: try strings(&scanner) { _ in }
        }
      }
      try scanner.end()
      return true
    } catch {
      return false
    }
  }

  private static func members(_ scanner: inout JSONScanner) -> [String] {
    var members: [String] = []
    try? scanner.object { key, scanner in
      members.append(key)
      try scanner.skip()
    }
    return members
  }

  private static func membersOfFirstLine(_ bytes: UnsafeRawBufferPointer) -> [String] {
    let end = bytes.firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
    var scanner = JSONScanner(bytes: UnsafeRawBufferPointer(rebasing: bytes[..<end]), source: "")
    guard scanner.peek() == UInt8(ascii: "{") else { return [] }
    let members = members(&scanner)
    return (try? scanner.end()) == nil ? [] : members
  }
}
