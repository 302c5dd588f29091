package import Vectors

/// Rows of named columns, in the files that people keep them in: Parquet (one file, or a folder of parts), CSV and TSV, a
/// JSON object per line, a JSON list of objects or an object of them by id; the texts also as `.gz`.
///
/// Nothing is guessed here: a column is read when it is named, and `KnownNames` says which names mean what.
package struct DataTable: Sendable {
  package struct Column: Hashable, Sendable {
    package let name: String
    /// In the words of its format: `int64`, `list<element: string>`; nil where the format has no types.
    package let type: String?
    /// nil where the format has no types.
    package let kind: ParquetFile.Column.Kind?
  }

  private enum Contents: Sendable {
    case parquet([ParquetFile])
    /// Also the line on which each row begins.
    case delimited(CSVFile, lines: [UInt32])
    case json(JSONRows)
    /// In memory, as many as `columns`.
    case memory([ParquetFile.OptionalColumn])
  }

  /// Files that a table is read from, by the ends of their names.
  package static let extensions = [
    "parquet", "csv", "tsv", "jsonl", "json", "csv.gz", "tsv.gz", "jsonl.gz", "json.gz",
  ]

  package let path: String
  package let columns: [Column]
  package let rows: Int
  private let contents: Contents

  /// Whether the table is a JSON object whose keys name its rows: `{"A17": …, "B20": …}`.
  package var isKeyed: Bool { if case .json(let rows) = contents { rows.layout == .keyed } else { false } }
  /// The column of the keys, and that of values that are no objects.
  package static let keyColumn = JSONRows.keyColumn
  package static let valueColumn = JSONRows.valueColumn

  /// Opens a file by the end of its name, or a folder of `.parquet` parts, which are read in the order of their names.
  ///
  /// - Throws: `InputError` when it is of another type, damaged, or when parts differ in their columns.
  package init(opening path: String, pool: ThreadPool = ThreadPool()) throws {
    if ParquetParts.isTable(path) {
      let files = try ParquetParts.paths(at: path).map { try ParquetFile(path: $0, options: .init(pool: pool)) }
      try ParquetParts.check(files)
      self.init(path, .parquet(files), files.reduce(0) { $0 + $1.rows }, files[0].columns.map(Column.init))
      return
    }
    let name = path.lowercased()
    guard let format = Self.extensions.first(where: { name.hasSuffix("." + $0) }) else {
      throw InputError(
        .unsupported, path,
        expected: "a file that ends in " + Self.extensions.map { "." + $0 }.joined(separator: ", ")
          + ", or a folder of .parquet files", found: "another name")
    }
    if format == "parquet" {
      let file = try ParquetFile(path: path, options: .init(pool: pool))
      self.init(path, .parquet([file]), file.rows, file.columns.map(Column.init))
      return
    }
    try self.init(Gzip.contents(of: path), format: format, source: path)
  }

  /// Reads a text format from memory.
  ///
  /// - Parameters:
  ///   - format: `csv`, `tsv`, `jsonl` or `json`.
  ///   - source: names the bytes in errors.
  package init(_ bytes: Buffer<UInt8>, format: String, source: String) throws {
    if format.hasPrefix("csv") || format.hasPrefix("tsv") {
      let delimiter = UInt8(ascii: format.hasPrefix("csv") ? "," : "\t")
      let file = try CSVFile(bytes: bytes, source: source, delimiter: delimiter)
      let lines = try file.rowLines()
      self.init(source, .delimited(file, lines: lines), lines.count, file.names.map(Column.init(untyped:)))
    } else {
      let rows = try JSONRows(bytes, isLines: format.hasPrefix("jsonl"), source: source)
      self.init(source, .json(rows), rows.rows, rows.names.map(Column.init(untyped:)))
    }
  }

  /// A table that is in memory already.
  ///
  /// - Parameter source: what errors call it.
  /// - Throws: `InputError` where columns differ in length, or two have one name.
  package init(_ columns: [(name: String, values: ParquetFile.OptionalColumn)], source: String) throws {
    let rows = columns.first?.values.present.count ?? 0
    var names = StringTable()
    for (place, column) in columns.enumerated() {
      guard column.values.present.count == rows else {
        throw InputError(
          .mismatch, source, at: ParquetFile.place(column.name), expected: "\(rows) values, as in other columns",
          found: "\(column.values.present.count)")
      }
      guard names.number(of: column.name) == place else {
        throw InputError(
          .usage, source, expected: "columns that differ", found: "\"\(column.name)\" more than once")
      }
    }
    self.init(
      source, .memory(columns.map(\.values)), rows,
      columns.map { Column(name: $0.name, type: nil, kind: $0.values.values.kind) })
  }

  private init(_ path: String, _ contents: Contents, _ rows: Int, _ columns: [Column]) {
    self.path = path
    self.contents = contents
    self.rows = rows
    self.columns = columns
  }
}

