import Vectors

/// The directions in which rows vary most, orthonormal, the widest first.
///
/// Found by randomized subspace iteration with a Rayleigh–Ritz step (Halko, Martinsson and Tropp 2011, "Finding structure
/// with randomness"), so that no d×d matrix is made: O(rows · d · components) per round. Each axis points to where its
/// largest coefficient is positive, so that equal input gives equal signs.
struct PrincipalComponents: Sendable {
  /// d values.
  let mean: [Float]
  /// components × d, row-major, unit length.
  let axes: Matrix
  /// The variance of the rows along each axis.
  let variances: [Double]

  var count: Int { axes.rows }

  private static let rounds = 12
  /// More directions than asked for: the wanted ones converge faster.
  private static let extra = 16
  private static let block = 2048

  /// - Parameters:
  ///   - rows: n×d, finite.
  ///   - count: axes wanted; there are never more than d, nor more than n.
  init(_ rows: Matrix, count: Int, seed: UInt64, pool: ThreadPool) {
    let d = rows.columns
    let mean = Self.mean(rows, pool)
    let centered = Self.centered(rows, mean, pool)
    let wanted = max(1, min(count, d, max(rows.rows, 1)))
    let width = min(d, wanted + Self.extra)
    var random = CounterRandom(seed: seed, stream: 0x5043_41)
    var basis = (0..<width * d).map { _ in random.normals().0 }
    if width == d {
      // Everything is in the subspace: nothing to iterate.
      basis = [Double](repeating: 0, count: d * d)
      for index in 0..<d { basis[index * d + index] = 1 }
    } else {
      Self.orthonormalize(&basis, width: width, length: d)
      for _ in 0..<Self.rounds {
        basis = Self.applied(centered, basis, width: width, pool)
        Self.orthonormalize(&basis, width: width, length: d)
      }
    }
    let (values, vectors) = Self.ritz(centered, basis, width: width, pool)
    var axes = [Float](repeating: 0, count: wanted * d)
    for axis in 0..<wanted {
      // Ascending eigenvalues: the last is the largest.
      let weights = vectors[(width - 1 - axis) * width..<(width - axis) * width]
      var direction = [Double](repeating: 0, count: d)
      for (weight, row) in zip(weights, 0..<width) {
        for column in 0..<d { direction[column] += weight * basis[row * d + column] }
      }
      let length = direction.reduce(0) { $0 + $1 * $1 }.squareRoot()
      let largest = direction.max { abs($0) < abs($1) } ?? 1
      let scale = (largest < 0 ? -1 : 1) / (length > 0 ? length : 1)
      for column in 0..<d { axes[axis * d + column] = Float(direction[column] * scale) }
    }
    self.mean = mean
    self.axes = Matrix(rows: wanted, columns: d, values: axes)
    variances = (0..<wanted).map { max(0, values[width - 1 - $0]) / Double(max(1, rows.rows)) }
  }

  /// The coordinates of rows along the axes: n × components. Streams over blocks of rows, so that mapped rows stay mapped.
  func project(_ rows: Matrix, unit: Bool = false, pool: ThreadPool) -> Matrix {
    let (d, k) = (rows.columns, count)
    return Matrix(rows: rows.rows, columns: k) { target in
      guard let target = target.baseAddress else { return }
      axes.withUnsafeBufferPointer { axes in
        guard let axes = axes.baseAddress else { return }
        pool.run(over: rows.rows, inPiecesOf: Self.block) { range in
          var piece = rows[rows: range]
          if unit { piece = piece.withUnitRows(pool: ThreadPool(threads: 1)) }
          let centered = Self.centered(piece, mean, ThreadPool(threads: 1))
          centered.withUnsafeBufferPointer { values in
            guard let values = values.baseAddress else { return }
            BLAS.gemm(
              .no, .yes, m: range.count, n: k, k: d, values, lda: d, axes, ldb: d, target + range.lowerBound * k, ldc: k
            )
          }
        }
      }
    }
  }

  private static func mean(_ rows: Matrix, _ pool: ThreadPool) -> [Float] {
    let d = rows.columns
    let pieces = (rows.rows + block - 1) / block
    var sums = [Double](repeating: 0, count: max(1, pieces) * d)
    sums.withUnsafeMutableBufferPointer { sums in
      rows.withUnsafeBufferPointer { values in
        pool.run(tasks: pieces) { piece in
          for row in piece * block..<min(rows.rows, (piece + 1) * block) {
            for column in 0..<d { sums[piece * d + column] += Double(values[row * d + column]) }
          }
        }
      }
    }
    return (0..<d).map { column in
      Float((0..<pieces).reduce(0) { $0 + sums[$1 * d + column] } / Double(max(1, rows.rows)))
    }
  }

