import CKernels
package import Vectors

/// How large the values are that a tokenizer learns from, and how unevenly their variance is spread over the rows.
///
/// Distances are computed in 32-bit floats. Lengths above 4.6·10¹⁸ square to infinity, and lengths below 3.6·10⁻¹⁵ to
/// nearly nothing. Both are reported before training, which they would spoil.
package struct VectorScale {
  /// Squared lengths that leave room for sums of a few of them, and digits to tell them apart.
  package static let largestSquare = 0x1p124
  package static let smallestSquare = 0x1p-96

  /// d, in double precision.
  package let mean: [Double]
  /// Σ|x − mean|².
  package let variance: Double
  /// The few rows that make up most of the variance; nil where none do.
  package let dominant: DominantRows?
  /// |x − mean|² of the row that is farthest away, and |mean|².
  private let largest: Double
  private let squaredMean: Double

  private static let piece = 1024

  /// O(N·d), in an order that does not depend on the threads.
  ///
  /// - Parameters:
  ///   - row: the d numbers of a row, all finite.
  ///   - name: what a row is called, where the rows are a sample.
  package init(
    rows count: Int, columns d: Int, pool: ThreadPool, row: (Int) -> UnsafePointer<Float>, name: (Int) -> Int = { $0 }
  ) {
    let pieces = (count + Self.piece - 1) / Self.piece
    var partial = [Double](repeating: 0, count: pieces * d)
    partial.withUnsafeMutableBufferPointer { partial in
      guard let partial = partial.baseAddress else { return }
      pool.run(over: count, inPiecesOf: Self.piece) { range in
        let sum = partial + range.lowerBound / Self.piece * d
        for index in range { semid_accumulate(sum, row(index), d, 1) }
      }
    }
    var mean = [Double](repeating: 0, count: d)
    for index in partial.indices { mean[index % d] += partial[index] }
    for column in mean.indices { mean[column] /= Double(max(1, count)) }
    var squares = [Double](repeating: 0, count: count)
    squares.withUnsafeMutableBufferPointer { squares in
      mean.withUnsafeBufferPointer { mean in
        guard let mean = mean.baseAddress else { return }
        pool.run(over: count, inPiecesOf: Self.piece) { range in
          for index in range { squares[index] = Self.squaredDistance(row(index), mean, d) }
        }
      }
    }
    self.mean = mean
    variance = squares.reduce(0, +)
    largest = squares.max() ?? 0
    squaredMean = mean.reduce(0) { $0 + $1 * $1 }
    dominant = DominantRows(squares, variance: variance, name: name)
  }

  /// The mean of all rows but a few.
  package func mean(of vectors: WorkingVectors, without rows: [Int]) -> [Double] {
    let left = Set(rows)
    var sum = [Double](repeating: 0, count: vectors.dimension)
    for row in 0..<vectors.count where !left.contains(row) { semid_accumulate(&sum, vectors.row(row), sum.count, 1) }
    return sum.map { $0 / Double(max(1, vectors.count - left.count)) }
  }

  private static func squaredDistance(_ row: UnsafePointer<Float>, _ mean: UnsafePointer<Double>, _ d: Int) -> Double {
    var lanes = SIMD8<Double>.zero
    var column = 0
    while column + 8 <= d {
      let values = UnsafeRawPointer(row + column).loadUnaligned(as: SIMD8<Float>.self)
      let difference =
        SIMD8<Double>(values) - UnsafeRawPointer(mean + column).loadUnaligned(as: SIMD8<Double>.self)
      lanes += difference * difference
      column += 8
    }
    var sum = lanes.sum()
    while column < d {
      let difference = Double(row[column]) - mean[column]
      sum += difference * difference
      column += 1
    }
    return sum
  }

  /// - Throws: `InputError` with the range of the values when their squares overflow, or vanish, in 32-bit floats.
  package func check(_ vectors: Matrix, source: String) throws {
    let longest = largest.squareRoot() + squaredMean.squareRoot()
    let isTooLarge = longest * longest > Self.largestSquare
    guard isTooLarge || (largest > 0 && largest < Self.smallestSquare) else { return }
    let range = vectors.withUnsafeBufferPointer { ($0.min() ?? 0, $0.max() ?? 0) }
    // A power of ten that brings the spread of the vectors to about 1.
    let size = (variance / Double(max(1, vectors.rows)) / Double(max(1, vectors.columns))).squareRoot()
    let exponent = -Int((Math.log(max(size, .leastNormalMagnitude)) / Math.log(10)).rounded())
    throw InputError(
      .malformed, source,
      expected: isTooLarge
        ? "values whose squares 32-bit floats can hold: vectors up to 4.6e18 long"
        : "values whose squares 32-bit floats can tell apart: vectors that differ by 3.6e-15 or more",
      found: "values from \(range.0) to \(range.1)",
      remedy: "scale your vectors: multiply all of them by 1e\(exponent), which changes no distance relative to others")
  }
}
