import CKernels
import Vectors

/// The k nearest rows of a row by Euclidean distance, itself excluded, with every row that ties with the k-th.
///
/// Float products filter. Each distance is known to within a margin that follows from the lengths (the error of a dot
/// product is at most about d·2⁻²⁴·|x||y|). Rows that can be among the nearest are computed again in double precision.
/// So neighbors and ties are those of double precision, and do not depend on blocks or threads.
struct ExactNeighbors: Sendable {
  struct Neighbor: Equatable {
    let row: Int
    /// Σ (x − y)², in double precision.
    let distance: Double
  }

  let vectors: Matrix
  let k: Int
  /// |x|² and |x| of every row.
  private let squares: [Float]
  private let lengths: [Float]
  /// Twice the largest error of a float dot product of d terms, as a share of |x||y|.
  private let share: Float
  /// Whether squares neither overflow nor underflow floats.
  private let filters: Bool

  /// Number of queries per product; with the rows of a product it gives 512 KiB.
  static let block = 64
  private static let tile = 2048
  /// Number of rows between two updates of the threshold.
  private static let chunk = 1024
  /// A bound on the error of floats that underflowed.
  private static let slack: Float = 1e-36

  /// - Precondition: 1 ≤ k < rows, all values finite.
  init(_ vectors: Matrix, k: Int, pool: ThreadPool) {
    precondition(k >= 1 && k < vectors.rows, "k neighbors besides the row itself")
    self.vectors = vectors
    self.k = k
    let d = vectors.columns
    var norms = [Double](repeating: 0, count: vectors.rows)
    norms.withUnsafeMutableBufferPointer { norms in
      vectors.withUnsafeBufferPointer { values in
        pool.run(over: vectors.rows, inPiecesOf: 1024) { range in
          for row in range {
            var sum = 0.0
            for index in row * d..<(row + 1) * d { sum += Double(values[index]) * Double(values[index]) }
            norms[row] = sum
          }
        }
      }
    }
    let largest = norms.max() ?? 0
    filters = largest < 1e30 && largest > 1e-20
    squares = norms.map { Float($0) }
    lengths = norms.map { Float($0.squareRoot()) }
    share = Float(d + 8) * 0x1p-23
  }

  /// Calls `body` with each of `queries` (at most `block`) and its neighbors: nearest first, ties by row.
  func neighbors(of queries: ArraySlice<Int>, _ body: (_ position: Int, [Neighbor]) -> Void) {
    precondition(queries.count <= Self.block, "one block at a time")
    guard filters else {
      let all = Array(0..<vectors.rows)
      for position in queries.indices { body(position, nearest(to: queries[position], among: all)) }
      return
    }
    let d = vectors.columns
    let gathered = vectors.gathered(queries)
    var candidates = queries.map { _ in Candidates(limit: k) }
    var products = [Float](repeating: 0, count: queries.count * Self.tile)
    var selected = [UInt32](repeating: 0, count: Self.chunk)
    vectors.withUnsafeBufferPointer { values in
      gathered.withUnsafeBufferPointer { gathered in
        products.withUnsafeMutableBufferPointer { products in
          guard let values = values.baseAddress, let gathered = gathered.baseAddress, let base = products.baseAddress
          else { return }
          for first in stride(from: 0, to: vectors.rows, by: Self.tile) {
            let count = min(Self.tile, vectors.rows - first)
            BLAS.gemm(
              .no, .yes, m: queries.count, n: count, k: d, gathered, lda: d, values + first * d, ldb: d, base,
              ldc: Self.tile)
            for (number, query) in queries.enumerated() {
              scan(
                base + number * Self.tile, query, rows: first..<first + count, &selected, into: &candidates[number])
            }
          }
        }
      }
    }
    for (number, position) in queries.indices.enumerated() {
      body(position, nearest(to: queries[position], among: candidates[number].rows()))
    }
  }

