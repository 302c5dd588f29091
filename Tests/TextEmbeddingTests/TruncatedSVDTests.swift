import Foundation
import TestSupport
import Testing
import Vectors

@testable import TextEmbedding

/// A random sparse matrix, and the same matrix dense.
struct RandomSparse {
  let sparse: SparseRows
  let dense: [Double]
  let rows: Int
  let columns: Int

  init(rows: Int, columns: Int, density: Double, seed: UInt64) {
    var random = CounterRandom(seed: seed)
    var sparse = SparseRows.empty
    var dense = [Double](repeating: 0, count: rows * columns)
    for row in 0..<rows {
      for column in 0..<columns where random.uniform() < density {
        let value = Float(random.uniform() * 2 - 1)
        sparse.append(column: Int32(column), value: value)
        dense[row * columns + column] = Double(value)
      }
      sparse.endRow()
    }
    self.sparse = sparse
    self.dense = dense
    self.rows = rows
    self.columns = columns
  }
}

struct TruncatedSVDTests {
  let pool = ThreadPool(threads: 2)

  @Test(arguments: [(1, 1, 1), (7, 5, 3), (200, 33, 17), (5000, 40, 9), (30, 300, 264)])
  func sparseProductsAgreeWithTheNaiveLoop(rows: Int, columns: Int, width: Int) {
    let matrix = RandomSparse(rows: rows, columns: columns, density: 0.2, seed: UInt64(rows))
    var random = CounterRandom(seed: 1)
    func check(_ sparse: SparseRows, rows: Int, columns: Int, _ value: (Int, Int) -> Double) {
      let right = Matrix(
        rows: columns, columns: width, values: (0..<columns * width).map { _ in Float(random.uniform()) })
      let product = sparse.times(right, pool: pool)
      for _ in 0..<200 {
        let row = random.below(rows)
        let column = random.below(width)
        let expected = (0..<columns).reduce(0.0) { $0 + value(row, $1) * Double(right[$1, column]) }
        #expect(abs(Double(product[row, column]) - expected) < 1e-4)
      }
    }
    check(matrix.sparse, rows: rows, columns: columns) { matrix.dense[$0 * columns + $1] }
    check(matrix.sparse.transposed(columnCount: columns), rows: columns, columns: rows) {
      matrix.dense[$1 * columns + $0]
    }
  }

  /// With as many directions as the matrix has, the random start cannot matter.
  @Test(arguments: [(60, 40), (40, 60), (200, 3), (1, 9)])
  func allSingularValuesAreExact(rows: Int, columns: Int) throws {
    let matrix = RandomSparse(rows: rows, columns: columns, density: 0.4, seed: 3)
    let rank = min(rows, columns)
    let svd = try TruncatedSVD(
      of: matrix.sparse, columnCount: columns, rank: rank, oversampling: 0, powerIterations: 2, seed: 1, pool: pool)
    var gram = [Double](repeating: 0, count: columns * columns)
    BLAS.gemm(
      .yes, .no, m: columns, n: columns, k: rows, matrix.dense, lda: columns, matrix.dense, ldb: columns, &gram,
      ldc: columns)
    let exact = try #require(BLAS.symmetricEigen(gram, n: columns)).values.reversed().prefix(rank)
      .map { max($0, 0).squareRoot() }
    #expect(svd.singularValues.count == rank)
    for (found, expected) in zip(svd.singularValues, exact) { #expect(abs(found - expected) < 1e-4 * exact[0]) }
    expectOrthonormal(svd.rightVectors)
  }

  @Test func leadingSubspaceIsFound() throws {
    // Two blocks of rows that share nothing: the leading directions are known to lie in the heavy block.
    var sparse = SparseRows.empty
    var random = CounterRandom(seed: 9)
    for row in 0..<400 {
      let heavy = row % 2 == 0
      for column in 0..<20 {
        let value = Float(random.uniform() + 0.5) * (heavy ? 10 : 0.1)
        sparse.append(column: Int32(heavy ? column : column + 20), value: value)
      }
      sparse.endRow()
    }
    let svd = try TruncatedSVD(
      of: sparse, columnCount: 40, rank: 20, oversampling: 8, powerIterations: 3, seed: 2, pool: pool)
    #expect(svd.singularValues.count == 20)
    for column in 0..<20 {
      let outside = (20..<40).reduce(0.0) {
        $0 + Double(svd.rightVectors[$1, column]) * Double(svd.rightVectors[$1, column])
      }
      #expect(outside < 1e-8)
    }
  }

  @Test func missingDirectionsAreLeftOut() throws {
    // Rank 2, thirty times over.
    var sparse = SparseRows.empty
    for row in 0..<30 {
      for column in (row % 2 == 0 ? [0, 1] : [2, 3]) { sparse.append(column: Int32(column), value: Float(row % 2 + 1)) }
      sparse.endRow()
    }
    let svd = try TruncatedSVD(
      of: sparse, columnCount: 5, rank: 4, oversampling: 2, powerIterations: 2, seed: 0, pool: pool)
    #expect(svd.singularValues.count == 2)
    // ‖·‖: 15 rows of (2, 2) and 15 of (1, 1): √120 and √30.
    #expect(abs(svd.singularValues[0] - 10.954451) < 1e-4)
    #expect(abs(svd.singularValues[1] - 5.477226) < 1e-4)
  }

  @Test func emptyMatrices() throws {
    for (rows, columns) in [(0, 0), (3, 0), (0, 4), (3, 4)] {
      let matrix = RandomSparse(rows: rows, columns: columns, density: 0, seed: 0)
      let svd = try TruncatedSVD(
        of: matrix.sparse, columnCount: columns, rank: 2, oversampling: 2, powerIterations: 1, seed: 0, pool: pool)
      #expect(svd.singularValues.isEmpty)
      #expect(svd.rightVectors.rows == columns)
    }
  }

  @Test(.enabled(if: Python.isReady))
  func agreesWithNumpy() throws {
    let matrix = RandomSparse(rows: 300, columns: 120, density: 0.05, seed: 21)
    let folder = try TemporaryFolder()
    try matrix.dense.map { "\($0)" }.joined(separator: "\n")
      .write(toFile: folder.file("matrix.txt"), atomically: true, encoding: .utf8)
    let output = try Python.run(
      """
      import sys, numpy as np
      a = np.loadtxt(sys.argv[1]).reshape(300, 120)
      u, s, v = np.linalg.svd(a, full_matrices=False)
      print(*s[:10]); print(*(v[:10].ravel()))
      """, folder.file("matrix.txt"))
    let lines = output.split(separator: "\n").map { $0.split(separator: " ").compactMap { Double($0) } }
    // A flat spectrum: many iterations bring the randomised vectors to the exact ones.
    let svd = try TruncatedSVD(
      of: matrix.sparse, columnCount: 120, rank: 10, oversampling: 30, powerIterations: 30, seed: 4, pool: pool)
    for index in 0..<10 {
      #expect(abs(svd.singularValues[index] - lines[0][index]) < 1e-4)
      let cosine = (0..<120).reduce(0.0) { $0 + Double(svd.rightVectors[$1, index]) * lines[1][index * 120 + $1] }
      #expect(abs(cosine) > 0.999)
    }
  }

  private func expectOrthonormal(_ matrix: Matrix) {
    for first in 0..<matrix.columns {
      for second in 0...first {
        let product = (0..<matrix.rows).reduce(0.0) {
          $0 + Double(matrix[$1, first]) * Double(matrix[$1, second])
        }
        #expect(abs(product - (first == second ? 1 : 0)) < 1e-4)
      }
    }
  }
}
