import CHDF5
public import Vectors

/// Writes HDF5 files that h5py, MATLAB, R and the HDF5 tools open: datasets of floats, integers and strings, and
/// attributes of the root group.
///
/// ```swift
/// try HDF5Writer.write(to: "items.h5") { file in
///   try file.write(vectors, as: "embeddings", compression: .gzip(level: 4))
///   try file.write(ids, as: "ids")
///   try file.set("angular", attribute: "distance")
/// }
/// ```
///
/// The file appears whole or not at all. It carries no time stamps: same input, same bytes.
public final class HDF5Writer {
  public enum Compression: Hashable, Sendable {
    /// In one run, which this engine maps in place.
    case none
    /// In chunks of half a megabyte, bytes shuffled, deflated. Level 0 … 9.
    case gzip(level: Int = 4)
  }

  let path: String
  let file: hid_t
  /// Datasets begun with `floats(_:rows:columns:)`, to be checked for completeness at the end.
  private var begun: [Rows] = []

  /// Has `body` write a file's contents, then publishes it at `path`.
  ///
  /// - Throws: what `body` throws; `InputError` when the file cannot be written or a dataset lacks rows. What stood at
  ///   `path` is then untouched.
  public static func write<Result>(to path: String, _ body: (HDF5Writer) throws -> Result) throws -> Result {
    try AtomicFile.write(toPath: path) { temporary in
      let writer = try HDF5Writer(path: path, temporary: temporary)
      let result: Result
      do {
        result = try body(writer)
        try writer.checkComplete()
      } catch {
        writer.abandon()
        throw error
      }
      try writer.close()
      return result
    }
  }

  private init(path: String, temporary: String) throws {
    self.path = path
    file = try Self.inLibrary(path) { () throws(LibraryFailure) in
      let access = semid_h5_file_access()
      defer { H5Pclose(access) }
      // Vectors that are mapped start on a cache line.
      H5Pset_alignment(access, 4096, 64)
      return try check(H5Fcreate(temporary, H5F_ACC_TRUNC_, semid_h5_default(), access))
    }
  }

  /// Writes a matrix as 32-bit floats, rows × columns.
  public func write(_ matrix: Matrix, as name: String, compression: Compression = .none) throws {
    try floats(name, rows: matrix.rows, columns: matrix.columns, compression: compression).append(matrix)
  }

  /// Begins a dataset of 32-bit floats whose rows come in pieces.
  public func floats(_ name: String, rows: Int, columns: Int, compression: Compression = .none) throws -> Rows {
    let dataset = try create(name, type: semid_h5_file_float(), shape: [rows, columns], compression)
    let rows = Rows(path: path, name: name, dataset: dataset, rows: rows, columns: columns)
    begun.append(rows)
    return rows
  }

  /// Writes integers, rows × columns.
  ///
  /// - Precondition: `values.count == rows * columns`.
  public func write(
    _ values: Buffer<Int32>, rows: Int, columns: Int, as name: String, compression: Compression = .none
  ) throws {
    try write(
      values, rows, columns, name, compression, file: semid_h5_file_int32(), memory: semid_h5_native_int32())
  }

  /// Writes integers, rows × columns.
  ///
  /// - Precondition: `values.count == rows * columns`.
  public func write(
    _ values: Buffer<Int64>, rows: Int, columns: Int, as name: String, compression: Compression = .none
  ) throws {
    try write(
      values, rows, columns, name, compression, file: semid_h5_file_int64(), memory: semid_h5_native_int64())
  }

