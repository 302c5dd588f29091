/// Which rows of a matrix hold the same vector, number by number (−0 is 0).
///
/// A tokenizer gives equal vectors equal codes, so the catalogue causes their collisions, and not the quantizer.
package struct DuplicateVectors: Sendable {
  /// For each row, the first row with its vector: the row itself where none before has it.
  package let first: [Int]
  /// N less the number of different vectors.
  package let count: Int
  /// Rows whose vector at least one other row has.
  package let rowsSharing: Int

  /// Hashes rows, then compares those whose hashes agree; expected O(N·d).
  package init(_ vectors: Matrix, pool: ThreadPool = ThreadPool()) {
    self = vectors.withUnsafeBufferPointer { Self($0, rows: vectors.rows, columns: vectors.columns, pool: pool) }
  }

  /// - Parameter values: rows × columns numbers, row after row.
  package init(_ values: UnsafeBufferPointer<Float>, rows: Int, columns: Int, pool: ThreadPool = ThreadPool()) {
    let hashes = Self.hashes(values, rows, columns, pool)
    var capacity = 16
    while capacity < rows * 2 { capacity *= 2 }
    var slots = [Int](repeating: -1, count: capacity)
    var first = [Int](repeating: 0, count: rows)
    var isShared = [Bool](repeating: false, count: rows)
    var count = 0
    var originals = 0
    for row in 0..<rows {
      let hash = hashes[row]
      var slot = Int(truncatingIfNeeded: hash) & (capacity - 1)
      first[row] = row
      while slots[slot] >= 0 {
        let other = slots[slot]
        if hashes[other] == hash, Self.areEqual(values, row, other, columns) {
          first[row] = other
          count += 1
          if !isShared[other] { originals += 1 }
          isShared[other] = true
          break
        }
        slot = (slot + 1) & (capacity - 1)
      }
      if first[row] == row { slots[slot] = row }
    }
    self.first = first
    self.count = count
    rowsSharing = count + originals
  }

  private static func areEqual(_ values: UnsafeBufferPointer<Float>, _ a: Int, _ b: Int, _ columns: Int) -> Bool {
    for column in 0..<columns where values[a * columns + column] != values[b * columns + column] { return false }
    return true
  }

  /// One hash per row. Four chains side by side, so that multiplications overlap.
  private static func hashes(
    _ values: UnsafeBufferPointer<Float>, _ rows: Int, _ columns: Int, _ pool: ThreadPool
  ) -> [UInt64] {
    [UInt64](unsafeUninitializedCapacity: rows) { memory, count in
      let hashes = memory
      count = rows
      pool.run(over: rows, inPiecesOf: 1024) { range in
        for row in range {
          var state = SIMD4<UInt64>(1, 2, 3, 4)
          for column in 0..<columns {
            // Adding zero makes one of the two zeros.
            let bits = UInt64((values[row * columns + column] + 0).bitPattern)
            let lane = column & 3
            let mixed = (state[lane] ^ bits) &* 0x9E37_79B9_7F4A_7C15
            state[lane] = mixed ^ (mixed >> 29)
          }
          var hash: UInt64 = 0
          for lane in 0..<4 {
            hash = (hash ^ state[lane]) &* 0xBF58_476D_1CE4_E5B9
            hash ^= hash >> 31
          }
          hashes[row] = hash
        }
      }
    }
  }
}
