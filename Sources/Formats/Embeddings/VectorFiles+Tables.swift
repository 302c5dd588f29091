import Vectors

/// An HDF5 file.
struct HDF5VectorFile: VectorFile {
  let file: HDF5File
  var contents: NamedArrays { file.contents }

  init(path: String) throws { file = try HDF5File(path: path) }

  func vectors(_ name: String, pool: ThreadPool) throws -> NamedVectors {
    if file.datasets.allSatisfy({ $0.name != name }), let group = HDF5File.group(of: name) {
      let (names, vectors) = try file.namedRows(in: group)
      return NamedVectors(vectors, ids: names, detail: "a dataset per item")
    }
    let dataset = try file.dataset(name)
    let isPlain = dataset.element == .float && dataset.elementBytes == 4
    return NamedVectors(
      try file.matrix(name), detail: isPlain ? nil : "\(dataset.element.rawValue) of \(dataset.elementBytes * 8) bits")
  }

  func ids(_ name: String) throws -> StringColumn { try Identifiers.texts(of: file, dataset: name) }
}

/// A Parquet file, or the parts of a table in a directory.
struct ParquetVectorFile: VectorFile {
  let parts: [ParquetFile]
  let contents: NamedArrays

  init(path: String, pool: ThreadPool) throws {
    let parts = try ParquetParts.paths(at: path).map { try ParquetFile(path: $0, options: .init(pool: pool)) }
    self.parts = parts
    guard let first = parts.first else {
      throw InputError(.missing, path, expected: "files of type .parquet", found: "none")
    }
    let known = first.contents
    contents = NamedArrays(
      source: path, noun: known.noun,
      arrays: known.arrays.map { array in
        var array = array
        array.rows = parts.reduce(0) { $0 + $1.rows }
        return array
      })
  }

  func vectors(_ name: String, pool: ThreadPool) throws -> NamedVectors {
    var matrices: [Matrix] = []
    var detail: String?
    for part in parts where part.rows > 0 || parts.count == 1 {
      let (matrix, stored) = try part.vectors(name)
      if let first = matrices.first, first.columns != matrix.columns {
        throw InputError(
          .mismatch, part.path, at: ParquetFile.place(name),
          expected: "vectors of length \(first.columns), as the parts before it have", found: "\(matrix.columns)")
      }
      matrices.append(matrix)
      detail = detail ?? stored
    }
    guard !matrices.isEmpty else {
      throw InputError(.malformed, contents.source, expected: "rows", found: "none in \(parts.count) files")
    }
    if parts.count > 1 { detail = [detail, "\(parts.count) files"].compactMap(\.self).joined(separator: ", ") }
    return NamedVectors(Matrix(joining: matrices), detail: detail)
  }

  func ids(_ name: String) throws -> StringColumn {
    StringColumn(joining: try parts.map { try Identifiers.texts(of: $0, column: name) })
  }
}
