import CParquet
package import Vectors

extension ParquetFile {
  /// A column of single values, some of which may be missing.
  package struct OptionalColumn: Sendable {
    package enum Values: Sendable {
      case strings(StringColumn)
      case integers(Buffer<Int64>)
      case floats(Buffer<Double>)
      /// 0 and 1.
      case booleans(Buffer<Int64>)
      /// Dates and timestamps: microseconds since 1970, in UTC where the column has a time zone.
      case times(Buffer<Int64>)
      /// Lists, their elements as text: numbers as their digits, booleans as `true` and `false`.
      case lists(ListColumn)

      package var count: Int {
        switch self {
        case .strings(let texts): texts.count
        case .integers(let numbers), .booleans(let numbers), .times(let numbers): numbers.count
        case .floats(let numbers): numbers.count
        case .lists(let lists): lists.count
        }
      }
    }

    /// One a row: an empty text, an empty list or 0 where it is missing.
    package let values: Values
    /// One a row: 1 where there is a value, and 0 where it is missing.
    package let present: Buffer<UInt8>

    /// - Precondition: both are of one length.
    package init(values: Values, present: Buffer<UInt8>) {
      precondition(values.count == present.count, "a mark for each value")
      self.values = values
      self.present = present
    }
  }

  /// A column of text, integers, floats, booleans, dates, timestamps or lists of such, with the values that are missing
  /// marked. Elements that a list lacks are left out.
  ///
  /// - Throws: `InputError` naming the column: for one of another type, or damaged.
  package func optionalColumn(_ name: String) throws -> OptionalColumn {
    let index = try find(
      name, [.string, .integer, .float, .boolean, .time, .list, .vector],
      "text, numbers, booleans, dates, timestamps or lists of them")
    switch columns[index].kind {
    case .string:
      return try optionalStrings(name, index)
    case .list, .vector:
      return try lists(name, index)
    case .float:
      return try optional(name, Double.self, OptionalColumn.Values.floats) { group, values, present, fault in
        semid_parquet_read_optional_floats(handle.file, Int32(index), group, values, present, &fault)
      }
    case let kind:
      let wrap: (Buffer<Int64>) -> OptionalColumn.Values =
        switch kind {
        case .boolean: { .booleans($0) }
        case .time: { .times($0) }
        default: { .integers($0) }
        }
      return try optional(name, Int64.self, wrap) { group, values, present, fault in
        semid_parquet_read_optional_integers(handle.file, Int32(index), group, values, present, &fault)
      }
    }
  }

  private func optional<Value: BitwiseCopyable & Sendable>(
    _ name: String, _ type: Value.Type, _ wrap: (Buffer<Value>) -> OptionalColumn.Values,
    _ body: (Int32, UnsafeMutablePointer<Value>, UnsafeMutablePointer<UInt8>, inout semid_parquet_fault) -> Int32
  ) throws -> OptionalColumn {
    guard rows <= options.maximumBytes / 9 else { throw tooLarge(name) }
    var values: Buffer<Value>?
    let present = try Buffer<UInt8>(untouched: rows, else: { tooLarge(name) }) { present in
      guard let present = present.baseAddress else { return }
      values = try Buffer<Value>(untouched: rows, else: { tooLarge(name) }) { target in
        guard let target = target.baseAddress else { return }
        try options.pool.run(
          tasks: rowGroups,
          throwing: { group in
            let first = rows(in: group..<group + 1).lowerBound
            try handle.call(column: name) { body(Int32(group), target + first, present + first, &$0) }
          })
      }
    }
    return OptionalColumn(values: wrap(values ?? Buffer([])), present: present)
  }

  private func optionalStrings(_ name: String, _ index: Int) throws -> OptionalColumn {
    guard rows <= options.maximumBytes / 9 else { throw tooLarge(name) }
    let gatherer = ParquetTextGatherer(path: path, column: name, firstRow: 0, maximumBytes: options.maximumBytes)
    for group in 0..<rowGroups {
      do {
        try handle.call(column: name) {
          semid_parquet_read_optional_strings(
            handle.file, Int32(index), Int32(group), ParquetTextGatherer.sink,
            Unmanaged.passUnretained(gatherer).toOpaque(), &$0)
        }
      } catch { throw gatherer.failure ?? error }
    }
    return withExtendedLifetime(gatherer) {
      OptionalColumn(values: .strings(gatherer.column()), present: Buffer(gatherer.present))
    }
  }
}
