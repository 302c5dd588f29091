import COpenBLAS

/// OpenBLAS, with one thread per call: the engine's own pool cuts the work.
package enum BLAS {
  /// Set once: OpenBLAS's own threads would nest inside the pool's.
  private static let singleThreaded: Void = openblas_set_num_threads(1)

  package enum Transpose: Sendable {
    case no, yes
    var flag: CBLAS_TRANSPOSE { self == .yes ? CblasTrans : CblasNoTrans }
  }

  /// C ← α·op(A)·op(B) + β·C, all row-major; op(A) is m×k, op(B) k×n, C m×n.
  ///
  /// - Parameters:
  ///   - lda: distance between the rows of A as stored; likewise `ldb`, `ldc`.
  package static func gemm(
    _ transposeA: Transpose = .no, _ transposeB: Transpose = .no, m: Int, n: Int, k: Int, alpha: Float = 1,
    _ a: UnsafePointer<Float>, lda: Int, _ b: UnsafePointer<Float>, ldb: Int, beta: Float = 0,
    _ c: UnsafeMutablePointer<Float>, ldc: Int
  ) {
    _ = singleThreaded
    cblas_sgemm(
      CblasRowMajor, transposeA.flag, transposeB.flag, blasint(m), blasint(n), blasint(k), alpha, a, blasint(lda), b,
      blasint(ldb), beta, c, blasint(ldc))
  }

  /// As `gemm`, in double precision.
  package static func gemm(
    _ transposeA: Transpose = .no, _ transposeB: Transpose = .no, m: Int, n: Int, k: Int, alpha: Double = 1,
    _ a: UnsafePointer<Double>, lda: Int, _ b: UnsafePointer<Double>, ldb: Int, beta: Double = 0,
    _ c: UnsafeMutablePointer<Double>, ldc: Int
  ) {
    _ = singleThreaded
    cblas_dgemm(
      CblasRowMajor, transposeA.flag, transposeB.flag, blasint(m), blasint(n), blasint(k), alpha, a, blasint(lda), b,
      blasint(ldb), beta, c, blasint(ldc))
  }

  /// Eigenvalues (ascending) and eigenvectors of a symmetric n×n matrix: LAPACK `dsyevd`. O(n³).
  ///
  /// - Parameter matrix: n·n values, row-major; only one triangle is read.
  /// - Returns: the eigenvalues, and the eigenvectors as rows of a row-major n×n array; nil when it does not converge.
  package static func symmetricEigen(_ matrix: [Double], n: Int) -> (values: [Double], vectors: [Double])? {
    precondition(matrix.count == n * n, "n × n values")
    guard n > 0 else { return ([], []) }
    _ = singleThreaded
    var vectors = matrix
    var values = [Double](repeating: 0, count: n)
    var order = blasint(n)
    var info: blasint = 0
    var workSize = blasint(1 + 6 * n + 2 * n * n)
    var integerWorkSize = blasint(3 + 5 * n)
    var work = [Double](repeating: 0, count: Int(workSize))
    var integerWork = [blasint](repeating: 0, count: Int(integerWorkSize))
    // Column-major LAPACK sees the transpose, which for a symmetric matrix is the matrix; its eigenvectors come back
    // as columns, that is, as rows here.
    dsyevd_("V", "L", &order, &vectors, &order, &values, &work, &workSize, &integerWork, &integerWorkSize, &info)
    return info == 0 ? (values, vectors) : nil
  }

  /// The lower Cholesky factor of a symmetric positive definite n×n matrix: LAPACK `dpotrf`. O(n³).
  ///
  /// - Parameter matrix: n·n values, row-major, of which the lower triangle is read and replaced.
  /// - Returns: false, with `matrix` undefined, when it is not positive definite.
  package static func choleskyFactor(_ matrix: inout [Double], n: Int) -> Bool {
    precondition(matrix.count == n * n, "n × n values")
    guard n > 0 else { return true }
    _ = singleThreaded
    var order = blasint(n)
    var info: blasint = 0
    // Column-major LAPACK sees the transpose: its upper triangle is the lower one of the rows.
    dpotrf_("U", &order, &matrix, &order, &info)
    return info == 0
  }

  /// Solves A·X = B in place of B, where `factor` is A's from `choleskyFactor`. O(n² · columns).
  ///
  /// - Parameter right: n × columns values, row-major.
  package static func solve(choleskyFactor factor: [Double], n: Int, _ right: inout [Double], columns: Int) {
    precondition(factor.count == n * n && right.count == n * columns, "n × n and n × columns values")
    guard n > 0, columns > 0 else { return }
    _ = singleThreaded
    for transpose in [CblasNoTrans, CblasTrans] {
      cblas_dtrsm(
        CblasRowMajor, CblasLeft, CblasLower, transpose, CblasNonUnit, blasint(n), blasint(columns), 1, factor,
        blasint(n), &right, blasint(columns))
    }
  }
}
