import Vectors

extension Matrix {
  /// Every row divided by its length; rows of zeros stay.
  func withUnitRows(pool: ThreadPool) -> Matrix {
    Matrix(rows: rows, columns: columns) { target in
      withUnsafeBufferPointer { values in
        pool.run(over: rows, inPiecesOf: 4096) { range in
          for row in range {
            let entries = row * columns..<(row + 1) * columns
            let square = entries.reduce(0.0) { $0 + Double(values[$1]) * Double(values[$1]) }
            guard square > 0 else { continue }
            let scale = 1 / square.squareRoot()
            for index in entries { target[index] = Float(Double(values[index]) * scale) }
          }
        }
      }
    }
  }
}
