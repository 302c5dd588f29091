import Vectors

/// Seeded vectors around a few centers: enough structure for codes to mean something.
enum Synthetic {
  static func clusters(rows: Int, columns: Int, centers: Int, spread: Double = 0.3, seed: UInt64) -> Matrix {
    var random = CounterRandom(seed: seed)
    let middle = (0..<centers * columns).map { _ in Float(random.normals().0) }
    return Matrix(rows: rows, columns: columns) { values in
      for row in 0..<rows {
        let center = random.below(centers)
        for column in 0..<columns {
          values[row * columns + column] = middle[center * columns + column] + Float(spread * random.normals().0)
        }
      }
    }
  }

  /// Greedy residual codes by a triple loop in double precision, and how close each decision was: the gap between the
  /// two least squared distances as a share of the vector's squared length.
  static func naiveCodes(_ vectors: Matrix, _ codebooks: [Matrix]) -> (codes: [[UInt16]], gaps: [Double]) {
    var codes: [[UInt16]] = []
    var gaps: [Double] = []
    for row in 0..<vectors.rows {
      var residual = vectors.row(row).map { Double($0) }
      let length = residual.reduce(1e-30) { $0 + $1 * $1 }
      var code: [UInt16] = []
      var gap = Double.infinity
      for book in codebooks {
        let distances = (0..<book.rows).map { k in
          (0..<book.columns).reduce(0.0) { sum, j in
            let difference = residual[j] - Double(book[k, j])
            return sum + difference * difference
          }
        }
        let nearest = distances.indices.min { distances[$0] < distances[$1] } ?? 0
        let others = distances.indices.filter { $0 != nearest }.map { distances[$0] }
        gap = min(gap, ((others.min() ?? .infinity) - distances[nearest]) / length)
        for j in residual.indices { residual[j] -= Double(book[nearest, j]) }
        code.append(UInt16(nearest))
      }
      codes.append(code)
      gaps.append(gap)
    }
    return (codes, gaps)
  }
}
