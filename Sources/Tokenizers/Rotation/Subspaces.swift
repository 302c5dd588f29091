import Clustering
import Vectors

/// A rotation of the space, cut into subspaces that vary alike: optimized product quantization in its parametric form
/// (Ge, He, Ke and Sun, CVPR 2013).
///
/// The axes are the principal ones, shared out so that the product of the variances is about the same in every
/// subspace, which is the best for Gaussian vectors. Quantizing each subspace by itself is the same as residual levels
/// whose codewords lie in it. Such codewords are written in the full space, so decoding and searching need no change.
struct Subspaces {
  /// Each d_m × d: its rows are orthonormal, within a subspace and between them. Σ d_m = d.
  let bases: [Matrix]

  /// Nil when the eigenvalues could not be found. O(N·d² + d³).
  ///
  /// - Parameter vectors: with their mean at the origin.
  init?(_ vectors: WorkingVectors, count: Int, pool: ThreadPool) {
    let d = vectors.dimension
    guard let (values, axes) = BLAS.symmetricEigen(Self.products(vectors, pool), n: d) else { return nil }
    bases = Self.dealtOut(values, into: count).map { members in
      let rows = members.flatMap { axis in (0..<d).map { Float(axes[axis * d + $0]) } }
      return Matrix(rows: members.count, columns: d, values: rows)
    }
  }

  /// The axes of each subspace: the axis of the largest variance left goes to the subspace with the smallest product
  /// that has room.
  static func dealtOut(_ variances: [Double], into count: Int) -> [[Int]] {
    let largest = variances.max() ?? 0
    // In units of the least, so that no factor is below one and a product grows with every axis.
    let floor = max(largest * 1e-9, variances.lazy.filter { $0 > 0 }.min() ?? 1, .leastNormalMagnitude)
    let order = variances.indices.sorted { (variances[$1], $0) < (variances[$0], $1) }
    var members = [[Int]](repeating: [], count: count)
    var products = [Double](repeating: 0, count: count)
    for axis in order {
      let open = members.indices.filter {
        members[$0].count < variances.count / count + ($0 < variances.count % count ? 1 : 0)
      }
      guard let target = open.min(by: { (products[$0], $0) < (products[$1], $1) }) else { break }
      members[target].append(axis)
      products[target] += Math.log(max(1, variances[axis] / floor))
    }
    return members
  }

  /// XᵀX, d×d: floats within blocks of rows, doubles between them, in row order.
  private static func products(_ vectors: WorkingVectors, _ pool: ThreadPool) -> [Double] {
    let (d, block, rows) = (vectors.dimension, 64, 1024)
    var sums = [Double](repeating: 0, count: d * d)
    sums.withUnsafeMutableBufferPointer { sums in
      pool.run(over: d, inPiecesOf: block) { columns in
        var part = [Float](repeating: 0, count: columns.count * d)
        for first in stride(from: 0, to: vectors.count, by: rows) {
          let from = vectors.row(first)
          BLAS.gemm(
            .yes, .no, m: columns.count, n: d, k: min(rows, vectors.count - first), from + columns.lowerBound, lda: d,
            from, ldb: d, &part, ldc: d)
          for index in part.indices { sums[columns.lowerBound * d + index] += Double(part[index]) }
        }
      }
    }
    return sums
  }

  /// The coordinates of all rows in one subspace, rounded.
  func projected(_ vectors: WorkingVectors, onto subspace: Int, _ pool: ThreadPool) -> WorkingVectors {
    let basis = bases[subspace]
    let target = WorkingVectors(count: vectors.count, dimension: basis.rows)
    basis.withUnsafeBufferPointer { basis in
      guard let basis = basis.baseAddress else { return }
      pool.run(over: vectors.count, inPiecesOf: 512) { range in
        let first = range.lowerBound
        BLAS.gemm(
          .no, .yes, m: range.count, n: target.dimension, k: vectors.dimension, vectors.row(first),
          lda: vectors.dimension, basis, ldb: vectors.dimension, target.row(first), ldc: target.dimension)
        target.round(range)
      }
    }
    return target
  }

  /// K×d: codewords of one subspace, K×d_m, in the full space.
  func expanded(_ codewords: Matrix, of subspace: Int) -> Matrix {
    let (count, size, d) = (codewords.rows, codewords.columns, bases[subspace].columns)
    return Matrix(rows: count, columns: d) { target in
      codewords.withUnsafeBufferPointer { codewords in
        bases[subspace].withUnsafeBufferPointer { axes in
          guard let codewords = codewords.baseAddress, let axes = axes.baseAddress, let target = target.baseAddress
          else { return }
          BLAS.gemm(m: count, n: d, k: size, codewords, lda: size, axes, ldb: d, target, ldc: d)
        }
      }
    }
  }
}