  private static func centered(_ rows: Matrix, _ mean: [Float], _ pool: ThreadPool) -> Matrix {
    let d = rows.columns
    return Matrix(rows: rows.rows, columns: d) { target in
      rows.withUnsafeBufferPointer { values in
        mean.withUnsafeBufferPointer { mean in
          pool.run(over: rows.rows, inPiecesOf: block) { range in
            for row in range {
              for column in 0..<d { target[row * d + column] = values[row * d + column] - mean[column] }
            }
          }
        }
      }
    }
  }

  /// Products of a block of rows with the basis, summed up block after block: `body` has the block's number, its rows and
  /// its n × width products.
  private static func products(
    _ rows: Matrix, _ basis: [Double], width: Int, _ pool: ThreadPool,
    _ body: (Int, Range<Int>, UnsafePointer<Float>, UnsafePointer<Float>) -> Void
  ) {
    let d = rows.columns
    let narrow = basis.map { Float($0) }
    rows.withUnsafeBufferPointer { values in
      narrow.withUnsafeBufferPointer { basis in
        guard let values = values.baseAddress, let basis = basis.baseAddress else { return }
        pool.run(tasks: (rows.rows + block - 1) / block) { piece in
          let range = piece * block..<min(rows.rows, (piece + 1) * block)
          let start = values + range.lowerBound * d
          var products = [Float](repeating: 0, count: range.count * width)
          products.withUnsafeMutableBufferPointer { products in
            guard let products = products.baseAddress else { return }
            BLAS.gemm(.no, .yes, m: range.count, n: width, k: d, start, lda: d, basis, ldb: d, products, ldc: width)
            body(piece, range, start, products)
          }
        }
      }
    }
  }

  /// Basis · XᵀX: width × d.
  private static func applied(_ rows: Matrix, _ basis: [Double], width: Int, _ pool: ThreadPool) -> [Double] {
    let d = rows.columns
    let pieces = (rows.rows + block - 1) / block
    var partial = [Float](repeating: 0, count: max(1, pieces) * width * d)
    partial.withUnsafeMutableBufferPointer { partial in
      guard let partial = partial.baseAddress else { return }
      products(rows, basis, width: width, pool) { piece, range, start, products in
        BLAS.gemm(
          .yes, .no, m: width, n: d, k: range.count, products, lda: width, start, ldb: d, partial + piece * width * d,
          ldc: d)
      }
    }
    return (0..<width * d).map { index in (0..<pieces).reduce(0) { $0 + Double(partial[$1 * width * d + index]) } }
  }

  /// Eigenvalues and eigenvectors of XᵀX within the subspace.
  private static func ritz(
    _ rows: Matrix, _ basis: [Double], width: Int, _ pool: ThreadPool
  ) -> (values: [Double], vectors: [Double]) {
    let pieces = (rows.rows + block - 1) / block
    let area = width * width
    var partial = [Double](repeating: 0, count: max(1, pieces) * area)
    partial.withUnsafeMutableBufferPointer { partial in
      products(rows, basis, width: width, pool) { piece, range, _, products in
        for row in 0..<range.count {
          let own = products + row * width
          for first in 0..<width {
            let value = Double(own[first])
            for second in 0...first { partial[piece * area + first * width + second] += value * Double(own[second]) }
          }
        }
      }
    }
    var matrix = [Double](repeating: 0, count: area)
    for first in 0..<width {
      for second in 0...first {
        let sum = (0..<pieces).reduce(0) { $0 + partial[$1 * area + first * width + second] }
        matrix[first * width + second] = sum
        matrix[second * width + first] = sum
      }
    }
    if let found = BLAS.symmetricEigen(matrix, n: width) { return found }
    // It does not fail on finite numbers; the basis itself is a fair answer.
    var identity = [Double](repeating: 0, count: area)
    for index in 0..<width { identity[index * width + index] = 1 }
    return ([Double](repeating: 0, count: width), identity)
  }

  /// Gram and Schmidt's orthonormalization of the rows, done twice; a row that depends on those before becomes a unit
  /// vector that does not.
  private static func orthonormalize(_ basis: inout [Double], width: Int, length d: Int) {
    basis.withUnsafeMutableBufferPointer { basis in
      for row in 0..<width {
        var replacement = 0
        while true {
          for _ in 0..<2 {
            for other in 0..<row {
              var product = 0.0
              for column in 0..<d { product += basis[row * d + column] * basis[other * d + column] }
              for column in 0..<d { basis[row * d + column] -= product * basis[other * d + column] }
            }
          }
          var square = 0.0
          for column in 0..<d { square += basis[row * d + column] * basis[row * d + column] }
          if square > 1e-20 || replacement == d {
            let scale = square > 0 ? 1 / square.squareRoot() : 0
            for column in 0..<d { basis[row * d + column] *= scale }
            break
          }
          for column in 0..<d { basis[row * d + column] = column == replacement ? 1 : 0 }
          replacement += 1
        }
      }
    }
  }
}
