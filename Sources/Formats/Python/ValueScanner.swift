package import Vectors

/// Pulls values out of a line of text in order: of JSON, or of a Python literal.
package protocol ValueScanner {
  init(bytes: UnsafeRawBufferPointer, source: String, place: String?)

  /// The next byte that is not white space; nil at the end.
  mutating func peek() -> UInt8?
  /// A dictionary: `value` reads each value and gets its key, whose bytes are valid inside the call.
  mutating func members(_ value: (UnsafeRawBufferPointer, inout Self) throws -> Void) throws
  /// A list: `element` reads each value and gets its index.
  mutating func array(_ element: (Int, inout Self) throws -> Void) throws
  /// Reads text and appends its UTF-8 to `target`.
  mutating func string(appendingTo target: inout [UInt8]) throws
  /// What is neither text nor a list nor a dictionary, and its characters.
  mutating func literal() throws -> (kind: JSONScanner.Literal, text: UnsafeRawBufferPointer)
  /// Passes over one value of any kind.
  mutating func skip() throws
  /// Only white space may be left.
  mutating func end() throws
  func unexpected(_ expected: String) -> InputError
}

extension JSONScanner: ValueScanner {}

extension ValueScanner {
  /// Whether text comes next.
  package mutating func isAtText() -> Bool {
    let next = peek()
    return next == UInt8(ascii: "\"") || next == UInt8(ascii: "'")
  }

  /// Reads text or a number and appends its UTF-8 to `target`.
  ///
  /// - Returns: false for nothing: `null`, `None`.
  package mutating func text(appendingTo target: inout [UInt8]) throws -> Bool {
    let next = peek()
    // A Python 2 text may begin with u.
    if isAtText() || next == UInt8(ascii: "u") {
      try string(appendingTo: &target)
      return true
    }
    guard next != UInt8(ascii: "["), next != UInt8(ascii: "{"), next != UInt8(ascii: "(") else {
      throw unexpected("text or a number")
    }
    let (kind, text) = try literal()
    if kind == .null { return false }
    target.append(contentsOf: text)
    return true
  }

  /// Reads a number: one that is written as such, or as text.
  ///
  /// - Returns: nil for nothing, and for text that is no finite number.
  package mutating func number() throws -> Double? {
    if isAtText() {
      var text: [UInt8] = []
      try string(appendingTo: &text)
      return text.withUnsafeBufferPointer(CellText.number)
    }
    let (kind, text) = try literal()
    switch kind {
    case .null: return nil
    case .boolean: throw unexpected("a number; this is what comes behind a boolean")
    case .integer, .number: return text.withMemoryRebound(to: UInt8.self) { CellText.number($0) }
    }
  }
}
