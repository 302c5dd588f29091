/// Conjugate gradients for (BᵀB + 1)·C = R, a block of columns at a time, each column with steps of its own.
///
/// Multiplying by BᵀB walks over the rows of every codeword: O(N·L²) additions per column. The preconditioner is the
/// diagonal. Every step lowers the quadratic that the solution minimizes, so stopping early still improves.
struct ConjugateGradients {
  private static let steps = 60
  /// The share of the first residual's length at which a column is done.
  private static let tolerance = 1e-5

  let membership: Membership
  let width: Int
  private let diagonal: [Double]

  init(_ membership: Membership, width: Int) {
    self.membership = membership
    self.width = width
    diagonal = (0..<membership.count).map { Double(1 + membership.size($0)) }
  }

  /// - Parameters:
  ///   - right, start: ΣK × width, row-major.
  func solution(_ right: [Double], from start: [Double]) -> [Double] {
    var solution = start
    var product = multiplied(start)
    var residual = right.indices.map { right[$0] - product[$0] }
    var direction = residual.indices.map { residual[$0] / diagonal[$0 / width] }
    var squares = columnSums(residual, direction)
    let done = squares.map { $0 * Self.tolerance * Self.tolerance }
    for _ in 0..<Self.steps {
      product = multiplied(direction)
      let curvature = columnSums(direction, product)
      let step = (0..<width).map { squares[$0] > done[$0] && curvature[$0] > 0 ? squares[$0] / curvature[$0] : 0 }
      guard step.contains(where: { $0 > 0 }) else { break }
      for index in solution.indices {
        solution[index] += step[index % width] * direction[index]
        residual[index] -= step[index % width] * product[index]
      }
      let scaled = residual.indices.map { residual[$0] / diagonal[$0 / width] }
      let next = columnSums(residual, scaled)
      for index in direction.indices {
        let column = index % width
        direction[index] = scaled[index] + (squares[column] > 0 ? next[column] / squares[column] : 0) * direction[index]
      }
      squares = next
    }
    return solution
  }

  /// (BᵀB + 1)·V.
  private func multiplied(_ vectors: [Double]) -> [Double] {
    var result = vectors
    let levels = membership.levels
    vectors.withUnsafeBufferPointer { vectors in
      result.withUnsafeMutableBufferPointer { result in
        membership.codewords.withUnsafeBufferPointer { codewords in
          for codeword in 0..<membership.count {
            for row in membership.members(codeword) {
              for level in 0..<levels {
                let other = Int(codewords[Int(row) * levels + level]) * width
                for column in 0..<width { result[codeword * width + column] += vectors[other + column] }
              }
            }
          }
        }
      }
    }
    return result
  }

  private func columnSums(_ first: [Double], _ second: [Double]) -> [Double] {
    var sums = [Double](repeating: 0, count: width)
    for index in first.indices { sums[index % width] += first[index] * second[index] }
    return sums
  }
}
