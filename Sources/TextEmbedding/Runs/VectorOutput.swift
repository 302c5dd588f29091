import Formats
package import Vectors

/// Where vectors with ids are written, by the end of the name.
package enum VectorOutput: Sendable {
  /// An array, and the ids in `STEM.ids.json` beside it.
  case npy(String, ids: String)
  /// Datasets `embeddings` and `ids`.
  case hdf5(String)
  /// Columns `item_id` and `embedding`.
  case parquet(String)

  /// - Throws: `InputError` of kind `usage` for another extension.
  package init(path: String) throws {
    let name = path.lowercased()
    if name.hasSuffix(".npy") {
      self = .npy(path, ids: path.dropLast(4) + ".ids.json")
    } else if name.hasSuffix(".h5") || name.hasSuffix(".hdf5") {
      self = .hdf5(path)
    } else if name.hasSuffix(".parquet") {
      self = .parquet(path)
    } else {
      throw InputError(.usage, "--output", expected: "a file that ends in .npy, .h5, .hdf5 or .parquet", found: path)
    }
  }

  /// All that is written.
  package var files: [String] {
    switch self {
    case .npy(let path, let ids): [path, ids]
    case .hdf5(let path), .parquet(let path): [path]
    }
  }

  /// Writes rows × dimension vectors, which `forEachPiece` gives in order, some rows at a time.
  package func write(
    rows: Int, dimension: Int, ids: StringColumn,
    _ forEachPiece: (_ body: (Range<Int>, Matrix) throws -> Void) throws -> Void
  ) throws {
    switch self {
    case .npy(let path, let idsPath):
      // The ids first: vectors that stand have their ids.
      try Identifiers.write(ids, json: idsPath)
      try NPY.stream(Float.self, columns: dimension, to: path) { file in
        try forEachPiece { _, vectors in try file.append(vectors.values) }
      }
    case .hdf5(let path):
      try HDF5Writer.write(to: path) { file in
        let dataset = try file.floats("embeddings", rows: rows, columns: dimension)
        try forEachPiece { _, vectors in try dataset.append(vectors) }
        try file.write(ids, as: "ids")
      }
    case .parquet(let path):
      let columns: [ParquetWriter.Column] = [.string("item_id"), .vector("embedding", columns: dimension)]
      try ParquetWriter.write(to: path, columns: columns) { file in
        try forEachPiece { range, vectors in
          try file.append([.strings(ids.gathered(range)), .matrix(vectors)])
        }
      }
    }
  }
}
