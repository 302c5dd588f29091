import CKernels
package import Vectors

/// The point relative to which k-means sees its rows. Distances between rows stay, and roundings become finer.
package struct Origin: Sendable {
  /// d numbers.
  package let values: [Float]

  private static let piece = 512

  /// The mean of the rows. Where a few rows far away make up most of the variance: the mean of the others, which keep
  /// their digits only there.
  package init(of rows: WorkingVectors, at scale: VectorScale) {
    values = (scale.dominant.map { scale.mean(of: rows, without: $0.places) } ?? scale.mean).map { Float($0) }
  }

  /// Moves the rows so that the origin is at zero.
  package func subtract(from rows: WorkingVectors, pool: ThreadPool) {
    pool.run(over: rows.count, inPiecesOf: Self.piece) { range in
      for row in range { _ = semid_subtract(rows.row(row), values, rows.dimension) }
    }
  }

  /// Points seen from the origin, where they are.
  package func added(to points: Matrix) -> Matrix {
    Matrix(rows: points.rows, columns: points.columns) { target in
      points.withUnsafeBufferPointer { source in
        for index in source.indices { target[index] = source[index] + values[index % values.count] }
      }
    }
  }
}
