import CKernels
import Clustering
public import Vectors

extension RQVAE {
  /// O(N · (weights of the encoder + d · ΣK)) multiply-adds.
  ///
  /// - Throws: `InputError` when the vectors' length is not the model's, or naming the row that is not finite.
  public func encode(_ vectors: Matrix, pool: ThreadPool, source: String) throws -> Codes {
    let levels = levelSizes.count
    let values = try Buffer<UInt16>(count: vectors.rows * levels) { codes in
      let codes = codes
      try forEachBlock(of: vectors, pool: pool, source: source) { first, count, latents in
        var nearest = [UInt32](repeating: 0, count: count)
        for level in 0..<levels {
          latents.round(0..<count)
          books[level].nearest(latents, 0..<count, &nearest)
          subtract(level, nearest, from: latents)
          for row in 0..<count { codes[(first + row) * levels + level] = UInt16(truncatingIfNeeded: nearest[row]) }
        }
      }
    }
    return Codes(unchecked: values, levelSizes: levelSizes)
  }

  /// The encoder's output for every row, N × `codeDimension`: what is quantized.
  public func latents(of vectors: Matrix, pool: ThreadPool = ThreadPool(), source: String = "vectors") throws -> Matrix
  {
    try Matrix(rows: vectors.rows, columns: codeDimension) { target in
      let target = target
      try forEachBlock(of: vectors, pool: pool, source: source) { first, count, latents in
        guard let target = target.baseAddress else { return }
        (target + first * codeDimension).update(from: latents.rows, count: count * codeDimension)
      }
    }
  }

  /// O(N · (weights of the encoder + (level + Kₗ) · code dimension)).
  public func costs(
    of vectors: Matrix, codes: Codes, level: Int, pool: ThreadPool = ThreadPool()
  ) throws -> Matrix {
    try check(vectors, codes, level: level)
    let book = codebooks.levels[level]
    return try Matrix(rows: codes.count, columns: book.rows) { target in
      let target = target
      try forEachBlock(of: vectors, pool: pool, source: "vectors") { first, count, latents in
        for earlier in 0..<level {
          let chosen = (first..<first + count).map { UInt32(codes.values[$0 * codes.levels + earlier]) }
          subtract(earlier, chosen, from: latents)
        }
        book.withUnsafeBufferPointer { codewords in
          guard let codewords = codewords.baseAddress, let target = target.baseAddress else { return }
          for row in 0..<count {
            semid_l2_rows(
              latents.row(row), codewords, codeDimension, book.rows, target + (first + row) * book.rows)
          }
        }
      }
    }
  }

  private func subtract(_ level: Int, _ chosen: [UInt32], from latents: WorkingVectors) {
    codebooks.levels[level].withUnsafeBufferPointer { codewords in
      guard let codewords = codewords.baseAddress else { return }
      for (row, code) in chosen.enumerated() {
        _ = semid_subtract(latents.row(row), codewords + Int(code) * codeDimension, codeDimension)
      }
    }
  }

  /// Calls `body` with the latent vectors of every block of rows: the number of its first row, how many rows it has,
  /// and vectors that `body` may change. On many threads at once.
  private func forEachBlock(
    of vectors: Matrix, pool: ThreadPool, source: String,
    _ body: (_ first: Int, _ count: Int, _ latents: WorkingVectors) throws -> Void
  ) throws {
    try check(vectors, source: source)
    let d = dimension
    // A few blocks a task, so that scratch is made once for them.
    let group = Network.block * 4
    try vectors.withUnsafeBufferPointer { values in
      guard let base = values.baseAddress, vectors.rows > 0 else { return }
      try pool.run(tasks: (vectors.rows + group - 1) / group) { task in
        let rows = task * group..<min(vectors.rows, (task + 1) * group)
        let input = FloatMemory(Network.block * d)
        let scratch = FloatMemory(2 * encoding.scratchCount)
        let latents = WorkingVectors(count: Network.block, dimension: codeDimension)
        for first in stride(from: rows.lowerBound, to: rows.upperBound, by: Network.block) {
          let count = min(Network.block, rows.upperBound - first)
          for row in 0..<count {
            scaling.apply(base + (first + row) * d, to: input.start + row * d)
          }
          encoding.run(input.start, rows: count, to: latents.rows, scratch: scratch.start)
          let bad = semid_first_non_finite(latents.rows, count * codeDimension)
          guard bad == count * codeDimension else {
            let row = first + bad / codeDimension
            let isInput = (0..<d).contains { !base[row * d + $0].isFinite }
            throw InputError(
              .malformed, source, at: "row \(row)", expected: "finite values",
              found: isInput ? "NaN or infinity" : "values so large that the encoder overflows",
              remedy: "drop or repair that row")
          }
          try body(first, count, latents)
        }
      }
    }
  }
}
