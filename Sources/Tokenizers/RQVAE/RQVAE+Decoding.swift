public import Vectors

extension RQVAE {
  /// The decoder's output for the sum of each item's codewords, N×d, at the scale of the vectors trained on.
  ///
  /// - Throws: `InputError` when the codes are of other levels than the model's.
  public func decode(_ codes: Codes, pool: ThreadPool = ThreadPool()) throws -> Matrix {
    try check(codes)
    let levels = levelSizes.count
    let width = codeDimension
    return Matrix(rows: codes.count, columns: dimension) { target in
      let target = target
      codes.values.withUnsafeBufferPointer { values in
        let group = Network.block * 4
        pool.run(tasks: (codes.count + group - 1) / group) { task in
          guard let target = target.baseAddress else { return }
          let rows = task * group..<min(codes.count, (task + 1) * group)
          let input = FloatMemory(Network.block * width)
          let output = FloatMemory(Network.block * dimension)
          let scratch = FloatMemory(2 * decoding.scratchCount)
          for first in stride(from: rows.lowerBound, to: rows.upperBound, by: Network.block) {
            let count = min(Network.block, rows.upperBound - first)
            input.start.update(repeating: 0, count: Network.block * width)
            for (level, book) in codebooks.levels.enumerated() {
              book.withUnsafeBufferPointer { book in
                guard let book = book.baseAddress else { return }
                for row in 0..<count {
                  let codeword = book + Int(values[(first + row) * levels + level]) * width
                  mapLanes(input.start + row * width, count: width) { index, count, sum in
                    sum + lanes(codeword + index, count)
                  }
                }
              }
            }
            decoding.run(input.start, rows: count, to: output.start, scratch: scratch.start)
            for row in 0..<count { scaling.undo(output.start + row * dimension) }
            (target + first * dimension).update(from: output.start, count: count * dimension)
          }
        }
      }
    }
  }
}
