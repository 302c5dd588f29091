import Vectors

extension EmbeddingSet {
  static func readHDF5(_ path: String, _ options: Options) throws -> (vectors: Matrix, ids: StringColumn?) {
    throw InputError(.unsupported, path, found: "HDF5 is not connected yet")
  }

  static func readParquet(_ path: String, _ options: Options) throws -> (vectors: Matrix, ids: StringColumn?) {
    throw InputError(.unsupported, path, found: "Parquet is not connected yet")
  }

  /// The ids in a file of their own.
  static func readIDs(_ path: String, _ options: Options) throws -> StringColumn {
    try Identifiers.read(path: path)
  }
}
