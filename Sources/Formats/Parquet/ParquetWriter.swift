import CParquet
package import Vectors

/// Writes Parquet files that pyarrow, pandas, polars, DuckDB and Spark open.
///
/// ```swift
/// let columns: [ParquetWriter.Column] = [.string("item_id"), .vector("embedding", columns: 384)]
/// try ParquetWriter.write(to: "items.parquet", columns: columns) { file in
///   try file.append([.strings(ids), .matrix(vectors)])
/// }
/// ```
///
/// The file appears whole or not at all.
package final class ParquetWriter {
  package struct Column: Hashable, Sendable {
    indirect enum Kind: Hashable, Sendable {
      case string, int32, int64, float, double
      case optionalInt32, optionalFloat, optionalDouble
      case list(Int)
      case fixedSizeList(Int)
      case int32List(Int)
      case stringList
      case structure([Column])
    }

    package let name: String
    let kind: Kind

    package static func string(_ name: String) -> Column { Column(name: name, kind: .string) }
    package static func int32(_ name: String) -> Column { Column(name: name, kind: .int32) }
    package static func int64(_ name: String) -> Column { Column(name: name, kind: .int64) }
    package static func float(_ name: String) -> Column { Column(name: name, kind: .float) }
    package static func double(_ name: String) -> Column { Column(name: name, kind: .double) }
    /// Numbers that may be missing.
    package static func optionalFloat(_ name: String) -> Column { Column(name: name, kind: .optionalFloat) }
    package static func optionalDouble(_ name: String) -> Column { Column(name: name, kind: .optionalDouble) }
    package static func optionalInt32(_ name: String) -> Column { Column(name: name, kind: .optionalInt32) }
    /// As many integers in each row.
    package static func int32Lists(_ name: String, width: Int) -> Column {
      Column(name: name, kind: .int32List(width))
    }
    /// Any number of texts in each row.
    package static func stringLists(_ name: String) -> Column { Column(name: name, kind: .stringList) }
    /// Several named values in each row.
    package static func structure(_ name: String, _ fields: [Column]) -> Column {
      Column(name: name, kind: .structure(fields))
    }
    /// A vector in each row: `list<float>`, which every reader knows, or Arrow's `fixed_size_list<float>[columns]`.
    package static func vector(_ name: String, columns: Int, fixedSize: Bool = false) -> Column {
      Column(name: name, kind: fixedSize ? .fixedSizeList(columns) : .list(columns))
    }
  }

  /// The values of one column in some rows.
  package enum Values: Sendable {
    case strings(StringColumn)
    case int32(Buffer<Int32>)
    case int64(Buffer<Int64>)
    case float(Buffer<Float>)
    case double(Buffer<Double>)
    /// NaN where a value is missing.
    case optionalFloat(Buffer<Float>)
    /// NaN where a value is missing.
    case optionalDouble(Buffer<Double>)
    case matrix(Matrix)
    /// The least integer where a value is missing.
    case optionalInt32(Buffer<Int32>)
    /// `width` integers for each row.
    case int32Lists(Buffer<Int32>, width: Int)
    case stringLists(ListColumn)
    /// The values of a struct's fields.
    case structure([Values])
  }

  package enum Compression: Hashable, Sendable {
    case none
    case snappy
    /// Level 1 … 22.
    case zstd(level: Int = 3)
  }

  /// How a file is laid out.
  package struct Options: Hashable, Sendable {
    package var compression: Compression
    /// The most rows of a row group: what a reader decodes at a time, and one thread alone.
    package var rowGroupRows: Int

    package init(compression: Compression = .snappy, rowGroupRows: Int = 65_536) {
      self.compression = compression
      self.rowGroupRows = rowGroupRows
    }
  }

  private let path: String
  private let columns: [Column]
  private let options: Options
  private let writer: OpaquePointer
  private var rows = 0

  /// Has `body` write a file's contents, then publishes it at `path`.
  ///
  /// - Throws: what `body` throws; `InputError` when the file cannot be written. What stood at `path` is then untouched.
  package static func write<Result>(
    to path: String, columns: [Column], options: Options = Options(), _ body: (ParquetWriter) throws -> Result
  ) throws -> Result {
    try AtomicFile.write(toPath: path) { temporary in
      let writer = try ParquetWriter(path: path, temporary: temporary, columns: columns, options: options)
      let result = try body(writer)
      try writer.call { semid_parquet_finish(writer.writer, &$0) }
      return result
    }
  }

  private init(path: String, temporary: String, columns: [Column], options: Options) throws {
    precondition(options.rowGroupRows > 0, "a row group holds rows")
    #if !Parquet
      throw InputError.noParquet(path)
    #else
      self.path = path
      self.columns = columns
      self.options = options
      guard Set(columns.map(\.name)).count == columns.count else {
        throw InputError(.usage, path, expected: "columns of different names", found: "\(columns.map(\.name))")
      }
      var made: OpaquePointer?
      var fault = semid_parquet_fault()
      let status = Self.withFields(columns) { fields in
        semid_parquet_create(
          temporary, fields.baseAddress, Int32(fields.count), Int32(options.compression.code),
          Int32(options.compression.level), &made, &fault)
      }
      guard status == 0, let made else { throw Self.failure(path, status, fault) }
      writer = made
    #endif
  }

  deinit { semid_parquet_release(writer) }

  /// Appends rows: values for each column, in the columns' order.
  ///
  /// Each call begins a row group, and more where the rows are many; so pieces should not be small.
  ///
  /// - Throws: `InputError` when the values are of other types, widths or numbers of rows than the columns ask for.
  package func append(_ values: [Values]) throws {
    guard values.count == columns.count else {
      throw InputError(
        .mismatch, path, expected: "values for \(columns.count) columns", found: "\(values.count)")
    }
    let count = values.first?.rows ?? 0
    for (column, values) in zip(columns, values) {
      guard column.kind == values.kind(like: column.kind) else {
        throw InputError(
          .mismatch, path, at: ParquetFile.place(column.name), expected: "\(column.kind)",
          found: "\(values.kind(like: column.kind))")
      }
      guard values.rows == count, values.isEven else {
        throw InputError(
          .mismatch, path, at: ParquetFile.place(column.name), expected: "\(count) rows", found: "\(values.rows)")
      }
    }
    for start in stride(from: 0, to: count, by: options.rowGroupRows) {
      try appendGroup(start..<min(start + options.rowGroupRows, count), values)
    }
    rows += count
  }

  private func appendGroup(_ rows: Range<Int>, _ values: [Values]) throws {
    let values = values.flatMap(\.flattened)
    func withPointers(_ column: Int, _ pointers: [semid_parquet_values]) throws {
      guard column < values.count else {
        return try call { semid_parquet_write(writer, Int64(rows.count), pointers, &$0) }
      }
      try values[column].withPointers(to: rows) { try withPointers(column + 1, pointers + [$0]) }
    }
    try withPointers(0, [])
  }

  private func call(_ body: (inout semid_parquet_fault) -> Int32) throws {
    var fault = semid_parquet_fault()
    let status = body(&fault)
    guard status == 0 else { throw Self.failure(path, status, fault) }
  }

  private static func failure(_ path: String, _ status: Int32, _ fault: semid_parquet_fault) -> InputError {
    var error = InputError(parquet: status, fault, path, column: nil)
    // Arrow's faults of writing are the disk's.
    if error.kind == .malformed { error.kind = .io }
    error.found = error.found.map { "cannot be written: \($0)" }
    return error
  }

  private static func withFields<Result>(
    _ columns: [Column], _ body: (UnsafeBufferPointer<semid_parquet_field>) -> Result
  ) -> Result {
    let columns = columns.flatMap(\.flattened)
    let names = columns.map { Array($0.name.utf8CString) }
    let ends = names.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) }
    return names.flatMap(\.self).withUnsafeBufferPointer { text in
      let fields = zip(columns, ends).map { column, start in
        semid_parquet_field(
          name: text.baseAddress.map { $0 + start }, kind: Int32(column.kind.code), width: Int32(column.kind.width),
          optional: column.kind.isOptional ? 1 : 0, children: Int32(column.children.count))
      }
      return fields.withUnsafeBufferPointer(body)
    }
  }
}

extension ParquetWriter.Column {
  /// The fields of a struct.
  var children: [ParquetWriter.Column] { if case .structure(let fields) = kind { fields } else { [] } }

  /// This column, and after a struct its fields.
  var flattened: [ParquetWriter.Column] { [self] + children.flatMap(\.flattened) }
}
