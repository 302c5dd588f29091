public import CSemid
import SemanticID

// Columns that come in through the C face.

extension semid_table {
  /// nil: no table. Copied.
  func attributes(_ source: String = "attributes") throws -> AttributeTable? {
    guard columns != nil || count != 0 else { return nil }
    guard let ids = try ids.column(source + ", ids") else {
      throw InputError(.usage, source, expected: "the item of each row", found: "none")
    }
    try Identifiers.check(ids, source: source)
    let columns = try CallerArray.copy(columns, count: count, source).map { column in
      let (name, values) = try column.optional(rows: ids.count, source)
      return AttributeTable.Column(name: name, values: values)
    }
    if let twice = Dictionary(grouping: columns, by: { Array($0.name.utf8) }).first(where: { $0.value.count > 1 }) {
      throw InputError(
        .usage, source, expected: "columns that differ", found: "\"\(twice.value[0].name)\" more than once")
    }
    return AttributeTable(source: source, ids: ids, columns: columns)
  }
}

extension semid_column {
  /// The name and the values, which are copied.
  ///
  /// - Parameter rows: how many there must be; nil: as many as there are.
  func optional(rows: Int?, _ source: String) throws -> (name: String, values: ParquetFile.OptionalColumn) {
    let name = try name.required(source + ", name of a column")
    let place = "column \"\(name)\""
    let rows = rows ?? Int(clamping: count)
    guard count == Int64(rows) else {
      throw InputError(.mismatch, source, at: place, expected: "\(rows) values, one an id", found: "\(count)")
    }
    let present =
      present == nil
      ? [UInt8](repeating: 1, count: rows)
      : try CallerArray.copy(present, count: count, source).map { $0 == 0 ? UInt8(0) : 1 }
    return (name, .init(values: try values(present, source, place), present: Buffer(present)))
  }

  private func values(_ present: [UInt8], _ source: String, _ place: String) throws -> AttributeTable.Values {
    switch UInt32(bitPattern: kind) {
    case SEMID_COLUMN_TEXT.rawValue: return .strings(try texts(count, source, place))
    case SEMID_COLUMN_INTEGER.rawValue: return .integers(Buffer(try copy(Int64.self, count, source)))
    case SEMID_COLUMN_BOOLEAN.rawValue:
      return .booleans(Buffer(try copy(Int64.self, count, source).map { $0 == 0 ? 0 : 1 }))
    case SEMID_COLUMN_TIME.rawValue: return .times(Buffer(try copy(Int64.self, count, source)))
    case SEMID_COLUMN_FLOAT.rawValue: return .floats(Buffer(try copy(Double.self, count, source)))
    case SEMID_COLUMN_TEXT_LIST.rawValue: return try lists(of: texts(elements, source, place), present, source, place)
    case SEMID_COLUMN_INTEGER_LIST.rawValue:
      return try lists(of: Self.column(copy(Int64.self, elements, source).map(String.init)), present, source, place)
    case SEMID_COLUMN_BOOLEAN_LIST.rawValue:
      let texts = try copy(Int64.self, elements, source).map { $0 == 0 ? "false" : "true" }
      return try lists(of: Self.column(texts), present, source, place)
    case SEMID_COLUMN_FLOAT_LIST.rawValue:
      let texts = try copy(Double.self, elements, source).map { ShortestDigits.text(of: $0) }
      return try lists(of: Self.column(texts), present, source, place)
    case SEMID_COLUMN_FLOAT32_LIST.rawValue:
      let texts = try copy(Float.self, elements, source).map { ShortestDigits.text(of: $0) }
      return try lists(of: Self.column(texts), present, source, place)
    default: throw InputError(.usage, source, at: place, expected: "a kind of column", found: "\(kind)")
    }
  }

  private func copy<Value>(_ type: Value.Type, _ count: Int64, _ source: String) throws -> [Value] {
    try CallerArray.copy(values?.assumingMemoryBound(to: type), count: count, source)
  }

  private static func column(_ texts: [String]) -> StringColumn { StringColumn(texts) }

  private func texts(_ count: Int64, _ source: String, _ place: String) throws -> StringColumn {
    let texts = semid_texts(bytes: values?.assumingMemoryBound(to: CChar.self), offsets: offsets, count: count)
    guard let column = try texts.column(source + ", " + place) else {
      throw InputError(.usage, source, at: place, expected: "texts", found: "none")
    }
    return column
  }

  private func lists(
    of elements: StringColumn, _ present: [UInt8], _ source: String, _ place: String
  ) throws -> AttributeTable.Values {
    let starts = try CallerArray.copy(starts, count: count + 1, source)
    guard starts.first == 0, starts.last == Int64(elements.count), zip(starts, starts.dropFirst()).allSatisfy(<=) else {
      throw InputError(
        .malformed, source, at: place, expected: "places of lists that ascend from 0 to \(elements.count)",
        found: "others")
    }
    if let row = present.indices.first(where: { present[$0] == 0 && starts[$0] != starts[$0 + 1] }) {
      throw InputError(
        .malformed, source, at: "\(place), row \(row)", expected: "no elements of a list that is missing", found: "some"
      )
    }
    return .lists(ListColumn(elements: elements, starts: starts.map { Int($0) }))
  }
}
