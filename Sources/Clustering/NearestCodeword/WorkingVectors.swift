import CKernels
package import Vectors

/// Vectors under training or encoding: N×d floats that are changed in place (residuals), and their 16-bit rounding,
/// which the nearest-codeword kernel reads. 6d + 12 bytes per row.
///
/// A class because it owns raw memory; confined to the call that makes it. Tasks of a pool may work on disjoint rows.
package final class WorkingVectors {
  package let count: Int
  package let dimension: Int
  package let rows: UnsafeMutablePointer<Float>
  private let codes: UnsafeMutablePointer<Int16>
  private let statistics: UnsafeMutablePointer<Float>

  /// Rows are uninitialized: fill them, then call `round`.
  package init(count: Int, dimension: Int) {
    self.count = count
    self.dimension = dimension
    rows = .allocate(capacity: max(1, count * dimension))
    codes = .allocate(capacity: max(1, count * semid_rounded_width(dimension)))
    statistics = .allocate(capacity: max(1, count * 3))
  }

  deinit {
    rows.deallocate()
    codes.deallocate()
    statistics.deallocate()
  }

  /// What the kernels take.
  var kernelView: semid_vectors {
    semid_vectors(
      rows: rows, d: dimension, codes: codes, scales: statistics, norms: statistics + count,
      errors: statistics + 2 * count)
  }

  /// |x| of a row, as the rounding left it.
  package func norm(_ row: Int) -> Float { statistics[count + row] }

  package func row(_ index: Int) -> UnsafeMutablePointer<Float> { rows + index * dimension }

  package func buffer(_ range: Range<Int>) -> UnsafeBufferPointer<Float> {
    UnsafeBufferPointer(start: row(range.lowerBound), count: range.count * dimension)
  }

  /// Rounds the rows of `range` again, after their floats have changed.
  package func round(_ range: Range<Int>) {
    defer { withExtendedLifetime(self) {} }
    var view = kernelView
    semid_round_rows(&view, range.lowerBound, range.count)
  }
}

extension WorkingVectors {
  /// The rows whose numbers are given, in that order, as a matrix.
  package func gathered(_ rows: some Collection<Int>) -> Matrix {
    Matrix(rows: rows.count, columns: dimension) { target in
      guard let target = target.baseAddress else { return }
      for (position, row) in rows.enumerated() {
        (target + position * dimension).update(from: self.row(row), count: dimension)
      }
    }
  }

  /// The rows whose numbers are given, in that order, as vectors of their own, rounded.
  package func copied(_ rows: some RandomAccessCollection<Int>, _ pool: ThreadPool) -> WorkingVectors {
    let copy = WorkingVectors(count: rows.count, dimension: dimension)
    pool.run(over: copy.count, inPiecesOf: 512) { range in
      for position in range {
        let row = rows[rows.index(rows.startIndex, offsetBy: position)]
        copy.row(position).update(from: self.row(row), count: dimension)
      }
      copy.round(range)
    }
    return copy
  }

  /// Scales rows to unit length; rows of zeros stay.
  package func normalize(_ range: Range<Int>) {
    for index in range {
      let row = row(index)
      var square = 0.0
      for column in 0..<dimension { square += Double(row[column]) * Double(row[column]) }
      guard square > 0 else { continue }
      let inverse = 1 / square.squareRoot()
      for column in 0..<dimension { row[column] = Float(Double(row[column]) * inverse) }
    }
  }

  /// The first row that holds NaN or an infinity.
  package func firstNonFiniteRow(_ pool: ThreadPool) -> Int? {
    let piece = 1024
    var found = [Int?](repeating: nil, count: (count + piece - 1) / piece)
    found.withUnsafeMutableBufferPointer { found in
      pool.run(over: count, inPiecesOf: piece) { range in
        let values = range.count * dimension
        let first = semid_first_non_finite(row(range.lowerBound), values)
        if first < values { found[range.lowerBound / piece] = range.lowerBound + first / dimension }
      }
    }
    return found.lazy.compactMap { $0 }.first
  }

  /// The mean of all rows, summed in an order that does not depend on the threads.
  package func mean(_ pool: ThreadPool) -> [Double] {
    let piece = 1024
    let pieces = (count + piece - 1) / piece
    var partial = [Double](repeating: 0, count: pieces * dimension)
    partial.withUnsafeMutableBufferPointer { partial in
      pool.run(over: count, inPiecesOf: piece) { range in
        guard let sum = partial.baseAddress.map({ $0 + range.lowerBound / piece * dimension }) else { return }
        for row in range { semid_accumulate(sum, self.row(row), dimension, 1) }
      }
    }
    var mean = [Double](repeating: 0, count: dimension)
    for index in partial.indices { mean[index % dimension] += partial[index] }
    for column in mean.indices { mean[column] /= Double(max(1, count)) }
    return mean
  }

  /// |x|² of every row, in double precision, column after column.
  package func squares(_ pool: ThreadPool) -> [Double] {
    [Double](unsafeUninitializedCapacity: count) { squares, filled in
      let squares = squares
      pool.run(over: count, inPiecesOf: 1024) { range in
        for row in range { squares[row] = buffer(row..<row + 1).reduce(0) { $0 + Double($1) * Double($1) } }
      }
      filled = count
    }
  }

  /// Σ|x|² over all rows, in double precision, in an order that does not depend on the threads.
  package func sumOfSquares(_ pool: ThreadPool) -> Double {
    let piece = 1024
    var partial = [Double](repeating: 0, count: (count + piece - 1) / piece)
    partial.withUnsafeMutableBufferPointer { partial in
      pool.run(over: count, inPiecesOf: piece) { range in
        partial[range.lowerBound / piece] = buffer(range).reduce(0) { $0 + Double($1) * Double($1) }
      }
    }
    return partial.reduce(0, +)
  }
}
