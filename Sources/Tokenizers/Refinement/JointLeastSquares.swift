import CKernels
import Vectors

/// The codebooks of all levels that, together, leave the least squared error for codes that are given.
///
/// With B the N × ΣK matrix that has a one for each of a row's codewords, the codebooks C minimize
/// |X − B·C|² + |C − C₀|²: (BᵀB + 1)·C = BᵀX + C₀. BᵀB counts how often two codewords occur together. The pull towards
/// the codebooks C₀ that there are, with the weight of one row, settles what the codes leave open (a shift of one level
/// against another; codewords that nothing has), and the error cannot be higher than C₀'s.
struct JointLeastSquares {
  enum Solver {
    /// The matrix of counts and its Cholesky factor, (ΣK)² doubles; exact.
    case cholesky
    /// Conjugate gradients from C₀ on, which the matrix is never written down for.
    case conjugateGradients
  }

  /// The most codewords, of all levels together, that Cholesky is used for: 128 MiB.
  static let largestFactor = 4096
  /// Columns of the codebooks that a task solves for.
  private static let columns = 32

  let rows: Matrix
  let membership: Membership
  let pool: ThreadPool

  init(rows: Matrix, membership: Membership, pool: ThreadPool) {
    self.rows = rows
    self.membership = membership
    self.pool = pool
  }

  /// - Parameter solver: nil chooses by the number of codewords.
  /// - Returns: ΣK × d: all codebooks, one below the other. Nil when the matrix could not be factored.
  func solution(near previous: Matrix, solver: Solver? = nil) -> Matrix? {
    let right = rightSides(previous)
    let solver = solver ?? (membership.count <= Self.largestFactor ? .cholesky : .conjugateGradients)
    let factor = solver == .cholesky ? choleskyFactor() : []
    guard let factor else { return nil }
    let (count, d) = (membership.count, rows.columns)
    return Matrix(rows: count, columns: d) { target in
      right.withUnsafeBufferPointer { right in
        previous.withUnsafeBufferPointer { previous in
          pool.run(over: d, inPiecesOf: Self.columns) { columns in
            let width = columns.count
            func cut(_ value: (Int) -> Double) -> [Double] {
              (0..<count * width).map { value($0 / width * d + columns.lowerBound + $0 % width) }
            }
            var block = cut { right[$0] }
            if solver == .cholesky {
              BLAS.solve(choleskyFactor: factor, n: count, &block, columns: width)
            } else {
              block = ConjugateGradients(membership, width: width).solution(block, from: cut { Double(previous[$0]) })
            }
            for index in block.indices {
              target[index / width * d + columns.lowerBound + index % width] = Float(block[index])
            }
          }
        }
      }
    }
  }

  /// BᵀX + C₀, ΣK × d: the rows of each codeword are added in row order, by one task.
  private func rightSides(_ previous: Matrix) -> Buffer<Double> {
    let d = rows.columns
    return Buffer(count: membership.count * d) { sums in
      guard let sums = sums.baseAddress else { return }
      rows.withUnsafeBufferPointer { rows in
        previous.withUnsafeBufferPointer { previous in
          guard let rows = rows.baseAddress, let previous = previous.baseAddress else { return }
          pool.run(tasks: membership.count) { codeword in
            let sum = sums + codeword * d
            semid_accumulate(sum, previous + codeword * d, d, 1)
            for row in membership.members(codeword) { semid_accumulate(sum, rows + Int(row) * d, d, 1) }
          }
        }
      }
    }
  }

  /// The lower factor of BᵀB + 1.
  private func choleskyFactor() -> [Double]? {
    let (count, levels) = (membership.count, membership.levels)
    var matrix = [Double](repeating: 0, count: count * count)
    for codeword in 0..<count { matrix[codeword * count + codeword] = 1 + Double(membership.size(codeword)) }
    membership.codewords.withUnsafeBufferPointer { codewords in
      for row in stride(from: 0, to: codewords.count, by: levels) {
        for level in 1..<max(1, levels) {
          for earlier in 0..<level {
            matrix[Int(codewords[row + level]) * count + Int(codewords[row + earlier])] += 1
          }
        }
      }
    }
    return BLAS.choleskyFactor(&matrix, n: count) ? matrix : nil
  }
}
