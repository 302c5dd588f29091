import Vectors

/// Which rows hold the same vector, number by number (−0 is 0).
struct DuplicateVectors: Sendable {
  /// For each row the first row with its vector: itself where there is none before.
  let first: [Int]
  /// N less the number of different vectors.
  let count: Int

  /// Hashes rows, then compares those whose hashes agree; expected O(N·d).
  init(_ vectors: Matrix, pool: ThreadPool) {
    let columns = vectors.columns
    let hashes = Buffer<Int>(count: vectors.rows) { hashes in
      let hashes = hashes
      vectors.withUnsafeBufferPointer { values in
        pool.run(over: vectors.rows, inPiecesOf: 1024) { range in
          var row = [Float](repeating: 0, count: columns)
          for index in range {
            // Adding zero makes one of the two zeros.
            for column in 0..<columns { row[column] = values[index * columns + column] + 0 }
            var hasher = Hasher()
            row.withUnsafeBytes { hasher.combine(bytes: $0) }
            hashes[index] = hasher.finalize()
          }
        }
      }
    }
    var capacity = 16
    while capacity < vectors.rows * 2 { capacity *= 2 }
    var slots = [Int](repeating: -1, count: capacity)
    var first = [Int](repeating: 0, count: vectors.rows)
    var count = 0
    vectors.withUnsafeBufferPointer { values in
      for row in 0..<vectors.rows {
        let hash = hashes[row]
        var slot = hash & (capacity - 1)
        first[row] = row
        while slots[slot] >= 0 {
          let other = slots[slot]
          if hashes[other] == hash,
            values[other * columns..<(other + 1) * columns].elementsEqual(values[row * columns..<(row + 1) * columns])
          {
            first[row] = other
            count += 1
            break
          }
          slot = (slot + 1) & (capacity - 1)
        }
        if first[row] == row { slots[slot] = row }
      }
    }
    self.first = first
    self.count = count
  }
}