  /// Writes strings of varying length as UTF-8.
  ///
  /// - Throws: `InputError` for a string that holds a zero byte, which HDF5 takes for its end.
  public func write(_ strings: StringColumn, as name: String) throws {
    for row in strings.indices where strings.withUTF8(at: row, { $0.contains(0) }) {
      throw InputError(
        .unsupported, path, at: HDF5File.place(name) + ", row \(row) (from 0)", expected: "text without zero bytes",
        found: "one")
    }
    let dataset = try Self.inLibrary(path) { () throws(LibraryFailure) in semid_h5_text(semid_h5_variable()) }
    defer { HDF5Library.lock.withLock { _ in _ = H5Tclose(dataset) } }
    let target = try create(name, type: dataset, shape: [strings.count], .none)
    defer { HDF5Library.lock.withLock { _ in _ = H5Dclose(target) } }
    // Zero-terminated copies of some thousand strings at a time.
    for start in stride(from: 0, to: strings.count, by: 8192) {
      let rows = start..<min(start + 8192, strings.count)
      var text: [CChar] = []
      var offsets: [Int] = []
      for row in rows {
        offsets.append(text.count)
        strings.withUTF8(at: row) { text.append(contentsOf: $0.lazy.map { CChar(bitPattern: $0) }) }
        text.append(0)
      }
      try text.withUnsafeBufferPointer { text in
        let pointers = offsets.map { text.baseAddress.unsafelyUnwrapped + $0 }
        try Self.inLibrary(path, HDF5File.place(name)) { () throws(LibraryFailure) in
          try pointers.withUnsafeBytes { pointers throws(LibraryFailure) in
            try write(rows: rows, columns: nil, of: target, memory: dataset, from: pointers.baseAddress)
          }
        }
      }
    }
  }

  /// Sets a text attribute of the root group.
  public func set(_ text: String, attribute name: String) throws {
    let bytes = Array(text.utf8)
    guard !bytes.contains(0) else {
      throw InputError(
        .unsupported, path, at: "attribute \"\(name)\"", expected: "text without zero bytes", found: "one")
    }
    try Self.inLibrary(path, "attribute \"\(name)\"") { () throws(LibraryFailure) in
      let type = semid_h5_text(max(bytes.count, 1))
      defer { H5Tclose(type) }
      H5Tset_strpad(type, H5T_STR_NULLPAD)
      try bytes.isEmpty
        ? attribute(name, file: type, memory: type, value: [UInt8(0)])
        : attribute(name, file: type, memory: type, value: bytes)
    }
  }

  /// Sets a 64-bit integer attribute of the root group.
  public func set(_ number: Int, attribute name: String) throws {
    try Self.inLibrary(path, "attribute \"\(name)\"") { () throws(LibraryFailure) in
      try attribute(name, file: semid_h5_file_int64(), memory: semid_h5_native_int64(), value: [Int64(number)])
    }
  }

  private func checkComplete() throws {
    for rows in begun where rows.written != rows.rows {
      throw InputError(
        .mismatch, path, at: HDF5File.place(rows.name), expected: "\(rows.rows) rows", found: "\(rows.written)")
    }
  }

  private func close() throws {
    HDF5Library.lock.withLock { _ in for rows in begun { H5Dclose(rows.dataset) } }
    try Self.inLibrary(path) { () throws(LibraryFailure) in _ = try check(H5Fclose(file)) }
  }

  private func abandon() {
    HDF5Library.lock.withLock { _ in
      for rows in begun { H5Dclose(rows.dataset) }
      H5Fclose(file)
    }
  }
}

extension HDF5Writer {
  /// A dataset of floats in the making.
  public final class Rows {
    let path: String
    let name: String
    let dataset: hid_t
    let rows: Int
    let columns: Int
    /// Rows appended so far.
    public private(set) var written = 0

    init(path: String, name: String, dataset: hid_t, rows: Int, columns: Int) {
      self.path = path
      self.name = name
      self.dataset = dataset
      self.rows = rows
      self.columns = columns
    }

    /// Appends the rows of `piece`, which has the dataset's columns.
    public func append(_ piece: Matrix) throws {
      guard piece.columns == columns, piece.rows <= rows - written else {
        throw InputError(
          .mismatch, path, at: HDF5File.place(name),
          expected: "at most \(rows - written) more rows of \(columns) columns",
          found: "\(piece.rows) of \(piece.columns)")
      }
      try piece.withUnsafeBufferPointer { values in
        try HDF5Writer.inLibrary(path, HDF5File.place(name)) { () throws(LibraryFailure) in
          try HDF5Writer.write(
            rows: written..<written + piece.rows, columns: columns, of: dataset, memory: semid_h5_native_float(),
            from: UnsafeRawPointer(values.baseAddress))
        }
      }
      written += piece.rows
    }
  }
}
