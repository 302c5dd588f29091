public import Vectors

extension Identifiers {
  /// Names under which others keep ids, best first.
  private static let knownNames = ["item_id", "item_ids", "ids", "id", "parent_asin", "asin", "pid"]

  /// Reads a column of text or integers.
  ///
  /// - Parameter name: by default the first of the known names, or the only column of text.
  public static func read(_ file: ParquetFile, column name: String? = nil) throws -> StringColumn {
    let texts = file.columns.filter { $0.kind == .string }
    guard let name = name ?? column(of: file) else {
      throw unknown(file.path, "column", texts.map(\.name))
    }
    let isInteger = file.columns.first { $0.name == name }?.kind == .integer
    let ids = isInteger ? decimal(try file.integers(name)) : try file.strings(name)
    try check(ids, source: file.path)
    return ids
  }

  /// Reads a dataset of text or integers.
  ///
  /// - Parameter name: by default the first of the known names, or the only dataset of text.
  public static func read(_ file: HDF5File, dataset name: String? = nil) throws -> StringColumn {
    let texts = file.datasets.filter { $0.element == .string }
    guard let name = name ?? dataset(in: file, for: nil) ?? (texts.count == 1 ? texts[0].name : nil) else {
      throw unknown(file.path, "dataset", texts.map(\.name))
    }
    let dataset = try file.dataset(name)
    guard dataset.element == .integer else {
      let ids = try file.strings(name)
      try check(ids, source: file.path)
      return ids
    }
    let numbers = try file.integers(name)
    guard numbers.columns == 1 else {
      throw file.fault(dataset, expected: "one column", found: "\(numbers.columns)")
    }
    let ids = decimal(numbers.values)
    try check(ids, source: file.path)
    return ids
  }

  /// The column from which `read(_:column:)` takes the ids of a file by default; nil when there is none.
  public static func column(of file: ParquetFile) -> String? {
    let texts = file.columns.filter { $0.kind == .string }
    return column(in: file) ?? (texts.count == 1 ? texts[0].name : nil)
  }

  /// The column that holds ids, by its name; nil when none has a known one.
  static func column(in file: ParquetFile) -> String? {
    knownNames.first { name in
      file.columns.contains { $0.name == name && ($0.kind == .string || $0.kind == .integer) }
    }
  }

  /// The dataset that holds the ids of the rows of `vectors`, by its name: `train_ids` beside `train`, or a known one.
  static func dataset(in file: HDF5File, for vectors: HDF5File.Dataset?) -> String? {
    let own = vectors.map { ["\($0.name)_ids", "\($0.name)_id"] } ?? []
    return (own + knownNames).first { name in
      file.datasets.contains { dataset in
        dataset.name == name && dataset.shape.count == 1 && (dataset.element == .string || dataset.element == .integer)
          && vectors.map { $0.shape.first == dataset.shape[0] } ?? true
      }
    }
  }

  private static func unknown(_ path: String, _ noun: String, _ candidates: [String]) -> InputError {
    InputError(
      .usage, path, expected: "a \(noun) of ids",
      found: candidates.isEmpty ? "none" : candidates.joined(separator: ", "),
      remedy: "name the \(noun) to read")
  }
}
