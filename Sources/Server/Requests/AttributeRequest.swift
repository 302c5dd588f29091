import Formats
import Retrieval
import Vectors

/// Attributes of items that a request adds, brought to the types that the index has.
enum AttributeRequest {
  /// - Parameters:
  ///   - columns: by name, one value per item; nil where an item has none.
  ///   - place: where value `row` of a column stands in the body.
  static func table(
    _ columns: [(name: String, values: [RequestValue?])], ids: [String], _ index: SemanticIndex,
    at place: (_ name: String, _ row: Int) -> String
  ) throws -> AttributeTable? {
    if columns.isEmpty { return nil }
    let known = Dictionary(index.attributes.map { ($0.name, $0.kind) }, uniquingKeysWith: { a, _ in a })
    let made = try columns.map { column in
      guard let kind = known[column.name] else {
        throw InputError(
          .mismatch, "body", at: place(column.name, 0),
          expected: known.isEmpty
            ? "no attributes, since the index keeps none" : "one of \(known.keys.sorted().joined(separator: ", "))",
          found: "\"\(column.name.prefix(60))\"")
      }
      return AttributeTable.Column(
        name: column.name, values: try self.column(column.values, kind) { place(column.name, $0) })
    }
    return AttributeTable(source: "body", ids: StringColumn(ids), columns: made)
  }

  private static func column(
    _ values: [RequestValue?], _ kind: AttributeColumn.Kind, at place: (Int) -> String
  ) throws -> ParquetFile.OptionalColumn {
    let present = Buffer(values.map { UInt8($0 == nil ? 0 : 1) })
    func fault(_ row: Int, _ expected: String) -> InputError {
      InputError(.mismatch, "body", at: place(row), expected: expected, found: values[row]?.kind ?? "none")
    }
    /// One value per item; `none` where it has none.
    func map<Value>(_ none: Value, _ expected: String, _ value: (RequestValue) -> Value?) throws -> [Value] {
      try values.enumerated().map { row, given in
        guard let given else { return none }
        guard let value = value(given) else { throw fault(row, expected) }
        return value
      }
    }
    let column: ParquetFile.OptionalColumn.Values
    switch kind {
    case .string:
      column = .strings(
        StringColumn(try map("", "text") { if case .text(let text) = $0 { text } else { nil } }))
    case .integer:
      column = .integers(
        Buffer(
          try map(0, "a whole number") { value -> Int64? in
            switch value {
            case .integer(let number): number
            case .number(let number): Int64(exactly: number)
            default: nil
            }
          }))
    case .float:
      column = .floats(
        Buffer(
          try map(0, "a number") { value -> Double? in
            switch value {
            case .integer(let number): Double(number)
            case .number(let number): number
            default: nil
            }
          }))
    case .boolean:
      column = .booleans(
        Buffer(try map(0, "true or false") { if case .boolean(let flag) = $0 { flag ? 1 : 0 } else { nil } }))
    case .time:
      column = .times(
        Buffer(
          try map(0, "a time such as 2024-01-31T12:30:00Z") { value -> Int64? in
            guard case .text(let text) = value else { return nil }
            return TimeText.microseconds(text)
          }))
    case .list:
      var elements: [String] = []
      var starts = [0]
      for (row, given) in values.enumerated() {
        if let given {
          guard let list = given.elements else { throw fault(row, "an array of texts") }
          for element in list {
            guard case .text(let text) = element else { throw fault(row, "an array of texts") }
            elements.append(text)
          }
        }
        starts.append(elements.count)
      }
      column = .lists(ListColumn(elements: StringColumn(elements), starts: starts))
    }
    return ParquetFile.OptionalColumn(values: column, present: present)
  }
}
