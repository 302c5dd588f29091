import SemanticID

/// Tables. Each target reads all that there is to read in what it opens, within 64 MiB.
extension FuzzTarget {
  static let tables = [hdf5, parquet, csv, jsonRows, codeLines, codeIndex]

  private static let matrix = Matrix(rows: 9, columns: 3, values: (0..<27).map { Float($0) / 4 })
  private static let ids = StringColumn((0..<9).map { "item-\($0)" })

  /// The child that runs libhdf5 may die; this process may not.
  private static let hdf5 = FuzzTarget.file("hdf5", extension: "h5") { folder in
    try HDF5Writer.write(to: folder + "/plain") { file in
      try file.write(matrix, as: "train")
      try file.write(ids, as: "ids")
      try file.set("euclidean", attribute: "distance")
    }
    try HDF5Writer.write(to: folder + "/packed") { file in
      try file.write(matrix, as: "deep/train", compression: .gzip())
      try file.write(Buffer<Int32>([1, 2, -3, 4]), rows: 2, columns: 2, as: "neighbors", compression: .gzip())
      try file.set(3, attribute: "dimension")
    }
    try HDF5Writer.write(to: folder + "/rows") { file in
      for row in 0..<4 {
        try file.write(Buffer<Int64>([1, 2, Int64(row)]), rows: 1, columns: 3, as: "items/\(row)")
      }
    }
  } read: { path in
    let file = try HDF5File(path: path, options: .init(maximumBytes: 64 << 20, patience: 0))
    for group in ["", "items"] {
      try ignoringRefusals {
        let (names, vectors) = try file.namedRows(in: group)
        precondition(names.count == vectors.rows && vectors.values.count == vectors.rows * vectors.columns)
        touch(names)
      }
    }
    for dataset in file.datasets.prefix(4) {
      try ignoringRefusals {
        switch dataset.element {
        case .float: _ = try file.matrix(dataset.name).values.array
        case .integer: _ = try file.integers(dataset.name, as: Int32.self)
        case .string: touch(try file.strings(dataset.name))
        case .other: break
        }
      }
    }
  }

  private static let parquet = FuzzTarget.file("parquet", extension: "parquet") { folder in
    let columns: [ParquetWriter.Column] = [
      .string("id"), .vector("v", columns: 3), .vector("w", columns: 3, fixedSize: true), .int32("c"), .double("d"),
    ]
    for compression in [ParquetWriter.Compression.none, .snappy, .zstd()] {
      let options = ParquetWriter.Options(compression: compression, rowGroupRows: 5)
      try ParquetWriter.write(to: folder + "/\(compression)", columns: columns, options: options) { file in
        try file.append([
          .strings(ids), .matrix(matrix), .matrix(matrix), .int32(Buffer(0..<9)),
          .double(Buffer((0..<9).map(Double.init))),
        ])
      }
    }
  } read: { path in
    let file = try ParquetFile(path: path, options: .init(maximumBytes: 64 << 20, pool: ThreadPool(threads: 1)))
    // One column per dimension.
    try ignoringRefusals { _ = try file.matrix("*").values.array }
    for column in file.columns.prefix(16) {
      try ignoringRefusals {
        switch column.kind {
        case .vector: _ = try file.matrix(column.name).values.array
        case .string: touch(try file.strings(column.name))
        case .integer: _ = try file.integers(column.name)
        case .float: _ = try file.floats(column.name)
        case .bytes: _ = try file.matrix(column.name).values.array
        case .boolean, .time, .list, .other: break
        }
        // With values that may be missing.
        switch column.kind {
        case .vector, .bytes, .other: break
        default: _ = try file.optionalColumn(column.name).present.array
        }
      }
    }
  }

  /// Codes as JSON lines. What is accepted has as many codes for every item.
  private static let codeLines = FuzzTarget.file("code-lines", extension: "jsonl") { folder in
    try AtomicFile.write(
      """
      {"codes":[0,5],"item":"x","tokens":"<a_0><b_5>"}

      {"item":"na\\u00efve","codes":[1,65535]}
      """, to: folder + "/two")
    try AtomicFile.write("{\"codes\":[3]}\r\n", to: folder + "/one")
  } read: { path in
    let table = try CodesTable(opening: path, pool: ThreadPool(threads: 1))
    precondition(table.codes.values.count == table.codes.count * table.codes.levels, "items of other levels")
    precondition(table.ids.map { $0.count == table.codes.count } ?? true, "ids of other items")
  }

  /// Text formats of tables. What is read has as many values in each column as there are rows.
  private static func text(_ format: String, _ seeds: [String]) -> FuzzTarget {
    FuzzTarget.file("table-" + format, extension: format) { folder in
      for (number, seed) in seeds.enumerated() { try AtomicFile.write(seed, to: folder + "/\(number)") }
    } read: { path in
      let table = try DataTable(opening: path, pool: ThreadPool(threads: 1))
      for column in table.columns.prefix(16) {
        try ignoringRefusals {
          let present = try table.column(column.name).present.count
          precondition(present == table.rows, "a column of other rows")
          touch(try table.texts(column.name).texts)
        }
      }
    }
  }

  private static let csv = text(
    "csv", ["id,title\n1,\"a, \"\"b\"\"\"\n2,\n", "user_id\r\n2024-01-31T12:30:00+02:00\r\n"])
  private static let jsonRows = text(
    "json", ["[{\"id\": 1, \"tags\": [\"a\", 2]}, {\"id\": \"x\"}]", "{\"a\": {\"title\": \"t\"}}"])

  /// Codes made elsewhere, item by item.
  private static let codeIndex = FuzzTarget.file("code-index", extension: "json") { folder in
    try AtomicFile.write("{\"a\": [\"<a_3>\", \"<b_9>\"], \"b\": [\"<a_0>\", \"<b_0>\"]}", to: folder + "/index")
    try AtomicFile.write("[{\"item_id\": \"a\", \"sid\": \"3-9-1\"}]", to: folder + "/text")
  } read: { path in
    let table = try CodesTable(opening: path, pool: ThreadPool(threads: 1))
    precondition(table.ids.map { $0.count == table.count } ?? true, "ids of other items")
    try ignoringRefusals { _ = try table.stored() }
  }

  // Not `_ = Array(column)`: Swift 6.3 frees an array that nobody uses before it has filled it, which the address
  // sanitizer reports.
  private static func touch(_ column: StringColumn) {
    for text in column { precondition(text.utf8.count <= column.bytes.count, "more text than bytes") }
  }

  /// One column refused is no reason not to read the next.
  private static func ignoringRefusals(_ body: () throws -> Void) throws {
    do { try body() } catch is InputError {}
  }
}
