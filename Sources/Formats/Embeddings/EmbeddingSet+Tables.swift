import Vectors

extension EmbeddingSet {
  /// Names that ids go by in HDF5 files, most telling first; the vectors' own name with `_ids` comes before them.
  static let idDatasetNames = ["ids", "item_ids", "item_id"]
  static let idColumnNames = ["item_id", "id", "ids"]

  static func readHDF5(_ path: String, _ options: Options) throws -> (vectors: Matrix, ids: StringColumn?) {
    let file = try HDF5File(path: path)
    let vectors = try file.matrix(options.vectors)
    guard options.readsIDs, options.idsPath == nil else { return (vectors, nil) }
    let candidates =
      (options.vectors.map { [$0 + "_ids"] } ?? HDF5File.matrixNames.map { $0 + "_ids" }) + idDatasetNames
    guard let name = options.ids ?? candidates.first(where: { name in file.datasets.contains { $0.name == name } })
    else { return (vectors, nil) }
    let ids: StringColumn
    if try file.dataset(name).element == .integer {
      let integers = try file.integers(name)
      ids = StringColumn(integers.values.array.map(String.init))
    } else {
      ids = try file.strings(name)
    }
    try Identifiers.check(ids, source: "\(path), dataset \(name)")
    return (vectors, ids)
  }

  static func readParquet(
    _ path: String, _ options: Options, _ pool: ThreadPool
  ) throws -> (vectors: Matrix, ids: StringColumn?) {
    let file = try ParquetFile(path: path, options: .init(pool: pool))
    let vectors = try file.matrix(options.vectors)
    guard options.readsIDs, options.idsPath == nil else { return (vectors, nil) }
    guard let name = options.ids ?? idColumnNames.first(where: { name in file.columns.contains { $0.name == name } })
    else { return (vectors, nil) }
    let isInteger = file.columns.first { $0.name == name }?.kind == .integer
    let ids = try isInteger ? StringColumn(file.integers(name).array.map(String.init)) : file.strings(name)
    try Identifiers.check(ids, source: "\(path), column \(name)")
    return (vectors, ids)
  }
}
