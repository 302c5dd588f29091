import Vectors

/// The leading right singular vectors of a sparse matrix X, by randomised subspace iteration.
///
/// Halko, Martinsson and Tropp 2011, "Finding structure with randomness", algorithms 4.4 and 5.1, worked from the
/// right side: V ← orth(Xᵀ(XV)) from random numbers, `powerIterations` times, then one Rayleigh–Ritz step on XV. All
/// dense matrices are columns(X) or rows(X) × (rank + oversampling); X itself is never made dense.
///
/// Orthonormal bases come from the eigen-decomposition of the Gram matrix in double precision over values in single:
/// one pass is as exact as single precision allows, and directions that X does not have fall away by themselves
/// (Yamazaki, Tomov and Dongarra 2015 analyse the mixed precision).
struct TruncatedSVD {
  /// Descending; as many as X has directions, at most the rank that was asked for.
  let singularValues: [Double]
  /// columns(X) × singularValues.count, orthonormal columns. The largest component of each is positive.
  let rightVectors: Matrix

  /// - Parameters:
  ///   - matrix: rows × `columnCount`.
  ///   - rank: how many vectors to find.
  ///   - powerIterations: at least 1; each sharpens the separation of the leading directions.
  /// - Throws: `InputError` when LAPACK does not converge: only values that are not finite bring that about.
  init(
    of matrix: SparseRows, columnCount: Int, rank: Int, oversampling: Int, powerIterations: Int, seed: UInt64,
    pool: ThreadPool
  ) throws {
    let width = min(rank + oversampling, columnCount, matrix.count)
    guard width > 0 else {
      singularValues = []
      rightVectors = Matrix(rows: columnCount, columns: 0, values: [])
      return
    }
    let transposed = matrix.transposed(columnCount: columnCount)
    var basis = Self.randomStart(rows: columnCount, columns: width, seed: seed, pool: pool)
    for _ in 0..<powerIterations {
      // A basis on either side, as in algorithm 4.4: squared singular values would sink weak directions in rounding.
      let left = try Self.orthonormal(matrix.times(basis, pool: pool), pool: pool)
      basis = try Self.orthonormal(transposed.times(left, pool: pool), pool: pool)
    }
    // Rayleigh–Ritz: the best vectors of the subspace, in order of their singular values.
    let image = matrix.times(basis, pool: pool)
    let ritz = try Self.descendingEigen(image.gram(pool: pool), n: image.columns)
    let kept = min(rank, ritz.values.count)
    let rotation = Self.columns(of: ritz.vectors, n: image.columns, scales: Array(repeating: 1, count: kept))
    singularValues = ritz.values.prefix(kept).map { $0.squareRoot() }
    rightVectors = Self.withFixedSigns(basis.times(rotation, width: kept, pool: pool))
  }

  /// A basis of the columns' span: A · W · Λ^(-1/2) for the eigenpairs of AᵀA that rounding has not made up.
  static func orthonormal(_ matrix: Matrix, pool: ThreadPool) throws -> Matrix {
    let eigen = try descendingEigen(matrix.gram(pool: pool), n: matrix.columns)
    let scales = eigen.values.map { 1 / $0.squareRoot() }
    let rotation = columns(of: eigen.vectors, n: matrix.columns, scales: scales)
    return matrix.times(rotation, width: scales.count, pool: pool)
  }

  /// Eigenpairs of a Gram matrix with the largest first, without those whose singular value is below 1e-5 of the
  /// largest: they are made of the rounding of single precision.
  private static func descendingEigen(_ gram: [Double], n: Int) throws -> (values: [Double], vectors: [Double]) {
    guard let eigen = BLAS.symmetricEigen(gram, n: n) else {
      throw InputError(.malformed, "lsa", expected: "texts whose weights are finite", found: "an SVD that diverges")
    }
    guard let largest = eigen.values.last, largest > 0 else { return ([], []) }
    let values = Array(eigen.values.reversed().prefix { $0 > largest * 1e-10 })
    var vectors: [Double] = []
    vectors.reserveCapacity(values.count * n)
    for index in values.indices {
      let row = n - 1 - index
      vectors.append(contentsOf: eigen.vectors[row * n..<(row + 1) * n])
    }
    return (values, vectors)
  }

  /// The first `scales.count` eigenvectors (rows of `vectors`) as columns of an n × scales.count array, scaled.
  private static func columns(of vectors: [Double], n: Int, scales: [Double]) -> [Double] {
    var result = [Double](repeating: 0, count: n * scales.count)
    for (column, scale) in scales.enumerated() {
      for row in 0..<n { result[row * scales.count + column] = vectors[column * n + row] * scale }
    }
    return result
  }

  /// Uniform in [-1, 1): as good a start as Gaussian numbers, with the same bits on every machine.
  private static func randomStart(rows: Int, columns: Int, seed: UInt64, pool: ThreadPool) -> Matrix {
    Matrix(rows: rows, columns: columns) { target in
      pool.run(over: rows, inPiecesOf: 1024) { range in
        for row in range {
          var random = CounterRandom(seed: seed, stream: UInt64(row))
          var bits: UInt64 = 0
          for column in 0..<columns {
            bits = column % 2 == 0 ? random.next() : bits >> 32
            target[row * columns + column] = Float(Int32(truncatingIfNeeded: bits)) * 0x1p-31
          }
        }
      }
    }
  }

  /// A singular vector and its negative are as good as each other: the choice must not hang on LAPACK's.
  private static func withFixedSigns(_ matrix: Matrix) -> Matrix {
    let width = matrix.columns
    return Matrix(rows: matrix.rows, columns: width) { target in
      matrix.withUnsafeBufferPointer { values in
        var extreme = [Float](repeating: 0, count: width)
        for row in 0..<matrix.rows {
          for column in 0..<width where abs(values[row * width + column]) > abs(extreme[column]) {
            extreme[column] = values[row * width + column]
          }
        }
        for row in 0..<matrix.rows {
          for column in 0..<width {
            let value = values[row * width + column]
            target[row * width + column] = extreme[column] < 0 ? -value : value
          }
        }
      }
    }
  }
}
