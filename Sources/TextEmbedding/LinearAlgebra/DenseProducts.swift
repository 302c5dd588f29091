import Vectors

extension Matrix {
  /// AᵀA in double precision: columns² values. Blocks of rows are summed in their order.
  func gram(pool: ThreadPool) -> [Double] {
    let blockRows = 2048
    let blocks = (rows + blockRows - 1) / blockRows
    let area = columns * columns
    var partial = [Double](repeating: 0, count: max(blocks, 1) * area)
    partial.withUnsafeMutableBufferPointer { partial in
      guard let partial = partial.baseAddress else { return }
      withUnsafeBufferPointer { values in
        pool.run(tasks: blocks) { block in
          let range = block * blockRows * columns..<min(rows, (block + 1) * blockRows) * columns
          let wide = values[range].map(Double.init)
          BLAS.gemm(
            .yes, .no, m: columns, n: columns, k: wide.count / max(columns, 1), wide, lda: columns, wide,
            ldb: columns, partial + block * area, ldc: columns)
        }
      }
    }
    for block in 1..<max(blocks, 1) {
      for index in 0..<area { partial[index] += partial[block * area + index] }
    }
    return Array(partial[..<area])
  }

  /// A · R in double precision, rounded to single at the end. R is columns × `width`, row-major.
  func times(_ right: [Double], width: Int, pool: ThreadPool) -> Matrix {
    precondition(right.count == columns * width, "the right side has one row a column of the left")
    return Matrix(rows: rows, columns: width) { target in
      withUnsafeBufferPointer { values in
        pool.run(over: rows, inPiecesOf: 2048) { range in
          let wide = values[range.lowerBound * columns..<range.upperBound * columns].map(Double.init)
          let product = [Double](unsafeUninitializedCapacity: range.count * width) { product, count in
            count = range.count * width
            guard count > 0, let base = product.baseAddress else { return }
            base.initialize(repeating: 0, count: count)
            BLAS.gemm(m: range.count, n: width, k: columns, wide, lda: columns, right, ldb: width, base, ldc: width)
          }
          for (index, value) in product.enumerated() { target[range.lowerBound * width + index] = Float(value) }
        }
      }
    }
  }
}
