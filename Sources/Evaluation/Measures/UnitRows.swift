import Vectors

enum UnitRows {
  /// A copy with every row scaled to unit length; rows of zeros stay.
  static func of(_ vectors: Matrix, pool: ThreadPool) -> Matrix {
    let d = vectors.columns
    return Matrix(rows: vectors.rows, columns: d) { target in
      let target = target
      vectors.withUnsafeBufferPointer { source in
        pool.run(over: vectors.rows, inPiecesOf: 1024) { range in
          for row in range {
            var square = 0.0
            for index in row * d..<(row + 1) * d { square += Double(source[index]) * Double(source[index]) }
            let inverse = square > 0 ? 1 / square.squareRoot() : 1
            for index in row * d..<(row + 1) * d { target[index] = Float(Double(source[index]) * inverse) }
          }
        }
      }
    }
  }
}
