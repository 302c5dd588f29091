import CParquet
package import Vectors

extension ParquetFile {
  /// A column of vectors as a matrix, rounded to Float32 where it is wider: lists of numbers, fixed-shape tensors, or bytes
  /// that are float32, little-endian.
  ///
  /// - Parameter column: by default a known name (`KnownNames.vectors`), or the only column of lists of numbers.
  /// - Throws: `InputError` naming the column, and the row of a missing value or of a vector of another length.
  package func matrix(_ column: String? = nil, rowGroups: Range<Int>? = nil) throws -> Matrix {
    let name = try contents.vectors(column).name
    if columns.allSatisfy({ $0.name != name }), Glob.isPattern(name) { return try matrix(of: family(name), rowGroups) }
    let index = try find(name, [.vector, .bytes, .string], "lists of numbers, or bytes that are float32")
    guard columns[index].holdsVectors else {
      throw InputError(
        .unsupported, path, at: Self.place(name), expected: "lists of numbers, or bytes that are float32",
        found: "values of type \(columns[index].type)")
    }
    var width: Int64 = 0
    try handle.call(column: name) { semid_parquet_width(handle.file, Int32(index), &width, &$0) }
    let values = try read(name, rowGroups, Int(width), as: Float.self) { group, values, fault in
      semid_parquet_read_vectors(handle.file, Int32(index), group, width, values, &fault)
    }
    return Matrix(rows: rows(of: rowGroups).count, columns: Int(width), values: values)
  }

  /// Columns of numbers side by side, one for each dimension.
  func matrix(of names: [String], _ rowGroups: Range<Int>? = nil) throws -> Matrix {
    let indices = try names.map { try find($0, [.float, .integer], "numbers") }
    let values = try read(names[0] + ", …", rowGroups, names.count, as: Float.self) { group, values, fault in
      for (offset, index) in indices.enumerated() {
        let status = semid_parquet_read_numbers(
          handle.file, Int32(index), group, Int64(indices.count), values + offset, &fault)
        if status != 0 { return status }
      }
      return 0
    }
    return Matrix(rows: rows(of: rowGroups).count, columns: names.count, values: values)
  }

  /// The columns that a pattern names.
  private func family(_ pattern: String) throws -> [String] {
    let names = Glob.expand(pattern, in: columns.map(\.name))
    guard !names.isEmpty else {
      throw InputError(
        .missing, path, at: Self.place(pattern), expected: "columns of numbers", found: "none of such names",
        remedy: "it has \(listing)")
    }
    return names
  }

  /// The vectors under a name or a pattern, and how they are stored, where that is worth telling.
  func vectors(_ name: String) throws -> (matrix: Matrix, detail: String?) {
    let matrix = try matrix(name)
    guard let column = columns.first(where: { $0.name == name }) else {
      let names = try family(name)
      return (matrix, names.count > 1 ? "columns \(names[0]) to \(names[names.count - 1])" : "column \(names[0])")
    }
    switch column.kind {
    case .vector where column.type.contains(": float") && !column.type.contains("extension"): return (matrix, nil)
    case .vector: return (matrix, column.type)
    default: return (matrix, "float32 from \(column.type)")
    }
  }

  /// What the columns may be.
  var contents: NamedArrays {
    let numbers = columns.filter { $0.kind == .float || $0.kind == .integer }
    let families = ColumnFamily.all(in: numbers.map(\.name))
    let members = Set(families.flatMap(\.names))
    let floats = Set(numbers.filter { $0.kind == .float }.map(\.name))
    let single = columns.map { column in
      var array = NamedArray(name: column.name, type: column.type, form: column.form, rows: rows)
      // Bytes are vectors under a known name only: keys and digests are bytes, too.
      if column.kind != .vector, column.holdsVectors, KnownNames.vectors.names.contains(array.lastPart) {
        array.form = .matrix
      }
      if array.form == .integers, members.contains(column.name) { array.form = .other }
      return array
    }
    let composed = families.filter { family in
      KnownNames.vectors.names.contains(family.base) || family.names.allSatisfy(floats.contains)
    }.map { family in
      NamedArray(
        name: family.pattern, type: "\(family.names.count) columns of numbers", form: .matrix, rows: rows,
        isComposed: true, knownAs: family.base)
    }
    return NamedArrays(source: path, noun: "column", arrays: single + composed)
  }
}

extension ParquetFile.Column {
  /// Whether a row of it can be a vector.
  var holdsVectors: Bool {
    switch kind {
    case .vector, .bytes: true
    case .string: type.contains("binary")
    default: false
    }
  }

  fileprivate var form: NamedArray.Form {
    switch kind {
    case .vector: .matrix
    case .string: .texts
    case .integer: .integers
    case .float: .floats
    case .bytes, .boolean, .time, .list, .other: .other
    }
  }
}
