package import Clustering
import CKernels
package import Vectors

/// Scales vectors for a network: (x − mean) / scale.
///
/// One scale for all columns, so that distances keep their proportions. Decoded vectors are scaled back.
package struct InputScaling: Hashable, Sendable {
  package let mean: [Float]
  /// Positive.
  package let scale: Float

  package init(mean: [Float], scale: Float) {
    self.mean = mean
    self.scale = scale
  }

  /// Leaves vectors as they are.
  package static func none(dimension: Int) -> InputScaling {
    InputScaling(mean: Array(repeating: 0, count: dimension), scale: 1)
  }

  /// The mean of the rows as `mean`, and the root mean square of the centered values as `scale`: scaled values have
  /// variance 1 in the mean over columns. Deterministic for any number of threads.
  ///
  /// - Parameter warn: called when a few rows make up most of the variance.
  /// - Throws: `InputError` naming the row that is not finite, when values are too large or too small to square, or
  ///   when all rows are equal.
  package static func of(
    _ vectors: Matrix, pool: ThreadPool, source: String, warn: (DominantRows) throws -> Void = { _ in }
  ) throws -> InputScaling {
    let d = vectors.columns
    let piece = 1024
    let pieces = (vectors.rows + piece - 1) / piece
    // Sums and sums of squares, of rows less the first row: no digits are lost where the mean is large.
    var partial = [Double](repeating: 0, count: pieces * 2 * d)
    try vectors.withUnsafeBufferPointer { values in
      guard let base = values.baseAddress else { return }
      try partial.withUnsafeMutableBufferPointer { partial in
        guard let partial = partial.baseAddress else { return }
        try pool.run(tasks: pieces) { task in
          let rows = task * piece..<min(vectors.rows, (task + 1) * piece)
          let bad = semid_first_non_finite(base + rows.lowerBound * d, rows.count * d)
          guard bad == rows.count * d else {
            throw InputError(
              .malformed, source, at: "row \(rows.lowerBound + bad / d)", expected: "finite values",
              found: "\(base[rows.lowerBound * d + bad])", remedy: "drop or repair that row")
          }
          let sums = partial + task * 2 * d
          for row in rows {
            for column in 0..<d {
              let value = Double(base[row * d + column]) - Double(base[column])
              sums[column] += value
              sums[d + column] += value * value
            }
          }
        }
      }
    }
    let range = vectors.withUnsafeBufferPointer { values in
      values.baseAddress.map { base in
        VectorScale(rows: vectors.rows, columns: d, pool: pool, row: { base + $0 * d })
      }
    }
    try range?.check(vectors, source: source)
    if let dominant = range?.dominant { try warn(dominant) }
    var sums = [Double](repeating: 0, count: 2 * d)
    for index in partial.indices { sums[index % (2 * d)] += partial[index] }
    let n = Double(vectors.rows)
    let variance = (0..<d).reduce(0.0) { $0 + max(0, sums[d + $1] / n - (sums[$1] / n) * (sums[$1] / n)) } / Double(d)
    let scale = Float(variance.squareRoot())
    guard scale.isFinite, scale > .leastNormalMagnitude else {
      throw InputError(
        .malformed, source, expected: "vectors that differ",
        found: scale.isFinite ? "\(vectors.rows) equal ones" : "values too large to square",
        remedy: "there is nothing to learn from them")
    }
    return InputScaling(
      mean: (0..<d).map { Float(sums[$0] / n + Double(vectors[0, $0])) }, scale: scale)
  }

  /// target[i] ← (source[i] − mean[i]) / scale, one row.
  func apply(_ source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>) {
    let inverse = 1 / scale
    mean.withUnsafeBufferPointer { mean in
      guard let mean = mean.baseAddress else { return }
      forLanes(self.mean.count) { index, count in
        let value = (lanes(source + index, count) - lanes(mean + index, count)) * inverse
        count == Lanes.width ? value.store(to: target + index) : value.store(to: target + index, count: count)
      }
    }
  }

  /// target[row][i] ← (source[i] − mean[i]) / scale
  func apply(_ source: UnsafePointer<Float>, to target: Panels, row: Int) {
    let inverse = FloatPanel(repeating: 1 / scale)
    mean.withUnsafeBufferPointer { mean in
      guard let mean = mean.baseAddress else { return }
      for panel in 0..<target.count {
        let value = FloatPanel(panel, of: source, count: target.columns)
        ((value - FloatPanel(panel, of: mean, count: target.columns)) * inverse)
          .store(to: target.start + target.place(panel, row: row))
      }
    }
  }

  /// row[i] ← row[i] · scale + mean[i]
  func undo(_ row: UnsafeMutablePointer<Float>) {
    mean.withUnsafeBufferPointer { mean in
      guard let mean = mean.baseAddress else { return }
      mapLanes(row, count: self.mean.count) { index, count, value in value * scale + lanes(mean + index, count) }
    }
  }
}
