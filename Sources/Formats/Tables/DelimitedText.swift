import Vectors

/// A table of fields with a character between them (RFC 4180): `.csv` and `.tsv`, the first line the columns' names.
///
/// Fields may stand in double quotes, a quote inside is doubled, and line ends inside quotes are part of the field. An
/// empty field is no value.
struct DelimitedText: Sendable {
  let source: String
  let names: [String]
  /// The line (from 1) on which each row begins.
  let lines: [UInt32]
  private let bytes: Buffer<UInt8>
  private let separator: UInt8

  /// Reads the names of the columns, and finds the rows.
  ///
  /// - Throws: `InputError` with the line: without names, of a row with more or fewer fields, of a quote that is not
  ///   closed, or of bytes that are not UTF-8.
  init(_ bytes: Buffer<UInt8>, separator: UInt8, source: String) throws {
    self.source = source
    self.bytes = bytes
    self.separator = separator
    var names: [String] = []
    var lines: [UInt32] = []
    try bytes.withUnsafeBufferPointer { bytes in
      var scanner = Scanner(bytes, separator, source)
      var field: [UInt8] = []
      while let line = try scanner.startRow() {
        let isHeader = names.isEmpty
        var count = 0
        repeat {
          field.removeAll(keepingCapacity: true)
          try scanner.field(into: &field)
          if isHeader { names.append(String(decoding: field, as: UTF8.self)) }
          count += 1
        } while scanner.nextField()
        guard isHeader || count == names.count else {
          throw scanner.fault(line, "\(names.count) fields, as the first line has", "\(count)")
        }
        if !isHeader { lines.append(UInt32(truncatingIfNeeded: line)) }
      }
    }
    guard names.contains(where: { !$0.isEmpty }) else {
      throw InputError(.malformed, source, expected: "a first line with the columns' names", found: "none")
    }
    if let name = names.first(where: { name in !name.isEmpty && names.count { $0 == name } > 1 }) {
      throw InputError(.malformed, source, at: "line 1", expected: "columns that differ", found: "\"\(name)\" twice")
    }
    self.names = names
    self.lines = lines
  }

  /// The fields of some columns. O(bytes).
  func columns(_ wanted: [Int]) throws -> [RawColumn] {
    var columns = [RawColumn](repeating: RawColumn(), count: wanted.count)
    var places = [Int?](repeating: nil, count: names.count)
    for (place, column) in wanted.enumerated() { places[column] = place }
    try bytes.withUnsafeBufferPointer { bytes in
      var scanner = Scanner(bytes, separator, source)
      var field: [UInt8] = []
      var row = -1
      while try scanner.startRow() != nil {
        var column = 0
        repeat {
          field.removeAll(keepingCapacity: true)
          try scanner.field(into: &field)
          if row >= 0, let place = places[column] {
            columns[place].texts.bytes.append(contentsOf: field)
            columns[place].endRow(field.isEmpty ? .missing : .text)
          }
          column += 1
        } while scanner.nextField()
        row += 1
      }
    }
    return columns
  }

  private struct Scanner {
    private let bytes: UnsafeBufferPointer<UInt8>
    private let separator: UInt8
    private let source: String
    private var place: Int
    private var line = 1

    init(_ bytes: UnsafeBufferPointer<UInt8>, _ separator: UInt8, _ source: String) {
      self.bytes = bytes
      self.separator = separator
      self.source = source
      place = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    }

    /// The line on which the next row begins; nil at the end. Empty lines are passed over.
    mutating func startRow() throws -> Int? {
      while place < bytes.count, bytes[place] == 0x0A || bytes[place] == 0x0D { endLine() }
      return place < bytes.count ? line : nil
    }

    /// Reads a field up to the separator, the line's end or the end of the file.
    mutating func field(into text: inout [UInt8]) throws {
      let start = line
      if place < bytes.count, bytes[place] == UInt8(ascii: "\"") {
        place += 1
        while true {
          let from = place
          while place < bytes.count, bytes[place] != UInt8(ascii: "\"") {
            if bytes[place] == 0x0A { line += 1 }
            place += 1
          }
          text.append(contentsOf: bytes[from..<place])
          guard place < bytes.count else { throw fault(start, "a quote that ends the field", "none") }
          place += 1
          guard place < bytes.count, bytes[place] == UInt8(ascii: "\"") else { break }
          text.append(UInt8(ascii: "\""))
          place += 1
        }
        guard place == bytes.count || bytes[place] == separator || bytes[place] == 0x0A || bytes[place] == 0x0D else {
          throw fault(line, "the end of a field behind its closing quote", "more text")
        }
      } else {
        let from = place
        while place < bytes.count, bytes[place] != separator, bytes[place] != 0x0A, bytes[place] != 0x0D { place += 1 }
        text.append(contentsOf: bytes[from..<place])
      }
      let isText = text.withUnsafeBufferPointer { isValidUTF8($0) }
      guard isText else { throw fault(start, "UTF-8 text", "bytes that are not UTF-8") }
    }

    /// Whether the row goes on; passes over the separator, or the end of the line.
    mutating func nextField() -> Bool {
      guard place < bytes.count else { return false }
      if bytes[place] == separator {
        place += 1
        return true
      }
      endLine()
      return false
    }

    private mutating func endLine() {
      if bytes[place] == 0x0D {
        place += 1
        if place < bytes.count, bytes[place] == 0x0A { place += 1 }
      } else {
        place += 1
      }
      line += 1
    }

    func fault(_ line: Int, _ expected: String, _ found: String) -> InputError {
      InputError(.malformed, source, at: "line \(line)", expected: expected, found: found)
    }
  }
}
