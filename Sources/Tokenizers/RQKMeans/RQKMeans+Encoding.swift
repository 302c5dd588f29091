import CKernels
public import Vectors

extension RQKMeans {
  /// Rows a task encodes: small enough to stay in the second-level cache over all levels.
  private static let piece = 120

  /// O(N · d · ΣK) multiply-adds, in 16-bit integers.
  ///
  /// - Throws: `InputError` when the vectors' length is not the model's, or naming the row that is not finite.
  public func encode(_ vectors: Matrix, pool: ThreadPool, source: String) throws -> Codes {
    try check(vectors, source: source)
    let levels = codebooks.levels.count
    let values = try Buffer<UInt16>(count: vectors.rows * levels) { codes in
      let codes = codes
      try vectors.withUnsafeBufferPointer { input in
        guard let base = input.baseAddress, vectors.rows > 0 else { return }
        // Each thread's tasks would share scratch; a group of pieces amortises its allocation instead.
        let group = Self.piece * 16
        try pool.run(tasks: (vectors.rows + group - 1) / group) { task in
          let rows = task * group..<min(vectors.rows, (task + 1) * group)
          let scratch = WorkingVectors(count: min(Self.piece, rows.count), dimension: dimension)
          var nearest = [UInt32](repeating: 0, count: scratch.count)
          for first in stride(from: rows.lowerBound, to: rows.upperBound, by: Self.piece) {
            let count = min(Self.piece, rows.upperBound - first)
            let floats = count * dimension
            let bad = semid_first_non_finite(base + first * dimension, floats)
            guard bad == floats else {
              throw InputError(
                .malformed, source, at: "row \(first + bad / dimension)", expected: "finite values",
                found: "\(base[first * dimension + bad])", remedy: "drop or repair that row")
            }
            scratch.rows.update(from: base + first * dimension, count: floats)
            encode(scratch, 0..<count, &nearest) { row, level, code in codes[(first + row) * levels + level] = code }
          }
        }
      }
    }
    return Codes(unchecked: values, levelSizes: levelSizes)
  }

  private func encode(
    _ scratch: WorkingVectors, _ range: Range<Int>, _ nearest: inout [UInt32], _ emit: (Int, Int, UInt16) -> Void
  ) {
    if options.metric == .cosine { scratch.normalize(range) }
    for (level, book) in packed.enumerated() {
      if options.normalizesResiduals { scratch.normalize(range) }
      scratch.round(range)
      nearest.withUnsafeMutableBufferPointer { nearest in
        if let nearest = nearest.baseAddress { book.nearest(scratch, range, nearest) }
      }
      for row in range { emit(row, level, UInt16(truncatingIfNeeded: nearest[row])) }
      guard level + 1 < packed.count else { continue }
      codebooks.levels[level].withUnsafeBufferPointer { codewords in
        guard let codewords = codewords.baseAddress else { return }
        for row in range {
          _ = semid_subtract(scratch.row(row), codewords + Int(nearest[row]) * dimension, dimension)
        }
      }
    }
  }
}
