import Vectors

extension ParquetParts {
  /// - Throws: `InputError` when the columns of a part are not those of the first, in their names and kinds.
  static func check(_ files: [ParquetFile]) throws {
    guard let first = files.first else { return }
    for file in files.dropFirst() {
      for column in first.columns {
        guard let other = file.columns.first(where: { $0.name == column.name }), other.kind == column.kind else {
          throw InputError(
            .mismatch, file.path, at: ParquetFile.place(column.name),
            expected: "the type \(column.type), as in \(first.path)",
            found: file.columns.first { $0.name == column.name }?.type ?? "no such column")
        }
      }
    }
  }
}

extension ParquetFile.OptionalColumn {
  /// One column of several parts'.
  ///
  /// - Throws: `InputError` when the parts' types differ.
  static func joined(_ parts: [Self], source: String, column: String) throws -> Self {
    if parts.count == 1 { return parts[0] }
    func mixed() -> InputError {
      InputError(
        .mismatch, source, at: ParquetFile.place(column), expected: "one type in all parts", found: "several")
    }
    func numbers<Value: BitwiseCopyable & Sendable>(_ values: (Values) -> Buffer<Value>?) throws -> Buffer<Value> {
      Buffer(
        try parts.flatMap { part in
          guard let values = values(part.values) else { throw mixed() }
          return values.array
        })
    }
    let present = Buffer(parts.flatMap(\.present.array))
    let values: Values
    switch parts.first?.values {
    case .strings?, nil:
      var builder = StringColumnBuilder(rows: present.count)
      for part in parts {
        guard case .strings(let texts) = part.values else { throw mixed() }
        for row in texts.indices {
          texts.withUTF8(at: row) { builder.bytes.append(contentsOf: $0) }
          builder.endRow()
        }
      }
      values = .strings(builder.column())
    case .lists?:
      var builder = StringColumnBuilder()
      var starts = [0]
      for part in parts {
        guard case .lists(let lists) = part.values else { throw mixed() }
        let first = starts[starts.count - 1]
        for element in lists.elements.indices {
          lists.elements.withUTF8(at: element) { builder.bytes.append(contentsOf: $0) }
          builder.endRow()
        }
        starts += lists.starts.array.dropFirst().map { first + $0 }
      }
      values = .lists(ListColumn(elements: builder.column(), starts: starts))
    case .integers?: values = .integers(try numbers { if case .integers(let some) = $0 { some } else { nil } })
    case .booleans?: values = .booleans(try numbers { if case .booleans(let some) = $0 { some } else { nil } })
    case .times?: values = .times(try numbers { if case .times(let some) = $0 { some } else { nil } })
    case .floats?: values = .floats(try numbers { if case .floats(let some) = $0 { some } else { nil } })
    }
    return Self(values: values, present: present)
  }
}
