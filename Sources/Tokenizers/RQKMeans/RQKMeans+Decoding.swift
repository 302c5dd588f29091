public import Vectors

extension RQKMeans {
  /// The sum of each item's codewords, N×d; O(N·L·d).
  ///
  /// - Throws: `InputError` when the codes are of other levels than the model's, or when the model scales residuals
  ///   to unit length, so that its codes do not decode by summing.
  public func decode(_ codes: Codes, pool: ThreadPool = ThreadPool()) throws -> Matrix {
    guard !options.normalizesResiduals else {
      throw InputError(
        .unsupported, "model", expected: "a model whose codes decode by summing",
        found: "one that scales every residual to unit length, so that the lengths are lost")
    }
    try check(codes)
    let levels = levelSizes.count
    return Matrix(rows: codes.count, columns: dimension) { target in
      codes.values.withUnsafeBufferPointer { codes in
        pool.run(over: codes.count / levels, inPiecesOf: 1024) { range in
          for (level, book) in codebooks.levels.enumerated() {
            book.withUnsafeBufferPointer { book in
              for item in range {
                let codeword = Int(codes[item * levels + level]) * dimension
                for column in 0..<dimension { target[item * dimension + column] += book[codeword + column] }
              }
            }
          }
        }
      }
    }
  }
}
