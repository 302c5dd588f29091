import Vectors

/// Walks the rows of comma- or tab-separated text: fields in quotes may hold delimiters, line ends and doubled quotes
/// (RFC 4180). Lines end with LF or CRLF; empty lines are passed by.
struct CSVScanner {
  private let bytes: UnsafeBufferPointer<UInt8>
  private let delimiter: UInt8
  private let source: String
  private(set) var position: Int
  /// The line on which the next row starts, from 1.
  private(set) var line: Int

  init(_ bytes: UnsafeBufferPointer<UInt8>, delimiter: UInt8, source: String, position: Int = 0, line: Int = 1) {
    self.bytes = bytes
    self.delimiter = delimiter
    self.source = source
    self.position = position
    self.line = line
    skipEmptyLines()
  }

  /// Calls `body` with each field of the next row and its number.
  ///
  /// - Returns: how many fields there were; nil at the end of the text.
  mutating func row(_ body: (Int, UnsafeBufferPointer<UInt8>) throws -> Void) throws -> Int? {
    guard position < bytes.count else { return nil }
    var field = 0
    var ends = 0
    while true {
      if position < bytes.count, bytes[position] == UInt8(ascii: "\"") {
        let (inside, isDoubled) = try quoted(&ends)
        if isDoubled {
          try Self.halved(inside).withUnsafeBufferPointer { try body(field, $0) }
        } else {
          try body(field, inside)
        }
      } else {
        let start = position
        while position < bytes.count, bytes[position] != delimiter, bytes[position] != 0x0A { position += 1 }
        var end = position
        if end > start, bytes[end - 1] == 0x0D, end == bytes.count || bytes[end] == 0x0A { end -= 1 }
        try body(field, UnsafeBufferPointer(rebasing: bytes[start..<end]))
      }
      field += 1
      guard position < bytes.count, bytes[position] == delimiter else { break }
      position += 1
    }
    if position < bytes.count { position += 1 }
    line += ends + 1
    skipEmptyLines()
    return field
  }

  private mutating func skipEmptyLines() {
    while position < bytes.count {
      let isReturn = bytes[position] == 0x0D && position + 1 < bytes.count && bytes[position + 1] == 0x0A
      guard bytes[position] == 0x0A || isReturn else { return }
      position += isReturn ? 2 : 1
      line += 1
    }
  }

  /// The field in quotes that starts here, and whether quotes in it are doubled; afterwards the position is at the
  /// delimiter, line end or end behind it.
  private mutating func quoted(_ ends: inout Int) throws -> (UnsafeBufferPointer<UInt8>, isDoubled: Bool) {
    position += 1
    let start = position
    var isDoubled = false
    while true {
      guard position < bytes.count else { throw fault("a closing quote", "the end of the file") }
      let byte = bytes[position]
      position += 1
      if byte == 0x0A { ends += 1 }
      guard byte == UInt8(ascii: "\"") else { continue }
      guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { break }
      isDoubled = true
      position += 1
    }
    let inside = UnsafeBufferPointer(rebasing: bytes[start..<position - 1])
    if position + 1 < bytes.count, bytes[position] == 0x0D, bytes[position + 1] == 0x0A { position += 1 }
    guard position == bytes.count || bytes[position] == delimiter || bytes[position] == 0x0A else {
      throw fault("a delimiter or the line's end after a closing quote", "more text")
    }
    return (inside, isDoubled)
  }

  /// Each pair of quotes as one.
  private static func halved(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    var out: [UInt8] = []
    var wasQuote = false
    for byte in text {
      wasQuote = byte == UInt8(ascii: "\"") && !wasQuote
      if !wasQuote { out.append(byte) }
    }
    return out
  }

  private func fault(_ expected: String, _ found: String) -> InputError {
    InputError(.malformed, source, at: "line \(line)", expected: expected, found: found)
  }
}
