package import Vectors

/// Pulls values out of JSON text in order (RFC 8259), strictly, without building a tree: a list of ten million ids costs
/// its own bytes.
///
/// Written here because Foundation's decoder keeps the last of two equal keys, which hides overlapping tensors in a
/// hostile header, and gives no place in the text for errors.
package struct JSONScanner {
  private let bytes: UnsafeRawBufferPointer
  package let source: String
  private let place: String?
  package private(set) var position = 0

  package init(bytes: UnsafeRawBufferPointer, source: String, place: String? = nil) {
    self.bytes = bytes
    self.source = source
    self.place = place
  }

  /// The next byte that is not white space; nil at the end.
  package mutating func peek() -> UInt8? {
    while position < bytes.count {
      let byte = bytes[position]
      guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return byte }
      position += 1
    }
    return nil
  }

  /// `[…]`; `element` reads each value and gets its index.
  package mutating func array(_ element: (Int, inout JSONScanner) throws -> Void) throws {
    try expect("[")
    var index = 0
    if peek() == UInt8(ascii: "]") {
      position += 1
      return
    }
    while true {
      try element(index, &self)
      index += 1
      if peek() == UInt8(ascii: "]") {
        position += 1
        return
      }
      try expect(",", or: "]")
    }
  }

  /// `{"key": value, …}`; `value` reads each value and gets its key.
  package mutating func object(_ value: (String, inout JSONScanner) throws -> Void) throws {
    try expect("{")
    if peek() == UInt8(ascii: "}") {
      position += 1
      return
    }
    while true {
      let key = try string()
      try expect(":")
      try value(key, &self)
      if peek() == UInt8(ascii: "}") {
        position += 1
        return
      }
      try expect(",", or: "}")
    }
  }

  /// `{"key": value, …}`, without a `String` for each key; the key's bytes are valid inside the call.
  package mutating func members(_ value: (UnsafeRawBufferPointer, inout JSONScanner) throws -> Void) throws {
    try expect("{")
    if peek() == UInt8(ascii: "}") {
      position += 1
      return
    }
    while true {
      guard peek() == UInt8(ascii: "\"") else { throw unexpected("a string") }
      let start = position + 1
      let end = Self.endOfRun(bytes, from: start)
      if end < bytes.count, bytes[end] == UInt8(ascii: "\"") {
        let key = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
        position = end + 1
        try expect(":")
        try value(key, &self)
      } else {
        var key: [UInt8] = []
        try string(appendingTo: &key)
        try expect(":")
        try key.withUnsafeBytes { try value($0, &self) }
      }
      if peek() == UInt8(ascii: "}") {
        position += 1
        return
      }
      try expect(",", or: "}")
    }
  }

  package mutating func string() throws -> String {
    var text: [UInt8] = []
    try string(appendingTo: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// Reads a string and appends its UTF-8 to `target`.
  package mutating func string(appendingTo target: inout [UInt8]) throws {
    try string {
      target.append(contentsOf: $0)
    } escape: {
      try $0.escape(appendingTo: &target)
    }
  }

  /// Reads a string: `run` takes the pieces of it that stand as they are, and `escape` reads what stands between them.
  private mutating func string(
    _ run: (UnsafeBufferPointer<UInt8>) -> Void, escape: (inout JSONScanner) throws -> Void
  ) throws {
    guard peek() == UInt8(ascii: "\"") else { throw unexpected("a string") }
    position += 1
    while true {
      let start = position
      position = Self.endOfRun(bytes, from: start)
      let piece = UnsafeBufferPointer(rebasing: bytes.bindMemory(to: UInt8.self)[start..<position])
      guard isValidUTF8(piece) else { throw fault(at: start, expected: "UTF-8 text", found: "other bytes") }
      run(piece)
      guard position < bytes.count else { throw unexpected("the closing quote") }
      switch bytes[position] {
      case UInt8(ascii: "\""):
        position += 1
        return
      case UInt8(ascii: "\\"): try escape(&self)
      default: throw unexpected("a character, with control characters escaped")
      }
    }
  }

  /// The first quote, backslash or control character from `start` on, or the end: eight bytes at a time.
  private static func endOfRun(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
    let (low, high): (UInt64, UInt64) = (0x0101_0101_0101_0101, 0x8080_8080_8080_8080)
    var position = start
    while position + 8 <= bytes.count {
      let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
      let quote = word ^ (low &* 0x22)
      let backslash = word ^ (low &* 0x5C)
      // The lowest bit that is set is right; those above it may be carried over from there.
      let found =
        ((quote &- low) & ~quote | (backslash &- low) & ~backslash | (word &- low &* 0x20) & ~word) & high
      if found != 0 { return position + found.trailingZeroBitCount / 8 }
      position += 8
    }
    while position < bytes.count, !endsRun(bytes[position]) { position += 1 }
    return position
  }

  private static func endsRun(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20
  }

  private mutating func escape(appendingTo target: inout [UInt8]) throws {
    let start = position
    guard position + 1 < bytes.count else { throw unexpected("an escape") }
    position += 2
    switch bytes[position - 1] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): target.append(bytes[position - 1])
    case UInt8(ascii: "b"): target.append(0x08)
    case UInt8(ascii: "f"): target.append(0x0C)
    case UInt8(ascii: "n"): target.append(0x0A)
    case UInt8(ascii: "r"): target.append(0x0D)
    case UInt8(ascii: "t"): target.append(0x09)
    case UInt8(ascii: "u"):
      var value = try unit()
      if (0xD800..<0xDC00).contains(value), bytes[position...].starts(with: [0x5C, UInt8(ascii: "u")]) {
        position += 2
        let low = try unit()
        guard (0xDC00..<0xE000).contains(low) else {
          throw fault(at: start, expected: "a pair of surrogates", found: "a lone one")
        }
        value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let encoded = Unicode.Scalar(value).flatMap(UTF8.encode) else {
        throw fault(at: start, expected: "a pair of surrogates", found: "a lone one")
      }
      target.append(contentsOf: encoded)
    default: throw fault(at: start, expected: "an escape of JSON", found: "another")
    }
  }

  /// Four hexadecimal digits.
  private mutating func unit() throws -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard position < bytes.count, let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue else {
        throw unexpected("a hexadecimal digit")
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }

  /// The characters of a whole number: `-12`, in any size.
  package mutating func wholeNumber() throws -> UnsafeRawBufferPointer {
    _ = peek()
    let start = position
    if position < bytes.count, bytes[position] == UInt8(ascii: "-") { position += 1 }
    let digits = position
    while position < bytes.count, (0x30...0x39).contains(bytes[position]) { position += 1 }
    let canonical = position == digits + 1 || (position > digits && bytes[digits] != UInt8(ascii: "0"))
    let negativeZero = digits > start && position == digits + 1 && bytes[digits] == UInt8(ascii: "0")
    let fraction = position < bytes.count && [UInt8(ascii: "."), UInt8(ascii: "e"), 0x45].contains(bytes[position])
    guard canonical, !negativeZero, !fraction else {
      position = start
      throw unexpected("a whole number")
    }
    return UnsafeRawBufferPointer(rebasing: bytes[start..<position])
  }

  /// What stands where neither text nor a list nor an object does.
  package enum Literal { case null, boolean, integer, number }

  /// `null`, `true`, `false` or a number (RFC 8259), and its characters.
  package mutating func literal() throws -> (kind: Literal, text: UnsafeRawBufferPointer) {
    _ = peek()
    let start = position
    while position < bytes.count, Self.isScalar(bytes[position]) { position += 1 }
    let text = UnsafeRawBufferPointer(rebasing: bytes[start..<position])
    if text.elementsEqual("null".utf8) { return (.null, text) }
    if text.elementsEqual("true".utf8) || text.elementsEqual("false".utf8) { return (.boolean, text) }
    guard let isWhole = Self.isWholeNumber(text) else {
      position = start
      throw unexpected("a value")
    }
    return (isWhole ? .integer : .number, text)
  }

  /// Whether a number is written without a point and an exponent; nil for text that is no number.
  private static func isWholeNumber(_ text: UnsafeRawBufferPointer) -> Bool? {
    var place = text.first == UInt8(ascii: "-") ? 1 : 0
    func digits() -> Int {
      let start = place
      while place < text.count, (0x30...0x39).contains(text[place]) { place += 1 }
      return place - start
    }
    let first = place
    let whole = digits()
    guard whole == 1 || (whole > 1 && text[first] != UInt8(ascii: "0")) else { return nil }
    if place == text.count { return true }
    if text[place] == UInt8(ascii: ".") {
      place += 1
      guard digits() > 0 else { return nil }
    }
    if place < text.count, text[place] == UInt8(ascii: "e") || text[place] == UInt8(ascii: "E") {
      place += 1
      if place < text.count, text[place] == 0x2B || text[place] == 0x2D { place += 1 }
      guard digits() > 0 else { return nil }
    }
    return place == text.count ? false : nil
  }

  /// A whole number of at least 0 that fits.
  package mutating func count() throws -> Int {
    let start = position
    let digits = String(decoding: try wholeNumber(), as: UTF8.self)
    guard let value = Int(digits), value >= 0 else {
      throw fault(at: start, expected: "a whole number from 0 to 2⁶³ − 1", found: "\"\(digits.prefix(30))\"")
    }
    return value
  }

  /// Passes over one value of any kind, building nothing, however deep it is nested. Brackets must pair and strings must
  /// be strings; the order of what stands inside is not checked.
  package mutating func skip() throws {
    var open: [UInt8] = []
    var text: [UInt8] = []
    repeat {
      switch peek() {
      case UInt8(ascii: "\"")?:
        text.removeAll(keepingCapacity: true)
        try string { _ in
        } escape: {
          try $0.escape(appendingTo: &text)
        }
      case UInt8(ascii: "{")?, UInt8(ascii: "[")?:
        open.append(bytes[position])
        position += 1
      case UInt8(ascii: "}")? where open.last == UInt8(ascii: "{"),
        UInt8(ascii: "]")? where open.last == UInt8(ascii: "["):
        open.removeLast()
        position += 1
      case UInt8(ascii: ",")? where !open.isEmpty, UInt8(ascii: ":")? where open.last == UInt8(ascii: "{"):
        position += 1
      default:
        let start = position
        while position < bytes.count, Self.isScalar(bytes[position]) { position += 1 }
        guard position > start else { throw unexpected("a value") }
      }
    } while !open.isEmpty
  }

  /// The characters of numbers, `true`, `false` and `null`.
  private static func isScalar(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x2B || byte == 0x2D || byte == 0x2E
      || byte == 0x45
  }

  /// Only white space may be left.
  package mutating func end() throws {
    if peek() != nil { throw unexpected("the end of the text") }
  }

  private mutating func expect(_ character: Unicode.Scalar, or other: Unicode.Scalar? = nil) throws {
    guard peek() == UInt8(ascii: character) else {
      throw unexpected("'\(character)'" + (other.map { " or '\($0)'" } ?? ""))
    }
    position += 1
  }

  package func unexpected(_ expected: String) -> InputError {
    let rest = bytes[min(position, bytes.count)...].prefix(12).map {
      (0x20..<0x7F).contains($0) ? $0 : UInt8(ascii: ".")
    }
    let text = "\"" + String(decoding: rest, as: UTF8.self) + "\""
    return fault(at: position, expected: expected, found: rest.isEmpty ? "the end of the text" : text)
  }

  package func fault(at position: Int, expected: String, found: String) -> InputError {
    let at = "byte \(position)"
    return InputError(.malformed, source, at: place.map { "\($0), \(at)" } ?? at, expected: expected, found: found)
  }
}
