public import Formats
public import Vectors

/// Attributes of items, as the user gives them: columns of one table, joined to the items by id.
public struct AttributeTable: Sendable {
  /// The values of a column; those that are missing stand beside them.
  package typealias Values = ParquetFile.OptionalColumn.Values

  package struct Column: Sendable {
    package var name: String
    package var values: ParquetFile.OptionalColumn

    package init(name: String, values: ParquetFile.OptionalColumn) {
      self.name = name
      self.values = values
    }

    var kind: AttributeColumn.Kind {
      switch values.values {
      case .strings: .string
      case .integers: .integer
      case .floats: .float
      case .booleans: .boolean
      case .times: .time
      case .lists: .list
      }
    }
  }

  package var source: String
  /// The item of each row of the table, all different.
  public var ids: StringColumn
  package var columns: [Column]

  /// Which columns were kept, of how many rows, and which were left out.
  public var summary: InputSummary

  package init(source: String, ids: StringColumn, columns: [Column], summary: InputSummary = InputSummary()) {
    self.source = source
    self.ids = ids
    self.columns = columns
    self.summary = summary
  }

  /// Reads columns of any file that `DataTable` opens.
  ///
  /// - Parameters:
  ///   - names: the columns; by default every column of text, numbers, booleans, dates, timestamps and lists of them,
  ///     except that of the ids. `summary` then says what was left out.
  ///   - idColumn: by default the first of `KnownNames.itemIDs` that the file has.
  /// - Throws: `InputError` when the file or one of the named columns cannot be read.
  public init(opening path: String, columns names: [String]? = nil, idColumn: String? = nil) throws {
    let table = try DataTable(opening: path)
    let idColumn = try table.name(.itemIDs, named: idColumn, flag: "--attribute-ids")
    let ids = try table.texts(idColumn)
    if let row = ids.firstList ?? (0..<table.rows).first(where: { ids.present[$0] == 0 }) {
      throw InputError(
        .malformed, path, at: table.place(row, idColumn), expected: "an id: text or a whole number",
        found: ids.present[row] == 0 ? "none" : "a list")
    }
    var summary = InputSummary()
    summary.use(.itemIDs, idColumn)
    if let name = names?.first(where: { name in names?.count { $0 == name } ?? 0 > 1 }) {
      throw InputError(.usage, path, expected: "columns that differ", found: "\"\(name)\" more than once")
    }
    var columns: [Column] = []
    for column in table.columns where names?.contains(column.name) ?? (column.name != idColumn) {
      if names == nil, !Self.isAttribute(column) {
        summary.use("left out", column.name, detail: column.type)
        continue
      }
      do {
        let values = try table.column(column.name)
        let kept = Column(name: column.name, values: values)
        let present = values.present.array.count { $0 != 0 }
        summary.use("attribute", column.name, detail: "\(kept.kind.rawValue), \(present) of \(table.rows) items")
        columns.append(kept)
      } catch let error as InputError where names == nil && error.kind == .unsupported {
        summary.use("left out", column.name, detail: error.found)
      }
    }
    if let name = names?.first(where: { !table.has($0) }) {
      throw InputError(
        .missing, path, at: "column \"\(name)\"", found: "no such column", remedy: "it has \(table.listing)")
    }
    // In the order of `names`.
    if let names { columns.sort { names.firstIndex(of: $0.name) ?? 0 < names.firstIndex(of: $1.name) ?? 0 } }
    self.init(source: path, ids: ids.texts, columns: columns, summary: summary)
  }

  /// Whether a column that nobody named is kept: vectors, and what cannot be compared, are not.
  private static func isAttribute(_ column: DataTable.Column) -> Bool {
    switch column.kind {
    case .string, .integer, .float, .boolean, .time, .list, nil: true
    case .vector: column.type.map { type in !["float", "double"].contains { type.contains($0) } } ?? false
    default: false
    }
  }

  /// Warns when few items of `ids` are in the table.
  ///
  /// - Parameter ids: nil for items that are known by their rows, of which there are `count`.
  package mutating func checkMatches(_ ids: StringColumn?, count: Int) {
    let known = StringTable(self.ids)
    let found =
      ids.map { ids in ids.indices.count { ids.withUTF8(at: $0) { known.find($0) } != nil } }
      ?? (0..<count).count { known.find(String($0)) != nil }
    if found * 2 < count {
      summary.warn(
        "\(source): \(found) of \(count) items are in it, \(found * 100 / max(count, 1)) %; check that both files name "
          + "items alike")
    }
  }

  /// Whether columns are of the kinds that an index has under their names.
  func check(like known: [(name: String, kind: AttributeColumn.Kind)]) throws {
    for column in columns {
      guard let kind = known.first(where: { $0.name == column.name })?.kind, kind != column.kind else { continue }
      throw InputError(
        .mismatch, source, at: "column \"\(column.name)\"",
        expected: "values of type \(kind.rawValue), as in the index",
        found: "type \(column.kind.rawValue)")
    }
  }

  /// Whether every column has a value, or none, for each id.
  func check() throws {
    for column in columns where column.values.present.count != ids.count {
      throw InputError(
        .mismatch, source, at: "column \"\(column.name)\"", expected: "\(ids.count) values, one an id",
        found: "\(column.values.present.count)")
    }
    for column in columns {
      guard case .lists(let lists) = column.values.values, lists.elements.count >= Int(UInt32.max) else { continue }
      throw InputError(
        .unsupported, source, at: "column \"\(column.name)\"", expected: "fewer than 2³² elements in all lists",
        found: "\(lists.elements.count)")
    }
  }
}
