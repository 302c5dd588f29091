package import Vectors

extension KMeans {
  /// The centroids of vectors, K×d, trained as seen from the mean of the vectors.
  ///
  /// - Throws: `InputError` when a row is not finite, or when values are too large or too small to square.
  package func centers(of vectors: Matrix, clusters: Int, source: String = "vectors") throws -> Matrix {
    let piece = 512
    let d = vectors.columns
    let rows = WorkingVectors(count: vectors.rows, dimension: d)
    try vectors.withUnsafeBufferPointer { values in
      guard let values = values.baseAddress else { return }
      try FiniteRows.check(values, rows: 0..<vectors.rows, dimension: d, source: source)
      pool.run(over: rows.count, inPiecesOf: piece) { range in
        rows.row(range.lowerBound).update(from: values + range.lowerBound * d, count: range.count * d)
      }
    }
    let scale = VectorScale(rows: rows.count, columns: d, pool: pool, row: { UnsafePointer(rows.row($0)) })
    try scale.check(vectors, source: source)
    let origin = Origin(of: rows, at: scale)
    origin.subtract(from: rows, pool: pool)
    pool.run(over: rows.count, inPiecesOf: piece) { rows.round($0) }
    return origin.added(to: run(rows, clusters: clusters, stream: 0) { _, _, _ in }.centroids)
  }
}
