package import Vectors

/// Rows that hold one vector are of one kind: no cost tells them apart, so they are shared out together, with a number.
package struct RowKinds {
  /// The kind of every row, numbered in the order in which they come.
  package let kinds: [UInt32]
  /// The first row of each kind, ascending.
  package let rows: [Int]
  /// How many rows each kind has; their sum is N.
  package let counts: [Int]

  private init(kinds: [UInt32], rows: [Int], counts: [Int]) {
    self.kinds = kinds
    self.rows = rows
    self.counts = counts
  }

  /// Every row is a kind of its own.
  package init(distinct count: Int) {
    self.init(
      kinds: (0..<count).map { UInt32(truncatingIfNeeded: $0) }, rows: Array(0..<count),
      counts: Array(repeating: 1, count: count))
  }

  /// Expected O(N·d).
  package init(_ vectors: WorkingVectors, pool: ThreadPool) {
    defer { withExtendedLifetime(vectors) {} }
    let duplicates = DuplicateVectors(
      vectors.buffer(0..<vectors.count), rows: vectors.count, columns: vectors.dimension, pool: pool)
    guard duplicates.count > 0 else {
      self.init(distinct: vectors.count)
      return
    }
    var (kinds, rows, counts): ([UInt32], [Int], [Int]) = ([], [], [])
    kinds.reserveCapacity(vectors.count)
    for (row, first) in duplicates.first.enumerated() {
      if first == row {
        kinds.append(UInt32(truncatingIfNeeded: rows.count))
        rows.append(row)
        counts.append(1)
      } else {
        kinds.append(kinds[first])
        counts[Int(kinds[first])] += 1
      }
    }
    self.init(kinds: kinds, rows: rows, counts: counts)
  }

  package var count: Int { rows.count }

  /// A row of each kind: `vectors` itself where no two rows are equal.
  package func representatives(of vectors: WorkingVectors, pool: ThreadPool) -> WorkingVectors {
    guard count < vectors.count else { return vectors }
    let gathered = WorkingVectors(count: count, dimension: vectors.dimension)
    pool.run(over: count, inPiecesOf: 1024) { range in
      for kind in range { gathered.row(kind).update(from: vectors.row(rows[kind]), count: vectors.dimension) }
    }
    return gathered
  }
}
