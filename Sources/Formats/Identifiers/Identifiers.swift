package import Vectors

/// Item ids: one text per row, none empty, no two equal.
///
/// Read from a `.json` list of strings or whole numbers, a `.txt` with one per line, an `.npy` of strings or integers,
/// a column of a `.parquet`, `.csv` or `.tsv` (also as `.gz`), or a dataset of an `.h5`. Numbers become their decimal
/// digits.
package enum Identifiers {
  /// The extensions that `read(path:)` knows.
  package static let extensions = ["json", "txt", "npy", "parquet", "h5", "hdf5"] + CSVFile.extensions

  /// Reads ids by the file's extension.
  ///
  /// - Throws: `InputError` naming the place in the file; for an empty or repeated id, the rows (from 0).
  package static func read(path: String) throws -> StringColumn {
    if ParquetParts.isTable(path) {
      let ids = StringColumn(joining: try ParquetParts.paths(at: path).map { try read(ParquetFile(path: $0)) })
      try check(ids, source: path)
      return ids
    }
    guard let format = extensions.first(where: { path.lowercased().hasSuffix("." + $0) }) else {
      throw InputError(
        .unsupported, path,
        expected: "ids in a file of type .json, .txt, .npy, .parquet, .h5, .hdf5, .csv or .tsv, the last two also "
          + "as .gz",
        found: "another extension")
    }
    if format == "parquet" { return try read(ParquetFile(path: path)) }
    if CSVFile.isNamed(path) { return try read(CSVFile(path: path)) }
    if format == "h5" || format == "hdf5" { return try read(HDF5File(path: path)) }
    let file = try MappedFile(path: path)
    guard let bytes = Buffer<UInt8>(mapping: file, offset: 0, count: file.count) else {
      throw InputError(.io, path, found: "cannot be mapped")
    }
    switch format {
    case "json": return try read(json: bytes, source: path)
    case "txt": return try read(lines: bytes, source: path)
    default: return try read(NPYArray(bytes: bytes, source: path))
    }
  }

  /// Reads a JSON list of strings or whole numbers.
  package static func read(json bytes: Buffer<UInt8>, source: String) throws -> StringColumn {
    var builder = StringColumnBuilder()
    try bytes.withUnsafeBufferPointer { bytes in
      var scanner = JSONScanner(bytes: UnsafeRawBufferPointer(bytes), source: source)
      try scanner.array { row, scanner in
        switch scanner.peek() {
        case UInt8(ascii: "\"")?: try scanner.string(appendingTo: &builder.bytes)
        case let byte? where byte == UInt8(ascii: "-") || (0x30...0x39).contains(byte):
          builder.bytes.append(contentsOf: try scanner.wholeNumber())
        default: throw scanner.unexpected("an id of row \(row) (from 0): a string or a whole number")
        }
        builder.endRow()
      }
      try scanner.end()
    }
    let column = builder.column()
    try check(column, source: source)
    return column
  }

  /// Reads one id per line; lines end with LF or CRLF, the last one's end may be missing.
  package static func read(lines bytes: Buffer<UInt8>, source: String) throws -> StringColumn {
    var builder = StringColumnBuilder(bytes: bytes.count)
    try bytes.withUnsafeBufferPointer { bytes in
      // A byte order mark is no part of the first id.
      var rest = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...]
      var row = 0
      while !rest.isEmpty {
        let end = rest.firstIndex(of: 0x0A) ?? rest.endIndex
        var line = rest[..<end]
        if line.last == 0x0D { line = line.dropLast() }
        guard isValidUTF8(UnsafeBufferPointer(rebasing: line)) else {
          throw InputError(
            .malformed, source, at: "row \(row) (from 0)", expected: "UTF-8 text", found: "other bytes")
        }
        builder.bytes.append(contentsOf: line)
        builder.endRow()
        rest = rest[min(end + 1, rest.endIndex)...]
        row += 1
      }
    }
    let column = builder.column()
    try check(column, source: source)
    return column
  }

  /// Reads an array of strings or whole numbers.
  package static func read(_ array: NPYArray) throws -> StringColumn {
    let column = try texts(of: array)
    try check(column, source: array.source)
    return column
  }

  /// Numbers as their digits.
  static func decimal(_ numbers: Buffer<some FixedWidthInteger & BitwiseCopyable & Sendable>) -> StringColumn {
    var builder = StringColumnBuilder(rows: numbers.count)
    numbers.withUnsafeBufferPointer { numbers in
      for number in numbers {
        builder.bytes.append(contentsOf: String(number).utf8)
        builder.endRow()
      }
    }
    return builder.column()
  }

  /// - Throws: `InputError` for an empty id, or for the first row (from 0) whose id another has, naming both. O(N).
  package static func check(_ ids: StringColumn, source: String) throws {
    // Open addressing at half load; a row number plus one in each taken slot. Hashes are keyed at random by the system,
    // so that no file can be made to collide; the answer does not depend on them.
    var capacity = 16
    while capacity < ids.count * 2 { capacity *= 2 }
    var slots = [UInt32](repeating: 0, count: capacity)
    guard ids.count < Int(UInt32.max) else {
      throw InputError(.unsupported, source, expected: "fewer than 2³² ids", found: "\(ids.count)")
    }
    for row in ids.indices {
      try ids.withUTF8(at: row) { text in
        guard !text.isEmpty else {
          throw InputError(.malformed, source, at: "row \(row) (from 0)", expected: "an id", found: "an empty text")
        }
        var hasher = Hasher()
        hasher.combine(bytes: UnsafeRawBufferPointer(text))
        var slot = hasher.finalize() & (capacity - 1)
        while slots[slot] != 0 {
          let other = Int(slots[slot]) - 1
          if ids.withUTF8(at: other, { $0.elementsEqual(text) }) {
            throw InputError(
              .malformed, source, at: "row \(row) (from 0)", expected: "an id of its own",
              found: "\"\(String(decoding: text.prefix(60), as: UTF8.self))\", the id of row \(other) too")
          }
          slot = (slot + 1) & (capacity - 1)
        }
        slots[slot] = UInt32(row + 1)
      }
    }
  }

  /// Writes ids as a JSON list, one per line.
  package static func write(_ ids: StringColumn, json path: String) throws {
    try AtomicFile.write(to: path) { writer in
      try writer.write("[")
      for row in ids.indices { try writer.write((row == 0 ? "\n" : ",\n") + jsonString(ids[row])) }
      try writer.write("\n]\n")
    }
  }
}
