public import Formats
public import Vectors

/// Attributes of items, as they are brought: columns of one table, joined to the items by id.
public struct AttributeTable: Sendable {
  public struct Column: Sendable {
    public var name: String
    public var values: ParquetFile.OptionalColumn

    public init(name: String, values: ParquetFile.OptionalColumn) {
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
      }
    }
  }

  public var source: String
  /// The item of each row of the table, all different.
  public var ids: StringColumn
  public var columns: [Column]

  public init(source: String, ids: StringColumn, columns: [Column]) {
    self.source = source
    self.ids = ids
    self.columns = columns
  }

  /// Reads columns of a Parquet file.
  ///
  /// - Parameters:
  ///   - names: the columns; by default all of text, numbers, booleans, dates and timestamps but that of the ids.
  ///   - idColumn: by default found by its name: see `Identifiers`.
  /// - Throws: `InputError` when the file or one of these columns cannot be read.
  public init(parquet path: String, columns names: [String]? = nil, idColumn: String? = nil) throws {
    let file = try ParquetFile(path: path)
    let idColumn = idColumn ?? Identifiers.column(of: file)
    ids = try Identifiers.read(file, column: idColumn)
    source = path
    let scalars: Set<ParquetFile.Column.Kind> = [.string, .integer, .float, .boolean, .time]
    let names = names ?? file.columns.filter { scalars.contains($0.kind) && $0.name != idColumn }.map(\.name)
    if let name = names.first(where: { name in names.count { $0 == name } > 1 }) {
      throw InputError(.usage, path, expected: "columns that differ", found: "\"\(name)\" more than once")
    }
    columns = try names.map { Column(name: $0, values: try file.optionalColumn($0)) }
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
  }
}
