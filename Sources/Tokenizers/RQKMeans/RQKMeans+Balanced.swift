import CKernels
import Clustering
import Formats
public import Vectors

extension RQKMeans {
  /// Rows that are shared out together; their costs take 4·rows·K bytes.
  static let balancedRows = 1 << 18

  /// Codes of which every level has each code ⌊N/K⌋ or ⌈N/K⌉ times over these N vectors, at the least total distance
  /// given the levels before. 16·N·K bytes at most, and near-linear in N.
  ///
  /// A vector's codes depend on the other vectors. More than 262,144 vectors are shared out in parts, each a regular
  /// sample.
  ///
  /// - Throws: as `encode`.
  public func encodeBalanced(
    _ vectors: Matrix, pool: ThreadPool = ThreadPool(), source: String = "vectors"
  ) throws -> Codes {
    try encodeBalanced(vectors, rowsATime: Self.balancedRows, pool: pool, source: source)
  }

  func encodeBalanced(_ vectors: Matrix, rowsATime: Int, pool: ThreadPool, source: String) throws -> Codes {
    try check(vectors, source: source)
    if needsDirections { try vectors.checkDirections(source: source, pool: pool) }
    let levels = levelSizes.count
    var values = [UInt16](repeating: 0, count: vectors.rows * levels)
    // Parts of a multiple of K rows are shared out evenly to the last; what is left over is in the last part.
    let parts = max(1, (vectors.rows + rowsATime - 1) / rowsATime)
    let multiple = levelSizes.reduce(1) { leastCommonMultiple($0, $1) }
    let size = vectors.rows / parts / multiple * multiple
    for part in 0..<parts {
      let isLast = part + 1 == parts || size == 0
      let regular = (0..<size).map { $0 * parts + part }
      let rows = isLast ? (size == 0 ? Array(0..<vectors.rows) : regular + Array(size * parts..<vectors.rows)) : regular
      try encodeBalanced(vectors, rows, &values, pool, source)
      if size == 0 { break }
    }
    return Codes(unchecked: Buffer(values), levelSizes: levelSizes)
  }

  private func encodeBalanced(
    _ vectors: Matrix, _ rows: [Int], _ values: inout [UInt16], _ pool: ThreadPool, _ source: String
  ) throws {
    let d = dimension
    let levels = levelSizes.count
    let working = WorkingVectors(count: rows.count, dimension: d)
    vectors.withUnsafeBufferPointer { vectors in
      guard let base = vectors.baseAddress else { return }
      for (place, row) in rows.enumerated() { working.row(place).update(from: base + row * d, count: d) }
    }
    if let place = working.firstNonFiniteRow(pool) {
      throw InputError(
        .malformed, source, at: "row \(rows[place])", expected: "finite values", found: "NaN or infinity",
        remedy: "drop or repair that row")
    }
    if options.metric == .cosine { working.normalize(0..<rows.count) }
    for level in 0..<levels {
      if options.normalizesResiduals { working.normalize(0..<rows.count) }
      let book = codebooks.levels[level]
      let kinds = RowKinds(working, pool: pool)
      let costs = CostMatrix(rows: kinds.count, clusters: book.rows)
      costs.fill(kinds.representatives(of: working, pool: pool), book, pool: pool)
      let start = prices.isEmpty ? [Float](repeating: 0, count: book.rows) : prices[level]
      let solved = CapacityAssignment(costs, kinds: kinds, prices: start, pool: pool)
      book.withUnsafeBufferPointer { book in
        guard let book = book.baseAddress else { return }
        for (place, row) in rows.enumerated() {
          values[row * levels + level] = UInt16(truncatingIfNeeded: solved.assignment[place])
          _ = semid_subtract(working.row(place), book + Int(solved.assignment[place]) * d, d)
        }
      }
    }
  }
}

private func leastCommonMultiple(_ a: Int, _ b: Int) -> Int {
  var (x, y) = (a, b)
  while y != 0 { (x, y) = (y, x % y) }
  let (product, overflow) = (a / x).multipliedReportingOverflow(by: b)
  return overflow || product > RQKMeans.balancedRows ? RQKMeans.balancedRows : product
}
