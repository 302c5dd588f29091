extension Matrix {
  /// A copy with every row divided by its length, which is taken in double precision. Rows of zeros stay zeros.
  ///
  /// O(N·d).
  package func withUnitRows(pool: ThreadPool) -> Matrix {
    Matrix(rows: rows, columns: columns) { target in
      let target = target
      withUnsafeBufferPointer { values in
        pool.run(over: rows, inPiecesOf: 1024) { range in
          for row in range {
            let entries = row * columns..<(row + 1) * columns
            var square = 0.0
            for index in entries { square += Double(values[index]) * Double(values[index]) }
            let scale = square > 0 ? 1 / square.squareRoot() : 1
            for index in entries { target[index] = Float(Double(values[index]) * scale) }
          }
        }
      }
    }
  }
}
