#if HDF5
  import CHDF5
  package import Vectors

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
  package final class HDF5Writer {
    package enum Compression: Hashable, Sendable {
      /// In one run, which this engine maps in place.
      case none
      /// In chunks of half a megabyte, bytes shuffled, deflated. Level 0 … 9.
      case gzip(level: Int = 4)
    }

    let path: String
    let file: hid_t
    /// Datasets whose rows come in pieces; at the end they must be complete.
    private var begun: [Rows] = []

    /// Has `body` write a file's contents, then publishes it at `path`.
    ///
    /// - Throws: what `body` throws; `InputError` when the file cannot be written or a dataset lacks rows. What stood at
    ///   `path` is then untouched.
    package static func write<Result>(to path: String, _ body: (HDF5Writer) throws -> Result) throws -> Result {
      try AtomicFile.write(toPath: path) { temporary in
        let writer = try HDF5Writer(path: path, temporary: temporary)
        let result: Result
        do {
          result = try body(writer)
          try writer.checkComplete()
        } catch {
          try? writer.close()
          throw error
        }
        try writer.close()
        return result
      }
    }

    private init(path: String, temporary: String) throws {
      self.path = path
      let library = HDF5Library(path: path)
      file = try library.run {
        let access = try library.check(semid_h5_file_access())
        defer { H5Pclose(access) }
        // Vectors that are mapped start on a cache line.
        try library.check(H5Pset_alignment(access, 4096, 64))
        return try library.check(semid_h5_create(temporary, access))
      }
    }

    /// Writes a matrix as 32-bit floats, rows × columns.
    package func write(_ matrix: Matrix, as name: String, compression: Compression = .none) throws {
      try floats(name, rows: matrix.rows, columns: matrix.columns, compression: compression).append(matrix)
    }

    /// Begins a dataset of 32-bit floats whose rows come in pieces.
    package func floats(_ name: String, rows: Int, columns: Int, compression: Compression = .none) throws -> Rows {
      let library = HDF5Library(path: path, dataset: name)
      let dataset = try library.run {
        try create(name, type: semid_h5_file_float(), elementBytes: 4, shape: [rows, columns], compression, library)
      }
      let piecewise = Rows(library: library, dataset: dataset, rows: rows, columns: columns)
      begun.append(piecewise)
      return piecewise
    }

    /// Writes integers, rows × columns.
    ///
    /// - Precondition: `values.count == rows * columns`.
    package func write(
      _ values: Buffer<Int32>, rows: Int, columns: Int, as name: String, compression: Compression = .none
    ) throws {
      try write(
        values, [rows, columns], name, compression, stored: semid_h5_file_int32(), memory: semid_h5_native_int32())
    }

    /// Writes integers, rows × columns.
    ///
    /// - Precondition: `values.count == rows * columns`.
    package func write(
      _ values: Buffer<Int64>, rows: Int, columns: Int, as name: String, compression: Compression = .none
    ) throws {
      try write(
        values, [rows, columns], name, compression, stored: semid_h5_file_int64(), memory: semid_h5_native_int64())
    }

    /// Writes a row of 32-bit floats, as a dataset of one dimension.
    package func write(_ values: Buffer<Float>, as name: String, compression: Compression = .none) throws {
      try write(
        values, [values.count], name, compression, stored: semid_h5_file_float(), memory: semid_h5_native_float())
    }

    private func write<Value>(
      _ values: Buffer<Value>, _ shape: [Int], _ name: String, _ compression: Compression, stored: hid_t, memory: hid_t
    ) throws {
      precondition(values.count == shape.reduce(1, *), "a dataset needs rows × columns values")
      let library = HDF5Library(path: path, dataset: name)
      try library.run {
        let dataset = try create(
          name, type: stored, elementBytes: MemoryLayout<Value>.size, shape: shape, compression, library)
        defer { H5Dclose(dataset) }
        try values.withUnsafeBufferPointer {
          try library.writeRows(
            0..<shape[0], columns: shape.count > 1 ? shape[1] : nil, of: dataset, memory, from: $0.baseAddress)
        }
      }
    }

    /// Writes strings of varying length as UTF-8.
    ///
    /// - Throws: `InputError` for a string that holds a zero byte, which HDF5 takes for its end.
    package func write(_ strings: StringColumn, as name: String) throws {
      let library = HDF5Library(path: path, dataset: name)
      for row in strings.indices where strings.withUTF8(at: row, { $0.contains(0) }) {
        throw InputError(
          .unsupported, path, at: HDF5File.place(name) + ", row \(row) (from 0)",
          expected: "text without zero bytes", found: "one")
      }
      try library.run {
        let type = try library.check(semid_h5_text(semid_h5_variable()))
        defer { H5Tclose(type) }
        let dataset = try create(name, type: type, elementBytes: 16, shape: [strings.count], .none, library)
        defer { H5Dclose(dataset) }
        for start in stride(from: 0, to: strings.count, by: 8192) {
          let rows = start..<min(start + 8192, strings.count)
          try strings.withTerminatedPointers(rows) { pointers in
            try library.writeRows(rows, columns: nil, of: dataset, type, from: pointers.baseAddress)
          }
        }
      }
    }

    private func create(
      _ name: String, type: hid_t, elementBytes: Int, shape: [Int], _ compression: Compression, _ library: HDF5Library
    ) throws -> hid_t {
      let dimensions = shape.map { hsize_t($0) }
      let space = try library.check(H5Screate_simple(Int32(shape.count), dimensions, nil))
      defer { H5Sclose(space) }
      let creation = try library.check(semid_h5_dataset_creation())
      defer { H5Pclose(creation) }
      try library.check(H5Pset_obj_track_times(creation, false))
      // Every row is written; filling first would write the file twice. Strings that vary in length must be filled.
      if H5Tis_variable_str(type) == 0 {
        try library.check(H5Pset_fill_time(creation, H5D_FILL_TIME_NEVER))
      }
      if case .gzip(let level) = compression, !shape.contains(0) {
        let row = max(1, shape.dropFirst().reduce(elementBytes, *))
        // Half of the library's cache for chunks, so that pieces of any height deflate each chunk once.
        var chunk = dimensions
        chunk[0] = min(dimensions[0], hsize_t(max(1, (1 << 19) / row)))
        try library.check(H5Pset_chunk(creation, Int32(shape.count), chunk))
        try library.check(H5Pset_shuffle(creation))
        try library.check(H5Pset_deflate(creation, UInt32(min(max(level, 0), 9))))
      }
      let links = try library.check(semid_h5_link_creation())
      defer { H5Pclose(links) }
      return try library.check(H5Dcreate2(file, name, type, space, links, creation, semid_h5_default()))
    }

    private func checkComplete() throws {
      for rows in begun where rows.written != rows.rows {
        throw InputError(
          .mismatch, path, at: rows.library.place, expected: "\(rows.rows) rows", found: "\(rows.written)")
      }
    }

    private func close() throws {
      let library = HDF5Library(path: path)
      try library.run {
        let closed = begun.map { H5Dclose($0.dataset) }
        try library.check(H5Fclose(file))
        try library.check(closed.min() ?? 0)
      }
    }
  }

  extension HDF5Writer {
    /// A dataset of floats in the making. Use it inside the call that wrote the file only.
    package final class Rows {
      let library: HDF5Library
      let dataset: hid_t
      let rows: Int
      let columns: Int
      /// Rows appended so far.
      package private(set) var written = 0

      init(library: HDF5Library, dataset: hid_t, rows: Int, columns: Int) {
        self.library = library
        self.dataset = dataset
        self.rows = rows
        self.columns = columns
      }

      /// Appends the rows of `piece`, which has the dataset's columns.
      package func append(_ piece: Matrix) throws {
        guard piece.columns == columns, piece.rows <= rows - written else {
          throw InputError(
            .mismatch, library.path, at: library.place,
            expected: "at most \(rows - written) more rows of \(columns) columns",
            found: "\(piece.rows) of \(piece.columns)")
        }
        let range = written..<written + piece.rows
        try piece.withUnsafeBufferPointer { values in
          try library.run {
            try library.writeRows(
              range, columns: columns, of: dataset, semid_h5_native_float(), from: values.baseAddress)
          }
        }
        written = range.upperBound
      }
    }
  }

  extension HDF5Library {
    /// Writes whole rows of a dataset of two dimensions, or of one where `columns` is nil.
    fileprivate func writeRows(
      _ rows: Range<Int>, columns: Int?, of dataset: hid_t, _ type: hid_t, from values: UnsafeRawPointer?
    ) throws {
      guard !rows.isEmpty, columns != 0, let values else { return }
      let start = [hsize_t(rows.lowerBound)] + (columns == nil ? [] : [0])
      let count = [hsize_t(rows.count)] + (columns.map { [hsize_t($0)] } ?? [])
      let memory = try check(H5Screate_simple(Int32(count.count), count, nil))
      defer { H5Sclose(memory) }
      let space = try check(H5Dget_space(dataset))
      defer { H5Sclose(space) }
      try check(H5Sselect_hyperslab(space, H5S_SELECT_SET, start, nil, count, nil))
      try check(H5Dwrite(dataset, type, memory, space, semid_h5_default(), values))
    }
  }

  extension StringColumn {
    /// Calls `body` with a zero-terminated copy of each string of `rows`.
    fileprivate func withTerminatedPointers(
      _ rows: Range<Int>, _ body: (UnsafeBufferPointer<UnsafePointer<UInt8>>) throws -> Void
    ) throws {
      var text: [UInt8] = []
      var starts: [Int] = []
      for row in rows {
        starts.append(text.count)
        withUTF8(at: row) { text.append(contentsOf: $0) }
        text.append(0)
      }
      try text.withUnsafeBufferPointer { text in
        guard let base = text.baseAddress else { return }
        try starts.map { base + $0 }.withUnsafeBufferPointer(body)
      }
    }
  }
#endif
