package import Vectors

/// A `.csv` or `.tsv` file, also as `.gz`: a line of names, then a row per line, in UTF-8.
///
/// Nothing is kept but the bytes: each call walks the file once.
package struct CSVFile: Sendable {
  package let source: String
  /// The names of the columns. They differ, but for columns without a name.
  package let names: [String]
  /// The fields of the first row; empty where there is none.
  package let firstRow: [String]

  private let bytes: Buffer<UInt8>
  private let delimiter: UInt8
  /// The line that names the columns.
  private let nameLine: Int
  /// Where the first row starts.
  private let start: (position: Int, line: Int)

  /// The ends of such files' names.
  static let extensions = ["csv", "tsv", "csv.gz", "tsv.gz"]

  static func isNamed(_ path: String) -> Bool {
    let path = path.lowercased()
    return extensions.contains { path.hasSuffix("." + $0) }
  }

  /// - Throws: `InputError` where the first line is not names that differ.
  package init(path: String) throws {
    let name = path.lowercased()
    let isTabbed = name.hasSuffix(".tsv") || name.hasSuffix(".tsv.gz")
    try self.init(
      bytes: Gzip.contents(of: path), source: path, delimiter: UInt8(ascii: isTabbed ? "\t" : ","))
  }

  /// Reads the bytes of a whole file.
  package init(bytes: Buffer<UInt8>, source: String, delimiter: UInt8 = UInt8(ascii: ",")) throws {
    self.bytes = bytes
    self.source = source
    self.delimiter = delimiter
    var names: [String] = []
    var firstRow: [String] = []
    (nameLine, start) = try bytes.withUnsafeBufferPointer { bytes in
      let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
      var scanner = CSVScanner(
        bytes, delimiter: delimiter, source: source, position: bytes.starts(with: mark) ? mark.count : 0)
      let nameLine = scanner.line
      _ = try scanner.row { _, field in
        guard let name = String(validating: field, as: UTF8.self) else {
          throw Self.notText(source, Self.place(nameLine))
        }
        names.append(name)
      }
      let start = (scanner.position, scanner.line)
      var row = CSVScanner(
        bytes, delimiter: delimiter, source: source, names: names, position: scanner.position, line: scanner.line)
      _ = try row.row { _, field in firstRow.append(String(decoding: field, as: UTF8.self)) }
      return (nameLine, start)
    }
    self.names = names
    self.firstRow = firstRow
    try checkNames()
  }

  private func checkNames() throws {
    guard names.contains(where: { !$0.isEmpty }) else {
      throw InputError(
        .malformed, source, expected: "a first line with the columns' names",
        found: names.isEmpty ? "an empty file" : "none")
    }
    var seen: Set<String> = []
    for name in names where !name.isEmpty && !seen.insert(name).inserted {
      throw InputError(
        .malformed, source, at: Self.place(nameLine), expected: "names of columns that differ",
        found: "\"\(name)\" twice",
        remedy: names.allSatisfy({ Double($0) != nil }) ? "write a line of names before the rows" : nil)
    }
    // Names that are numbers but do not count the columns are a row of a file without names.
    let numbers = names.compactMap { Double($0) }
    guard numbers.count < names.count || Set(numbers) == Set(names.indices.map(Double.init)) else {
      throw InputError(
        .malformed, source, at: Self.place(nameLine), expected: "names of columns", found: "numbers",
        remedy: "write a line of names before the rows")
    }
    guard firstRow.isEmpty || firstRow.count == names.count else {
      throw fieldCount(firstRow.count, line: start.line)
    }
  }

  /// The number of a column.
  package func column(_ name: String) throws -> Int {
    guard let index = names.firstIndex(of: name) else {
      throw InputError(
        .missing, source, at: "column \"\(name)\"", found: "no such column",
        remedy: "it has \(names.prefix(20).joined(separator: ", "))")
    }
    return index
  }

  /// Walks all rows, and calls `body` with each wanted field: the row (from 0), its place in `columns`, the field, and the
  /// line it is on.
  ///
  /// - Returns: the number of rows.
  @discardableResult
  func scan(
    _ columns: [Int],
    _ body: (_ row: Int, _ place: Int, _ field: UnsafeBufferPointer<UInt8>, _ line: Int) throws -> Void
  ) throws -> Int {
    var places = [Int](repeating: -1, count: names.count)
    for (place, column) in columns.enumerated() { places[column] = place }
    return try bytes.withUnsafeBufferPointer { bytes in
      var scanner = CSVScanner(
        bytes, delimiter: delimiter, source: source, names: names, position: start.position, line: start.line)
      var row = 0
      while true {
        let line = scanner.line
        let count = try scanner.row { field, text in
          if field < places.count, places[field] >= 0 { try body(row, places[field], text, line) }
        }
        guard let count else { return row }
        guard count == names.count else { throw fieldCount(count, line: line) }
        row += 1
      }
    }
  }

  /// The line on which each row begins.
  ///
  /// - Throws: `InputError` with the line and column of bytes that are not UTF-8, in any column.
  func rowLines() throws -> [UInt32] {
    var lines: [UInt32] = []
    try scan(Array(names.indices)) { _, column, field, line in
      guard isValidUTF8(field) else { throw Self.notText(source, Self.place(line, names[column])) }
      if column == 0 { lines.append(UInt32(truncatingIfNeeded: line)) }
    }
    return lines
  }

  /// A column as text.
  package func strings(_ name: String) throws -> StringColumn {
    var builder = StringColumnBuilder()
    try scan([column(name)]) { _, _, field, line in
      guard isValidUTF8(field) else { throw Self.notText(source, Self.place(line, name)) }
      builder.bytes.append(contentsOf: field)
      builder.endRow()
    }
    return builder.column()
  }

  private func fieldCount(_ count: Int, line: Int) -> InputError {
    InputError(
      .malformed, source, at: Self.place(line), expected: "\(names.count) fields, as line \(nameLine) has names",
      found: "\(count)")
  }

  static func notText(_ source: String, _ place: String) -> InputError {
    InputError(.malformed, source, at: place, expected: "UTF-8 text", found: "bytes that are not UTF-8")
  }

  /// Where something stands, for errors: `line 3, column "title"`.
  static func place(_ line: Int, _ column: String? = nil) -> String {
    "line \(line)" + (column.map { ", column \"\($0)\"" } ?? "")
  }
}
