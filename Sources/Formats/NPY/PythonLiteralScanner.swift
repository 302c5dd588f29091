import Vectors

/// Reads the few Python literals that `.npy` headers are made of: a dictionary of strings, booleans and tuples of
/// integers. Executes nothing.
struct PythonLiteralScanner {
  private let bytes: UnsafeRawBufferPointer
  private let source: String
  private let place: String?
  private var position = 0
  private var end = 0

  init(bytes: UnsafeRawBufferPointer, source: String, place: String?) {
    self.bytes = bytes
    self.source = source
    self.place = place
  }

  /// Sets the range of bytes that the literal takes.
  mutating func enter(_ range: Range<Int>) {
    position = range.lowerBound
    end = range.upperBound
  }

  /// The next byte that is not white space.
  mutating func peek() -> UInt8? {
    while position < end, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
    return position < end ? bytes[position] : nil
  }

  /// `{'key': value, …}` to the end of the range; `value` reads each value.
  mutating func dictionary(_ value: (String, inout PythonLiteralScanner) throws -> Void) throws {
    try expect("{")
    while peek() != UInt8(ascii: "}") {
      let key = try string()
      try expect(":")
      try value(key, &self)
      if peek() != UInt8(ascii: "}") { try expect(",") }
    }
    try expect("}")
    if peek() != nil { throw unexpected("the end of the header") }
  }

  mutating func string() throws -> String {
    guard let quote = peek(), quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
      throw unexpected("a string in quotes")
    }
    position += 1
    let start = position
    while position < end, bytes[position] != quote {
      guard (0x20..<0x7F).contains(bytes[position]), bytes[position] != UInt8(ascii: "\\") else {
        throw unexpected("a plain character")
      }
      position += 1
    }
    guard position < end else { throw unexpected("the closing quote") }
    defer { position += 1 }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  mutating func boolean() throws -> Bool {
    _ = peek()
    for (literal, value) in [("True", true), ("False", false)]
    where bytes[position..<end].starts(with: literal.utf8) {
      position += literal.utf8.count
      return value
    }
    throw unexpected("True or False")
  }

  /// `()`, `(3,)`, `(3, 4)`: whole numbers of at least 0.
  mutating func tuple() throws -> [Int] {
    try expect("(")
    var numbers: [Int] = []
    var commas = 0
    while peek() != UInt8(ascii: ")") {
      numbers.append(try length())
      if peek() != UInt8(ascii: ")") {
        try expect(",")
        commas += 1
      }
    }
    // (3) is a number in Python, not a tuple.
    if numbers.count == 1 && commas == 0 { throw unexpected("a comma after the only number") }
    try expect(")")
    return numbers
  }

  private mutating func length() throws -> Int {
    _ = peek()
    let digits = bytes[position..<end].prefix { (0x30...0x39).contains($0) }
    guard !digits.isEmpty else { throw unexpected("a length of at least 0") }
    guard let value = Int(String(decoding: digits, as: UTF8.self)) else {
      throw fault(
        expected: "a length below 2⁶³", found: String(decoding: digits.prefix(40), as: UTF8.self),
        remedy: "the header is damaged")
    }
    position += digits.count
    // Python 2 wrote long integers with an L.
    if position < end, bytes[position] == UInt8(ascii: "L") { position += 1 }
    return value
  }

  private mutating func expect(_ character: Unicode.Scalar) throws {
    guard peek() == UInt8(ascii: character) else { throw unexpected("'\(character)'") }
    position += 1
  }

  private func unexpected(_ expected: String) -> InputError {
    let rest = bytes[position..<end].prefix(12).map { (0x20..<0x7F).contains($0) ? $0 : UInt8(ascii: ".") }
    let text = "\"" + String(decoding: rest, as: UTF8.self) + "\""
    return fault(expected: expected, found: rest.isEmpty ? "the end of the header" : text)
  }

  func fault(
    _ kind: InputError.Kind = .malformed, expected: String, found: String, remedy: String? = nil
  ) -> InputError {
    let at = "header, byte \(position)"
    return InputError(
      kind, source, at: place.map { "\($0), \(at)" } ?? at, expected: expected, found: found, remedy: remedy)
  }
}