extension DataTable {
  /// The files that make up the table at `path`: itself, or the parts in the folder.
  package static func files(at path: String) throws -> [String] { try ParquetParts.paths(at: path) }

  /// Whether the format itself tells numbers from text, as CSV does not.
  package var isTyped: Bool { if case .delimited = contents { false } else { true } }

  package func has(_ name: String) -> Bool { columns.contains { $0.name == name } }

  /// The names that a pattern asks for, in which `*` stands for any text: by the number that it stands for where each has
  /// one, else in the order of the columns.
  package func names(matching pattern: String) -> [String] {
    let names = columns.map(\.name)
    return Glob.isPattern(pattern) ? Glob.expand(pattern, in: names) : names.filter { $0 == pattern }
  }

  /// The column's type in the words of its format, for what verbs print; nil where there are none.
  package func type(_ name: String) -> String? { columns.first { $0.name == name }?.type }

  /// `a, b, c and 3 more`.
  package var listing: String {
    if columns.isEmpty { return "no columns" }
    let shown = columns.prefix(16).map { column in column.type.map { "\(column.name): \($0)" } ?? column.name }
    return shown.joined(separator: ", ") + (columns.count > 16 ? " and \(columns.count - 16) more" : "")
  }

  /// The name to read for a meaning: the one that the user gave, or the first known one that the table has.
  ///
  /// - Parameter flag: the option that names it, for the remedy.
  /// - Throws: `InputError` that lists the columns: of kind `missing` for a name that is not there, and where no name is
  ///   known.
  package func name(_ known: KnownNames, named name: String?, flag: String) throws -> String {
    if let name {
      guard has(name) else {
        throw InputError(.missing, path, at: "column \"\(name)\"", found: "no such column", remedy: "it has \(listing)")
      }
      return name
    }
    guard let found = known.first(in: columns.map(\.name)) else {
      throw InputError(
        .missing, path, expected: "\(known.summary) under a known name: \(known.listing)", found: listing,
        remedy: "name the column with \(flag)")
    }
    return found
  }

  /// Where row `row` (from 0) stands, for errors: `line 3, key title`, `row 2 (from 0), column "title"`.
  package func place(_ row: Int, _ column: String? = nil) -> String {
    switch contents {
    case .parquet, .memory: "row \(row) (from 0)" + (column.map { ", column \"\($0)\"" } ?? "")
    case .delimited(_, let lines): CSVFile.place(Int(lines[row]), column)
    case .json(let rows):
      (rows.layout == .lines ? "line \(rows.lines[row])" : "row \(row) (from 0)")
        + (column.map { ", key \($0)" } ?? "")
    }
  }

  /// A column of one type, with the rows that lack a value marked. In texts it is integers, floats, booleans, times or
  /// lists where every value is such, and otherwise text.
  ///
  /// - Throws: `InputError` naming the column: for one that is not there, of an unsupported type, or damaged.
  package func column(_ name: String) throws -> ParquetFile.OptionalColumn { try values([name])[0] }