  /// Turns dot products into lower bounds of |y|² − 2⟨x, y⟩, which orders rows as the distance does, and keeps the rows
  /// that may be among the nearest.
  private func scan(
    _ products: UnsafeMutablePointer<Float>, _ query: Int, rows: Range<Int>, _ selected: inout [UInt32],
    into candidates: inout Candidates
  ) {
    let reach = 2 * lengths[query]
    squares.withUnsafeBufferPointer { squares in
      lengths.withUnsafeBufferPointer { lengths in
        for start in stride(from: 0, to: rows.count, by: Self.chunk) {
          let count = min(Self.chunk, rows.count - start)
          let first = rows.lowerBound + start
          let bounds = products + start
          for index in 0..<count {
            let square = squares[first + index]
            let margin = share * (square + reach * lengths[first + index]) + Self.slack
            bounds[index] = square - 2 * bounds[index] - margin
          }
          let found = semid_select_below(bounds, count, candidates.threshold, &selected, Self.chunk)
          for number in 0..<found {
            let row = first + Int(selected[number])
            guard row != query else { continue }
            let margin = share * (squares[row] + reach * lengths[row]) + Self.slack
            candidates.insert(row, from: bounds[row - first], to: bounds[row - first] + 2 * margin)
          }
        }
      }
    }
  }

  private func nearest(to query: Int, among rows: [Int]) -> [Neighbor] {
    var found = rows.lazy.filter { $0 != query }.map { Neighbor(row: $0, distance: distance(query, $0)) }
      .sorted { ($0.distance, $0.row) < ($1.distance, $1.row) }
    if let last = found.dropFirst(k - 1).first?.distance {
      found.removeLast(found.count - (found.lastIndex { $0.distance <= last } ?? 0) - 1)
    }
    return found
  }

  private func distance(_ a: Int, _ b: Int) -> Double {
    vectors.withUnsafeBufferPointer { squaredDistance($0, a, b, vectors.columns) }
  }
}

/// Σ (x − y)² of two rows, in double precision and always in the same order: equal rows are at equal distances.
func squaredDistance(_ values: UnsafeBufferPointer<Float>, _ a: Int, _ b: Int, _ columns: Int) -> Double {
  var sums = SIMD4<Double>.zero
  let whole = columns & ~3
  let a = a * columns
  let b = b * columns
  for column in stride(from: 0, to: whole, by: 4) {
    let x = SIMD4(values[a + column], values[a + column + 1], values[a + column + 2], values[a + column + 3])
    let y = SIMD4(values[b + column], values[b + column + 1], values[b + column + 2], values[b + column + 3])
    let difference = SIMD4<Double>(x) - SIMD4<Double>(y)
    sums += difference * difference
  }
  for column in whole..<columns {
    let difference = Double(values[a + column]) - Double(values[b + column])
    sums[column & 3] += difference * difference
  }
  return (sums[0] + sums[1]) + (sums[2] + sums[3])
}

/// Rows with an interval for their distance, without those that `limit` others certainly come before.
private struct Candidates {
  private let limit: Int
  private var entries: [(row: Int, low: Float, high: Float)] = []
  private var full: Int
  /// The `limit`-th smallest upper bound: rows that are certainly farther are dropped.
  private(set) var threshold = Float.infinity

  init(limit: Int) {
    self.limit = limit
    full = 2 * limit + 64
  }

  mutating func insert(_ row: Int, from low: Float, to high: Float) {
    guard low <= threshold else { return }
    entries.append((row, low, high))
    if entries.count >= full { cut() }
  }

  private mutating func cut() {
    guard entries.count > limit else { return }
    entries.sort { $0.high < $1.high }
    threshold = entries[limit - 1].high
    let threshold = threshold
    entries.removeAll { $0.low > threshold }
    full = 2 * entries.count + 64
  }

  mutating func rows() -> [Int] {
    cut()
    return entries.map(\.row)
  }
}
