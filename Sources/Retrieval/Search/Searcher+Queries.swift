import CKernels
import Vectors

extension Searcher {
  /// Runs `body` on blocks of queries, in parallel, and joins what they return.
  func inBlocks<Element>(
    of size: Int, _ count: Int, _ pool: ThreadPool, _ body: (Range<Int>) throws -> [Element]
  ) throws -> [Element] {
    if count <= size { return try body(0..<count) }
    var results = [[Element]](repeating: [], count: (count + size - 1) / size)
    try results.withUnsafeMutableBufferPointer { results in
      try pool.run(tasks: results.count, throwing: { results[$0] = try body($0 * size..<min(count, ($0 + 1) * size)) })
    }
    return Array(results.joined())
  }

  func checkQueries(_ queries: Matrix) throws {
    guard queries.columns == manifest.dimension else {
      throw InputError(
        .mismatch, "queries", expected: "vectors of length \(manifest.dimension)", found: "\(queries.columns)",
        remedy: "use the vectors of the model that the index was built with")
    }
  }

  /// Copies queries, brought to length 1 under cosine.
  func prepare(_ queries: Matrix, into target: inout [Float], firstRow: Int) throws {
    let width = queries.columns
    try queries.withUnsafeBufferPointer { source in
      try target.withUnsafeMutableBufferPointer { target in
        guard let source = source.baseAddress, let target = target.baseAddress else { return }
        let bad = semid_first_non_finite(source, source.distance(to: source + queries.rows * width))
        guard bad == queries.rows * width else {
          throw InputError(
            .malformed, "queries", at: "row \(firstRow + bad / width), column \(bad % width)", expected: "a number",
            found: "\(source[bad])")
        }
        for row in 0..<queries.rows {
          if metric != .cosine {
            (target + row * width).update(from: source + row * width, count: width)
          } else if !UnitVector.write(source + row * width, count: width, into: target + row * width) {
            throw InputError(
              .malformed, "queries", at: "row \(firstRow + row)", expected: "a vector with a direction",
              found: "length 0")
          }
        }
      }
    }
  }
}
