import Vectors

/// Walks the rows of text with a character between fields: those in quotes may hold delimiters, line ends and doubled
/// quotes (RFC 4180). Lines end with LF, CRLF or CR; empty lines are passed by, and counted.
struct CSVScanner {
  private let bytes: UnsafeBufferPointer<UInt8>
  private let delimiter: UInt8
  private let source: String
  /// The names of the columns, for faults; none in the line that gives them.
  private let names: [String]
  private(set) var position: Int
  /// The line on which the next row starts, from 1.
  private(set) var line: Int

  init(
    _ bytes: UnsafeBufferPointer<UInt8>, delimiter: UInt8, source: String, names: [String] = [], position: Int = 0,
    line: Int = 1
  ) {
    self.bytes = bytes
    self.delimiter = delimiter
    self.source = source
    self.names = names
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
    while true {
      if position < bytes.count, bytes[position] == UInt8(ascii: "\"") {
        let (inside, isDoubled) = try quoted(field)
        if isDoubled {
          try Self.halved(inside).withUnsafeBufferPointer { try body(field, $0) }
        } else {
          try body(field, inside)
        }
      } else {
        let start = position
        while position < bytes.count {
          let byte = bytes[position]
          if byte == delimiter || byte == 0x0A || byte == 0x0D { break }
          position += 1
        }
        try body(field, UnsafeBufferPointer(rebasing: bytes[start..<position]))
      }
      field += 1
      guard position < bytes.count, bytes[position] == delimiter else { break }
      position += 1
    }
    endLine()
    skipEmptyLines()
    return field
  }

  private mutating func skipEmptyLines() {
    while position < bytes.count, bytes[position] == 0x0A || bytes[position] == 0x0D { endLine() }
  }

  /// Passes by the end of a line, where there is one.
  private mutating func endLine() {
    guard position < bytes.count else { return }
    let isReturn = bytes[position] == 0x0D && position + 1 < bytes.count && bytes[position + 1] == 0x0A
    position += isReturn ? 2 : 1
    line += 1
  }

  /// The field in quotes that starts here, and whether quotes in it are doubled; afterwards the position is at the
  /// delimiter, line end or end behind it.
  private mutating func quoted(_ field: Int) throws -> (UnsafeBufferPointer<UInt8>, isDoubled: Bool) {
    let opening = line
    position += 1
    let start = position
    var isDoubled = false
    while true {
      guard position < bytes.count else {
        throw fault(opening, field, "a closing quote", "the end of the file")
      }
      let byte = bytes[position]
      position += 1
      if byte == 0x0A || (byte == 0x0D && (position == bytes.count || bytes[position] != 0x0A)) { line += 1 }
      guard byte == UInt8(ascii: "\"") else { continue }
      guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { break }
      isDoubled = true
      position += 1
    }
    let inside = UnsafeBufferPointer(rebasing: bytes[start..<position - 1])
    guard position == bytes.count || [delimiter, 0x0A, 0x0D].contains(bytes[position]) else {
      throw fault(line, field, "a delimiter or the line's end after a closing quote", "more text")
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

  private func fault(_ line: Int, _ field: Int, _ expected: String, _ found: String) -> InputError {
    InputError(
      .malformed, source, at: CSVFile.place(line, field < names.count ? names[field] : nil), expected: expected,
      found: found)
  }
}
