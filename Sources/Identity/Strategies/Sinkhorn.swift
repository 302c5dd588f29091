import Tokenizers
import Vectors

/// Encodes the last level of colliding items anew by entropic optimal transport, as semantic-id and LC-Rec do.
///
/// In each round every group of items with one ID is a batch of B items against the K codes. Squared distances are
/// shifted and scaled, d' = (d − (max + min)/2) / (max − (max + min)/2 + 10⁻⁵). Then rows and columns of exp(−d'/ε) are
/// scaled in turns to sum to 1/B and 1/K, and each item takes its largest entry. It ends when nothing collides, when a
/// round changes nothing, or after `rounds`. Items with equal vectors get equal codes and stay together.
///
/// With more codes than items, whole columns belong to one item, and all of those hold 1/K but for rounding. The
/// largest of such entries would be chance. So of entries that are equal to nine digits, the item takes the nearest
/// code.
struct Sinkhorn {
  let options: SinkhornOptions
  let tokenizer: any Tokenizer
  let pool: ThreadPool

  /// Number of costs in memory at a time.
  private static let block = 1 << 22

  func resolve(_ codes: Codes, of vectors: Matrix, ids: StringColumn?) throws -> Codes {
    var codes = codes
    // A group with the same members as in the round before would get the same codes again.
    var settled: Set<[Int]> = []
    for _ in 0..<options.rounds {
      let order = CatalogueOrder(codes, ids: ids)
      let groups = order.buckets().filter { $0.count > 1 }.map { Array(order.rows[$0]) }
      let open = groups.filter { !settled.contains($0) }
      guard !open.isEmpty else { break }
      settled = Set(groups)
      let next = try encode(open, codes, vectors)
      let changed = next.values.withUnsafeBufferPointer { a in
        codes.values.withUnsafeBufferPointer { b in !a.elementsEqual(b) }
      }
      codes = next
      guard changed else { break }
    }
    return codes
  }

  private func encode(_ groups: [[Int]], _ codes: Codes, _ vectors: Matrix) throws -> Codes {
    let last = codes.levels - 1
    let size = codes.levelSizes[last]
    var values = codes.values.array
    var first = 0
    while first < groups.count {
      // As many groups as the block holds; a large one by itself.
      var rows = groups[first]
      var starts = [0, rows.count]
      var end = first + 1
      while end < groups.count, (rows.count + groups[end].count) * size <= Self.block {
        rows += groups[end]
        starts.append(rows.count)
        end += 1
      }
      let costs = try tokenizer.costs(
        of: vectors.gathered(rows), codes: codes.gathered(rows), level: last, pool: pool)
      values.withUnsafeMutableBufferPointer { values in
        let values = values
        pool.run(tasks: starts.count - 1) { group in
          let range = starts[group]..<starts[group + 1]
          for (row, code) in zip(rows[range], Self.transport(costs[rows: range], options)) {
            values[row * codes.levels + last] = UInt16(truncatingIfNeeded: code)
          }
        }
      }
      first = end
    }
    return try Codes(levelSizes: codes.levelSizes, values: Buffer(values))
  }

  /// The code of each row.
  static func transport(_ costs: Matrix, _ options: SinkhornOptions) -> [Int] {
    let rows = costs.rows
    let columns = costs.columns
    let values = costs.values.array.map(Double.init)
    let most = values.max() ?? 0
    let least = values.min() ?? 0
    let middle = (most + least) / 2
    let amplitude = most - middle + 1e-5
    let kernel = values.map { -(($0 - middle) / amplitude) / options.epsilon }
    let g =
      scaled(kernel, rows, columns, options.iterations) ?? scaledInLogarithms(kernel, rows, columns, options.iterations)
    // f scales a whole row, which does not change its largest entry.
    return (0..<rows).map { row in
      let entries = (0..<columns).map { kernel[row * columns + $0] + g[$0] }
      let largest = (entries.max() ?? 0) - 1e-9
      let nearest = entries.indices.filter { entries[$0] >= largest }
        .min { kernel[row * columns + $0] > kernel[row * columns + $1] }
      return nearest ?? 0
    }
  }

  /// The logarithm of each column's scale, by multiplication; nil where that leaves the range of numbers.
  static func scaled(_ kernel: [Double], _ rows: Int, _ columns: Int, _ iterations: Int) -> [Double]? {
    var entries = kernel
    for row in 0..<rows {
      let range = row * columns..<(row + 1) * columns
      // A factor of a whole row is made good by its scale.
      let largest = kernel[range].max() ?? 0
      for index in range {
        guard kernel[index] - largest > -690 else { return nil }
        entries[index] = Math.exp(kernel[index] - largest)
      }
    }
    var v = [Double](repeating: 1, count: columns)
    var sums = v
    entries.withUnsafeBufferPointer { entries in
      for _ in 0..<iterations {
        for column in 0..<columns { sums[column] = 0 }
        for row in 0..<rows {
          let first = row * columns
          var total = SIMD4<Double>.zero
          var column = 0
          while column + 4 <= columns {
            for lane in 0..<4 { total[lane] += entries[first + column + lane] * v[column + lane] }
            column += 4
          }
          var sum = total.sum()
          while column < columns {
            sum += entries[first + column] * v[column]
            column += 1
          }
          let u = 1 / (sum * Double(rows))
          for column in 0..<columns { sums[column] += u * entries[first + column] }
        }
        for column in 0..<columns { v[column] = 1 / (sums[column] * Double(columns)) }
      }
    }
    return v.allSatisfy { $0.isNormal } ? v.map(Math.log) : nil
  }

  /// The same for any ε: f and g are the logarithms of the scales.
  static func scaledInLogarithms(_ kernel: [Double], _ rows: Int, _ columns: Int, _ iterations: Int) -> [Double] {
    var f = [Double](repeating: 0, count: rows)
    var g = [Double](repeating: 0, count: columns)
    for _ in 0..<iterations {
      for row in 0..<rows {
        f[row] = -logSum(columns) { kernel[row * columns + $0] + g[$0] } - Math.log(Double(rows))
      }
      for column in 0..<columns {
        g[column] = -logSum(rows) { kernel[$0 * columns + column] + f[$0] } - Math.log(Double(columns))
      }
    }
    return g
  }

  private static func logSum(_ count: Int, _ term: (Int) -> Double) -> Double {
    var largest = -Double.infinity
    for index in 0..<count { largest = max(largest, term(index)) }
    guard largest.isFinite else { return largest }
    var sum = 0.0
    for index in 0..<count {
      let x = term(index) - largest
      if x > -745 { sum += Math.exp(x) }
    }
    return largest + Math.log(sum)
  }
}
