package import Vectors

/// `FILE[:ROW]`, as given to `--vector`: the vectors of a file, or one of its rows (from 0).
package struct VectorSelector: Hashable, Sendable {
  package let path: String
  package let row: Int?

  /// - Throws: `InputError` of kind `usage` for text without a file, or with a row that is not a whole number from 0.
  package init(parsing text: String) throws {
    try self.init(parsing: text) { (try? FileSystem.entry(at: $0)) == .file }
  }

  /// - Parameter isFile: whether a file stands at a path; a file whose own name holds a colon wins.
  init(parsing text: String, isFile: (String) -> Bool) throws {
    func fault(_ expected: String, _ found: String) -> InputError {
      InputError(.usage, "vector \"\(text)\"", expected: expected, found: found)
    }
    guard !text.isEmpty, !text.utf8.contains(0) else { throw fault("FILE or FILE:ROW", "no file") }
    guard let colon = text.lastIndex(of: ":"), !isFile(text), !text[colon...].contains("/") else {
      path = text
      row = nil
      return
    }
    let digits = text[text.index(after: colon)...]
    guard colon > text.startIndex else { throw fault("FILE or FILE:ROW", "no file before the colon") }
    guard let row = canonicalInteger(digits) else {
      throw fault("a row number from 0 after the colon", digits.isEmpty ? "the end" : "\"\(digits)\"")
    }
    path = String(text[..<colon])
    self.row = row
  }

  /// The row, as a 1×d matrix, or all vectors of the file when no row was named. A one-dimensional `.npy` is one vector.
  ///
  /// - Throws: `InputError` when the file does not have the row or the row holds NaN or an infinity.
  package func vectors(options: EmbeddingSet.Options = .init(), pool: ThreadPool = ThreadPool()) throws -> Matrix {
    try read(options: options, pool: pool).vectors
  }

  /// As `vectors(options:pool:)`, and what was taken of the file.
  package func read(
    options: EmbeddingSet.Options = .init(), pool: ThreadPool = ThreadPool()
  ) throws -> (vectors: Matrix, input: InputSummary) {
    var options = options
    options.readsIDs = false
    var input = InputSummary()
    var matrix: Matrix
    if path.lowercased().hasSuffix(".npy") {
      let numbers = try NPYArray(path: path).numbers()
      if numbers.shape.count == 1, numbers.count > 0 {
        matrix = Matrix(rows: 1, columns: numbers.count, values: try numbers.floats(pool: pool))
      } else {
        matrix = try numbers.matrix(pool: pool)
      }
    } else {
      let set = try EmbeddingSet(opening: path, options: options, pool: pool)
      (matrix, input) = (set.vectors, set.input)
    }
    if let row {
      guard row < matrix.rows else {
        throw InputError(
          .usage, path, expected: "a row from 0 to \(matrix.rows - 1)", found: "\(row)")
      }
      matrix = matrix[rows: row..<row + 1]
    }
    try matrix.checkFinite(source: path, firstRow: row ?? 0, pool: pool)
    return (matrix, input)
  }
}
