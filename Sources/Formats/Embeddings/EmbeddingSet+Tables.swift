import Vectors

extension EmbeddingSet {
  static func readHDF5(_ path: String, _ options: Options) throws -> (vectors: Matrix, ids: StringColumn?) {
    let file = try HDF5File(path: path)
    let dataset = try file.matrixDataset(options.vectors)
    let vectors = try file.matrix(dataset.name)
    guard options.readsIDs, options.idsPath == nil else { return (vectors, nil) }
    let name = options.ids ?? Identifiers.dataset(in: file, for: dataset)
    return (vectors, try name.map { try Identifiers.read(file, dataset: $0) })
  }

  static func readParquet(_ path: String, _ options: Options) throws -> (vectors: Matrix, ids: StringColumn?) {
    let file = try ParquetFile(path: path)
    let vectors = try file.matrix(options.vectors)
    guard options.readsIDs, options.idsPath == nil else { return (vectors, nil) }
    let name = options.ids ?? Identifiers.column(in: file)
    return (vectors, try name.map { try Identifiers.read(file, column: $0) })
  }

  /// The ids in a file of their own; `options.ids` names the column or dataset where that file is a table.
  static func readIDs(_ path: String, _ options: Options) throws -> StringColumn {
    switch path.lowercased().split(separator: ".").last {
    case "parquet": try Identifiers.read(ParquetFile(path: path), column: options.ids)
    case "h5", "hdf5": try Identifiers.read(HDF5File(path: path), dataset: options.ids)
    default: try Identifiers.read(path: path)
    }
  }
}
