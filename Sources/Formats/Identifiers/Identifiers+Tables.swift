package import Vectors

extension Identifiers {
  /// Reads a column of text or whole numbers, which may be stored as floats.
  ///
  /// - Parameter name: by default the first of the known names, or the only column there is.
  /// - Throws: `InputError` where neither is there, and for a column of another type.
  package static func read(_ file: ParquetFile, column name: String? = nil) throws -> StringColumn {
    guard let name = name ?? column(of: file) else {
      throw unknown(file.path, "column", file.columns.map(\.name))
    }
    let ids = try texts(of: file, column: name)
    try check(ids, source: file.path)
    return ids
  }

  /// Reads a dataset of text or whole numbers, which may be stored as floats.
  ///
  /// - Parameter name: by default the first of the known names, or the only dataset there is.
  package static func read(_ file: HDF5File, dataset name: String? = nil) throws -> StringColumn {
    let only = file.datasets.count == 1 ? file.datasets[0].name : nil
    let known = KnownNames.itemIDs.first(in: file.datasets.map(\.name))
    guard let name = name ?? known ?? only else {
      throw unknown(file.path, "dataset", file.datasets.map(\.name))
    }
    let ids = try texts(of: file, dataset: name)
    try check(ids, source: file.path)
    return ids
  }

  /// Reads a column of a `.csv` or `.tsv` file.
  ///
  /// - Parameter name: by default the first of the known names, or the only column there is.
  static func read(_ file: CSVFile, column name: String? = nil) throws -> StringColumn {
    let only = file.names.count == 1 ? file.names[0] : nil
    guard let name = name ?? KnownNames.itemIDs.first(in: file.names) ?? only else {
      throw unknown(file.source, "column", file.names)
    }
    let ids = try texts(of: file, column: name)
    try check(ids, source: file.source)
    return ids
  }

  /// The column from which `read(_:column:)` takes the ids of a file by default; nil when there is none.
  package static func column(of file: ParquetFile) -> String? {
    KnownNames.itemIDs.first(in: file.columns.map(\.name)) ?? (file.columns.count == 1 ? file.columns[0].name : nil)
  }

  /// The ids of a column, not checked for repeats.
  static func texts(of file: ParquetFile, column name: String) throws -> StringColumn {
    switch file.columns.first(where: { $0.name == name })?.kind {
    case .integer: return decimal(try file.integers(name))
    case .float:
      return try whole(file.floats(name).array, source: file.path, place: ParquetFile.place(name))
    case .string, nil: return try file.strings(name)
    default:
      let type = file.columns.first { $0.name == name }?.type ?? ""
      throw unusable(file.path, ParquetFile.place(name), type, "column")
    }
  }

  /// The ids of a dataset, not checked for repeats.
  static func texts(of file: HDF5File, dataset name: String) throws -> StringColumn {
    let dataset = try file.dataset(name)
    let place = HDF5File.place(name)
    guard dataset.shape.count == 1 || (dataset.shape.count == 2 && dataset.shape[1] == 1) else {
      throw file.fault(dataset, expected: "one column of ids", found: dataset.description)
    }
    switch dataset.element {
    case .string: return try file.strings(name)
    case .integer: return decimal(try file.integers(name).values)
    case .float:
      return try whole(file.doubles(name).array, source: file.path, place: place)
    case .other: throw unusable(file.path, place, dataset.description, "dataset")
    }
  }

  /// The ids of a column of text, not checked for repeats. Where the first is a number with a point, all are.
  static func texts(of file: CSVFile, column name: String) throws -> StringColumn {
    let texts = try file.strings(name)
    let first = texts.first ?? ""
    guard Int64(first) == nil, Double(first) != nil else { return texts }
    return try whole(texts.map { Double($0) ?? .nan }, source: file.source, place: "column \"\(name)\"")
  }

  /// The ids of an array, not checked for repeats.
  static func texts(of array: NumericArray) throws -> StringColumn {
    guard array.shape.count == 1 || (array.shape.count == 2 && array.shape[1] == 1) else {
      throw array.fault(expected: "one dimension", found: "shape \(text(array.shape))")
    }
    if array.elementType.isFloatingPoint {
      return try whole(array.doubles(), source: array.source, place: array.place)
    }
    return array.elementType == .uint64
      ? decimal(try array.integers(as: UInt64.self)) : decimal(try array.integers(as: Int64.self))
  }

  static func texts(of array: NPYArray) throws -> StringColumn {
    array.elementType == nil ? try array.strings() : try texts(of: array.numbers())
  }

  /// Whole numbers that are stored as floats, as tables do where some value was missing once, as their digits.
  private static func whole(_ numbers: [Double], source: String, place: String?) throws -> StringColumn {
    // Beyond 2⁵³ a double does not tell whole numbers apart.
    for (row, number) in numbers.enumerated() where number.rounded() != number || abs(number) > 0x1p53 {
      throw InputError(
        .unsupported, source, at: [place, "row \(row) (from 0)"].compactMap(\.self).joined(separator: ", "),
        expected: "ids: text, or whole numbers up to 2⁵³", found: "\(number)",
        remedy: "store the ids as text, or name others with --ids")
    }
    return decimal(Buffer(numbers.map { Int64($0) }))
  }

  private static func unusable(_ path: String, _ place: String, _ type: String, _ noun: String) -> InputError {
    InputError(
      .unsupported, path, at: place, expected: "ids: text or whole numbers", found: "values of type \(type)",
      remedy: NamedArrays.idsRemedy(noun))
  }

  private static func unknown(_ path: String, _ noun: String, _ names: [String]) -> InputError {
    InputError(
      .usage, path, expected: "a \(noun) of ids under a known name (\(KnownNames.itemIDs.listing))",
      found: names.isEmpty ? "none" : names.prefix(20).joined(separator: ", "),
      remedy: "name the \(noun) to read")
  }
}
