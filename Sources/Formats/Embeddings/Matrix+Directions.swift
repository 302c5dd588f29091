package import Vectors

extension Matrix {
  /// Checks that every row has a direction, without which it is at no angle to any other.
  ///
  /// - Parameters:
  ///   - source: where the rows come from, for the error.
  ///   - firstRow: the number, in the source, of this matrix's first row.
  /// - Throws: `InputError` naming the first row (from 0) all of whose numbers are 0. Runs at the speed of memory.
  package func checkDirections(source: String, firstRow: Int = 0, pool: ThreadPool = ThreadPool()) throws {
    guard columns > 0, let row = firstZeroRow(pool: pool) else { return }
    throw InputError(
      .malformed, source, at: "row \(firstRow + row) (from 0)",
      expected: "a vector with a direction, as the cosine metric needs", found: "zeros alone",
      remedy: "remove that row, or use the metric l2")
  }

  private func firstZeroRow(pool: ThreadPool) -> Int? {
    let piece = max(1, (1 << 18) / columns)
    let pieces = (rows + piece - 1) / piece
    let found: [Int] = withUnsafeBufferPointer { values in
      [Int](unsafeUninitializedCapacity: pieces) { found, count in
        pool.run(tasks: pieces) { task in
          let first = (task * piece..<min(rows, (task + 1) * piece)).first { row in
            values[row * columns..<(row + 1) * columns].allSatisfy { $0 == 0 }
          }
          found.baseAddress?.advanced(by: task).initialize(to: first ?? -1)
        }
        count = pieces
      }
    }
    return found.first { $0 >= 0 }
  }
}

extension EmbeddingSet {
  /// As `Matrix.checkDirections`, with the file's name.
  package func checkDirections(pool: ThreadPool = ThreadPool()) throws {
    try vectors.checkDirections(source: source, pool: pool)
  }
}
