package import Vectors

/// Pulls values out of a Python literal in order, strictly, and executes nothing: dictionaries, lists, tuples, texts,
/// numbers, `True`, `False` and `None`, as `repr` prints them and `ast.literal_eval` reads them.
///
/// The item files of the Amazon reviews of 2014 are such lines. Dictionaries have texts for keys. Texts may begin with
/// `u`; bytes, sets, complex numbers and texts side by side are refused.
package struct PythonScanner: ValueScanner {
  private let bytes: UnsafeRawBufferPointer
  private let source: String
  private let place: String?
  private var position = 0

  /// Deeper nesting is no data.
  private static let deepest = 64

  package init(bytes: UnsafeRawBufferPointer, source: String, place: String? = nil) {
    self.bytes = bytes
    self.source = source
    self.place = place
  }

  package mutating func peek() -> UInt8? {
    while position < bytes.count {
      let byte = bytes[position]
      guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return byte }
      position += 1
    }
    return nil
  }

  package mutating func members(_ value: (UnsafeRawBufferPointer, inout PythonScanner) throws -> Void) throws {
    try expect("{")
    var key: [UInt8] = []
    while peek() != UInt8(ascii: "}") {
      key.removeAll(keepingCapacity: true)
      try string(appendingTo: &key)
      try expect(":")
      try key.withUnsafeBytes { try value($0, &self) }
      guard peek() != UInt8(ascii: "}") else { break }
      try expect(",")
    }
    position += 1
  }

  package mutating func array(_ element: (Int, inout PythonScanner) throws -> Void) throws {
    let close: Unicode.Scalar
    switch peek() {
    case UInt8(ascii: "[")?: close = "]"
    case UInt8(ascii: "(")?: close = ")"
    default: throw unexpected("a list")
    }
    position += 1
    var index = 0
    while peek() != UInt8(ascii: close) {
      try element(index, &self)
      index += 1
      guard peek() != UInt8(ascii: close) else { break }
      try expect(",")
    }
    position += 1
  }

  package mutating func string(appendingTo target: inout [UInt8]) throws {
    if peek() == UInt8(ascii: "u") { position += 1 }
    guard position < bytes.count, bytes[position] == UInt8(ascii: "'") || bytes[position] == UInt8(ascii: "\"") else {
      throw unexpected("text in quotes")
    }
    let quote = bytes[position]
    position += 1
    while true {
      let start = position
      while position < bytes.count, bytes[position] != quote, bytes[position] != UInt8(ascii: "\\") { position += 1 }
      let run = UnsafeBufferPointer(rebasing: bytes.bindMemory(to: UInt8.self)[start..<position])
      guard isValidUTF8(run) else { throw fault(at: start, expected: "UTF-8 text", found: "other bytes") }
      target.append(contentsOf: run)
      guard position < bytes.count else { throw unexpected("the closing quote") }
      position += 1
      if bytes[position - 1] == quote { return }
      try escape(appendingTo: &target)
    }
  }

  /// What follows a backslash.
  private mutating func escape(appendingTo target: inout [UInt8]) throws {
    guard position < bytes.count else { throw unexpected("an escape") }
    let start = position - 1
    let character = bytes[position]
    position += 1
    switch character {
    case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""): target.append(character)
    case UInt8(ascii: "a"): target.append(0x07)
    case UInt8(ascii: "b"): target.append(0x08)
    case UInt8(ascii: "f"): target.append(0x0C)
    case UInt8(ascii: "n"): target.append(0x0A)
    case UInt8(ascii: "r"): target.append(0x0D)
    case UInt8(ascii: "t"): target.append(0x09)
    case UInt8(ascii: "v"): target.append(0x0B)
    case 0x30...0x37:
      position -= 1
      var value: UInt32 = 0
      for _ in 0..<3 where position < bytes.count && (0x30...0x37).contains(bytes[position]) {
        value = value << 3 | UInt32(bytes[position] - 0x30)
        position += 1
      }
      try append(value, start, to: &target)
    case UInt8(ascii: "x"): try append(try hexadecimal(2), start, to: &target)
    case UInt8(ascii: "u"):
      var value = try hexadecimal(4)
      // A narrow Python 2 prints characters beyond the first plane as two surrogates.
      if (0xD800..<0xDC00).contains(value), bytes[position...].starts(with: [0x5C, UInt8(ascii: "u")]) {
        position += 2
        let low = try hexadecimal(4)
        guard (0xDC00..<0xE000).contains(low) else {
          throw fault(at: start, expected: "a pair of surrogates", found: "a lone one")
        }
        value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
      }
      try append(value, start, to: &target)
    case UInt8(ascii: "U"): try append(try hexadecimal(8), start, to: &target)
    default: throw fault(at: start, expected: "an escape of Python", found: "another")
    }
  }

  private func append(_ value: UInt32, _ start: Int, to target: inout [UInt8]) throws {
    guard let encoded = Unicode.Scalar(value).flatMap(UTF8.encode) else {
      throw fault(at: start, expected: "the number of a character", found: "\(value)")
    }
    target.append(contentsOf: encoded)
  }

  private mutating func hexadecimal(_ digits: Int) throws -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<digits {
      guard position < bytes.count, let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue else {
        throw unexpected("a hexadecimal digit")
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }

  package mutating func literal() throws -> (kind: JSONScanner.Literal, text: UnsafeRawBufferPointer) {
    _ = peek()
    let start = position
    while position < bytes.count, Self.isScalar(bytes[position]) { position += 1 }
    let text = UnsafeRawBufferPointer(rebasing: bytes[start..<position])
    if text.elementsEqual("None".utf8) { return (.null, text) }
    if text.elementsEqual("True".utf8) || text.elementsEqual("False".utf8) { return (.boolean, text) }
    // Python 2 wrote long integers with an L.
    let digits = text.last == UInt8(ascii: "L") ? UnsafeRawBufferPointer(rebasing: text.dropLast()) : text
    let number = digits.withMemoryRebound(to: UInt8.self) { (CellText.integer($0), CellText.number($0)) }
    if number.0 != nil { return (.integer, digits) }
    guard number.1 != nil, digits.count == text.count else {
      position = start
      throw unexpected("a value")
    }
    return (.number, text)
  }

  private static func isScalar(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x2B
      || byte == 0x2D || byte == 0x2E
  }

  package mutating func skip() throws { try skip(0) }

  private mutating func skip(_ depth: Int) throws {
    guard depth < Self.deepest else { throw unexpected("at most \(Self.deepest) lists in one another") }
    switch peek() {
    case UInt8(ascii: "{")?: try members { try $1.skip(depth + 1) }
    case UInt8(ascii: "[")?, UInt8(ascii: "(")?: try array { try $1.skip(depth + 1) }
    case UInt8(ascii: "'")?, UInt8(ascii: "\"")?, UInt8(ascii: "u")?:
      var text: [UInt8] = []
      try string(appendingTo: &text)
    default: _ = try literal()
    }
  }

  package mutating func end() throws {
    if peek() != nil { throw unexpected("the end of the line") }
  }

  private mutating func expect(_ character: Unicode.Scalar) throws {
    guard peek() == UInt8(ascii: character) else { throw unexpected("'\(character)'") }
    position += 1
  }

  package func unexpected(_ expected: String) -> InputError {
    let rest = bytes[min(position, bytes.count)...].prefix(12).map {
      (0x20..<0x7F).contains($0) ? $0 : UInt8(ascii: ".")
    }
    let text = "\"" + String(decoding: rest, as: UTF8.self) + "\""
    return fault(at: position, expected: expected, found: rest.isEmpty ? "the end of the line" : text)
  }

  private func fault(at position: Int, expected: String, found: String) -> InputError {
    let at = "byte \(position)"
    return InputError(.malformed, source, at: place.map { "\($0), \(at)" } ?? at, expected: expected, found: found)
  }
}
