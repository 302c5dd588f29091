import CParquet
package import Vectors

/// A Parquet file, open for reading: columns of vectors, text, integers and floats.
///
/// Every method reads whole columns, or the rows of some row groups, which is how a file larger than memory is
/// streamed:
///
/// ```swift
/// let file = try ParquetFile(path: "items.parquet")
/// for group in 0..<file.rowGroups {
///   let vectors = try file.matrix("embedding", rowGroups: group..<group + 1)
///   let ids = try file.strings("item_id", rowGroups: group..<group + 1)
/// }
/// ```
///
/// Row groups are decoded side by side on the pool; the values do not depend on the number of threads. A missing value
/// is an error that names its row: the engine has no use for half an item.
package struct ParquetFile: Sendable {
  package struct Options: Hashable, Sendable {
    /// The most bytes that one column may take in memory, and that Arrow may hold while it decodes.
    package var maximumBytes: Int
    /// Threads that decode row groups.
    package var pool: ThreadPool

    /// - Parameter maximumBytes: by default the machine's memory.
    package init(maximumBytes: Int? = nil, pool: ThreadPool = ThreadPool()) {
      self.maximumBytes = maximumBytes ?? ProcessMemory.installed
      self.pool = pool
    }
  }

  package struct Column: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
      /// A list of numbers in each row, or a tensor of one shape.
      case vector
      /// Text, or bytes that are text.
      case string
      /// Integers of any width.
      case integer
      /// Floats of any width.
      case float
      case boolean
      /// Dates and timestamps.
      case time
      /// Bytes of one length.
      case bytes
      /// A list of text, integers, decimals or booleans in each row.
      case list
      /// Anything else.
      case other
    }

    /// Fields of structs have the names of their structs before theirs, with dots between: `item.embedding`.
    package let name: String
    /// The type in Arrow's words: `list<element: float>`.
    package let type: String
    package let kind: Kind
  }

  package let path: String
  package let columns: [Column]
  /// How many rows the file says it has.
  package let rows: Int
  /// How many pieces the rows are stored in.
  package let rowGroups: Int

  let options: Options
  let handle: ParquetHandle
  /// The first row of each row group, and the number of rows at the end.
  private let starts: [Int]

  /// Opens a file and reads its schema.
  ///
  /// - Throws: `InputError` when the file is not there, is not Parquet or is damaged.
  package init(path: String, options: Options = Options()) throws {
    // For its errors: no such file, a directory.
    _ = try MappedFile(path: path)
    handle = try ParquetHandle(path: path, maximumBytes: options.maximumBytes)
    self.path = path
    self.options = options
    let file = handle.file
    columns = (0..<semid_parquet_columns(file)).map { Column(semid_parquet_column_at(file, $0)) }
    starts = (0..<semid_parquet_groups(file)).reduce(into: [0]) { starts, group in
      starts.append(starts[starts.count - 1] + Int(semid_parquet_group_rows(file, group)))
    }
    rows = starts[starts.count - 1]
    rowGroups = starts.count - 1
  }

  /// The rows that some row groups hold.
  ///
  /// - Precondition: `0 <= rowGroups.lowerBound && rowGroups.upperBound <= self.rowGroups`, here and below.
  package func rows(in rowGroups: Range<Int>) -> Range<Int> {
    starts[rowGroups.lowerBound]..<starts[rowGroups.upperBound]
  }

  /// A column of text.
  ///
  /// - Parameter nullsAreEmpty: whether a missing value is an empty text, as where not every item has a description.
  /// - Throws: `InputError` naming the column, and the row of a missing value or of bytes that are not UTF-8.
  package func strings(
    _ column: String, rowGroups: Range<Int>? = nil, nullsAreEmpty: Bool = false
  ) throws -> StringColumn {
    let index = try find(column, [.string], "strings")
    let groups = rowGroups ?? 0..<self.rowGroups
    guard rows(in: groups).count <= options.maximumBytes / 8 else { throw tooLarge(column) }
    let gatherer = ParquetTextGatherer(
      path: path, column: column, firstRow: rows(in: groups).lowerBound, maximumBytes: options.maximumBytes)
    for group in groups {
      do {
        try handle.call(column: column) {
          semid_parquet_read_strings(
            handle.file, Int32(index), Int32(group), nullsAreEmpty ? 1 : 0, ParquetTextGatherer.sink,
            Unmanaged.passUnretained(gatherer).toOpaque(), &$0)
        }
      } catch { throw gatherer.failure ?? error }
    }
    return withExtendedLifetime(gatherer) { gatherer.column() }
  }

  /// A column of integers.
  package func integers(_ column: String, rowGroups: Range<Int>? = nil) throws -> Buffer<Int64> {
    try integers([column], rowGroups: rowGroups).values
  }

  /// Columns of integers side by side, rows × columns: the codes `c1`, `c2`, … of each item.
  package func integers(
    _ columns: [String], rowGroups: Range<Int>? = nil
  ) throws -> (rows: Int, columns: Int, values: Buffer<Int64>) {
    let indices = try columns.map { try find($0, [.integer], "integers") }
    let values = try read(
      columns.joined(separator: ", "), rowGroups, columns.count, as: Int64.self
    ) { group, values, fault in
      for (offset, index) in indices.enumerated() {
        let status = semid_parquet_read_integers(
          handle.file, Int32(index), group, Int64(indices.count), values + offset, &fault)
        if status != 0 { return status }
      }
      return 0
    }
    return (rows(of: rowGroups).count, columns.count, values)
  }

  /// A column of floats.
  package func floats(_ column: String, rowGroups: Range<Int>? = nil) throws -> Buffer<Double> {
    let index = try find(column, [.float], "floats")
    return try read(column, rowGroups, 1, as: Double.self) { group, values, fault in
      semid_parquet_read_floats(handle.file, Int32(index), group, values, &fault)
    }
  }

  func rows(of rowGroups: Range<Int>?) -> Range<Int> { rows(in: rowGroups ?? 0..<self.rowGroups) }

  /// Reads row groups side by side, each to its place.
  func read<Value: BitwiseCopyable & Sendable>(
    _ column: String, _ rowGroups: Range<Int>?, _ width: Int, as type: Value.Type,
    _ body: (Int32, UnsafeMutablePointer<Value>, inout semid_parquet_fault) -> Int32
  ) throws -> Buffer<Value> {
    let groups = rowGroups ?? 0..<self.rowGroups
    let first = rows(in: groups).lowerBound
    let (count, overflow) = rows(in: groups).count.multipliedReportingOverflow(by: width)
    guard !overflow, count <= options.maximumBytes / MemoryLayout<Value>.size else { throw tooLarge(column) }
    return try Buffer(untouched: count, else: { tooLarge(column) }) { target in
      guard let base = target.baseAddress else { return }
      try options.pool.run(tasks: groups.count) { task in
        let group = groups.lowerBound + task
        try handle.call(column: column) { body(Int32(group), base + (starts[group] - first) * width, &$0) }
      }
    }
  }

  func find(_ name: String, _ kinds: Set<Column.Kind>, _ expected: String) throws -> Int {
    guard let index = columns.firstIndex(where: { $0.name == name }) else {
      throw InputError(.missing, path, at: Self.place(name), found: "no such column", remedy: "it has \(listing)")
    }
    guard kinds.contains(columns[index].kind) else {
      throw InputError(
        .unsupported, path, at: Self.place(name), expected: expected, found: "values of type \(columns[index].type)")
    }
    return index
  }

  func tooLarge(_ column: String) -> InputError {
    InputError(
      .malformed, path, at: Self.place(column), expected: "at most \(options.maximumBytes) bytes in memory",
      found: "more in \(rows) rows", remedy: "a file that claims this is damaged, or the machine is too small")
  }

  var listing: String {
    if columns.isEmpty { return "no columns" }
    let shown = columns.prefix(12).map { "\($0.name): \($0.type)" }.joined(separator: ", ")
    return columns.count > 12 ? "\(shown) and \(columns.count - 12) more" : shown
  }

  static func place(_ column: String) -> String { "column \"\(column)\"" }
}

extension ParquetFile.Column {
  fileprivate init(_ column: semid_parquet_column) {
    name = String(cString: column.name)
    type = String(cString: column.type)
    kind =
      switch UInt32(column.kind) {
      case SEMID_PARQUET_VECTOR.rawValue: .vector
      case SEMID_PARQUET_STRING.rawValue: .string
      case SEMID_PARQUET_INTEGER.rawValue: .integer
      case SEMID_PARQUET_FLOAT.rawValue: .float
      case SEMID_PARQUET_BOOLEAN.rawValue: .boolean
      case SEMID_PARQUET_TIME.rawValue: .time
      case SEMID_PARQUET_BYTES.rawValue: .bytes
      case SEMID_PARQUET_LIST.rawValue: .list
      default: .other
      }
  }
}