  /// Columns of one type each, in one pass over a file of text.
  package func values(_ names: [String]) throws -> [ParquetFile.OptionalColumn] {
    let isTyped: Bool
    switch contents {
    case .parquet(let files):
      return try names.map { name in
        try .joined(files.map { try $0.optionalColumn(name) }, source: path, column: name)
      }
    case .memory(let values): return try places(names).map { values[$0] }
    case .delimited: isTyped = false
    case .json: isTyped = true
    }
    return try zip(names, raw(names)).map { name, column in
      try column.typed(isTyped: isTyped, source: path) { place($0, name) }
    }
  }

  /// A column as text.
  package struct Texts: Sendable {
    /// Empty where a value is missing.
    package let texts: StringColumn
    /// One per row: 0 where a value is missing.
    package let present: Buffer<UInt8>
    /// The first row whose value is a list; nil where none is.
    package let firstList: Int?
  }

  /// A column as text: text as it is, whole numbers as their digits, lists with `, ` between their elements.
  ///
  /// - Throws: `InputError` naming the column, and its row where only some values are of another type.
  package func texts(_ name: String) throws -> Texts { try texts([name])[0] }

  /// Columns as text, in one pass over a file of text.
  package func texts(_ names: [String]) throws -> [Texts] {
    switch contents {
    case .parquet, .memory: return try zip(names, values(names)).map { try texts($1, $0) }
    case .delimited, .json:
      return try zip(names, raw(names)).map { name, column in
        try column.text(source: path) { place($0, name) }
      }
    }
  }

  private func texts(_ column: ParquetFile.OptionalColumn, _ name: String) throws -> Texts {
    var builder = StringColumnBuilder(rows: rows)
    var firstList: Int?
    switch column.values {
    case .strings(let texts): return Texts(texts: texts, present: column.present, firstList: nil)
    case .integers(let numbers):
      for row in 0..<numbers.count {
        if column.present[row] != 0 { builder.bytes.append(contentsOf: String(numbers[row]).utf8) }
        builder.endRow()
      }
    case .lists(let lists):
      firstList = (0..<lists.count).first { column.present[$0] != 0 }
      for row in 0..<lists.count {
        builder.bytes.append(contentsOf: lists[row].filter { !$0.isEmpty }.joined(separator: ", ").utf8)
        builder.endRow()
      }
    case .floats(let numbers):
      // What pandas makes of whole numbers in a column that lacks some.
      for row in 0..<numbers.count {
        if column.present[row] != 0 {
          guard let whole = Int64(exactly: numbers[row]), abs(whole) <= 1 << 53 else {
            throw InputError(
              .malformed, path, at: place(row, name), expected: "text or a whole number", found: "\(numbers[row])")
          }
          builder.bytes.append(contentsOf: String(whole).utf8)
        }
        builder.endRow()
      }
    case .booleans, .times:
      throw InputError(
        .unsupported, path, at: ParquetFile.place(name), expected: "text or whole numbers",
        found: "values of type \(type(name) ?? "another")")
    }
    return Texts(texts: builder.column(), present: column.present, firstList: firstList)
  }

  private func places(_ names: [String]) throws -> [Int] {
    try names.map { name in
      guard let place = columns.firstIndex(where: { $0.name == name }) else {
        throw InputError(
          .missing, path, at: ParquetFile.place(name), found: "no such column", remedy: "it has \(listing)")
      }
      return place
    }
  }

  private func raw(_ names: [String]) throws -> [RawColumn] {
    let places = try places(names)
    switch contents {
    case .delimited(let file, _): return try file.columns(places)
    case .json(let rows): return try rows.columns(names)
    case .parquet, .memory: preconditionFailure("columns of Parquet, and those in memory, have types")
    }
  }
}

extension ParquetFile.OptionalColumn.Values {
  fileprivate var kind: ParquetFile.Column.Kind {
    switch self {
    case .strings: .string
    case .integers: .integer
    case .floats: .float
    case .booleans: .boolean
    case .times: .time
    case .lists: .list
    }
  }
}

extension DataTable.Column {
  fileprivate init(_ column: ParquetFile.Column) { self.init(name: column.name, type: column.type, kind: column.kind) }

  fileprivate init(untyped name: String) { self.init(name: name, type: nil, kind: nil) }
}
