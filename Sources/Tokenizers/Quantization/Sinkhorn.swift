import Vectors

/// Balanced assignment of a batch: entropic optimal transport from its rows, each of mass 1/B, to the codes, each of
/// mass 1/K (Cuturi 2013); a row's code is the largest entry of its row of the plan.
///
/// The cost is the squared distance, centred and scaled to about ±1 as LC-Rec, MiniOneRec and semantic-id do it, so that ε
/// means the same for every level and scale. Rows first, then columns, `iterations` times.
///
/// Two rounds in the log domain give potentials; the rest are plain products of the plan that they make with scaling
/// factors, in double precision. No ε over- or underflows: an entry that is lost to zero is one that no row would take.
struct Sinkhorn {
  let epsilon: Double
  let iterations: Int
  let pool: ThreadPool

  /// Sets `codes` from `distances` (rows × size).
  func assign(
    _ distances: UnsafePointer<Float>, rows: Int, size: Int, codes: UnsafeMutablePointer<UInt32>
  ) {
    let count = rows * size
    let piece = 64
    var least = Float.infinity
    var most = -Float.infinity
    for index in 0..<count {
      least = min(least, distances[index])
      most = max(most, distances[index])
    }
    let middle = (Double(most) + Double(least)) / 2
    let scale = 1 / ((Double(most) - middle + 1e-5) * epsilon)

    // −cost/ε, then the plan, row by row.
    let plan = UnsafeMutablePointer<Double>.allocate(capacity: count)
    defer { plan.deallocate() }
    let pieces = (rows + piece - 1) / piece
    let partial = UnsafeMutablePointer<Double>.allocate(capacity: pieces * size)
    defer { partial.deallocate() }
    var logColumns = [Double](repeating: 0, count: size)
    pool.run(over: count, inPiecesOf: piece * size) { range in
      for index in range { plan[index] = (middle - Double(distances[index])) * scale }
    }
    for _ in 0..<min(2, iterations) { logDomainRound(plan, rows, size, &logColumns) }
    // The plan with both potentials in it: after this, each row's largest entry is near 1.
    logColumns.withUnsafeBufferPointer { columns in
      pool.run(over: rows, inPiecesOf: piece) { range in
        for row in range {
          let entries = plan + row * size
          var largest = -Double.infinity
          for code in 0..<size {
            entries[code] += columns[code]
            largest = max(largest, entries[code])
          }
          for code in 0..<size { entries[code] = Math.exp(entries[code] - largest) }
        }
      }
    }
    var columns = [Double](repeating: 1, count: size)
    for _ in min(2, iterations)..<max(2, iterations) {
      columns.withUnsafeBufferPointer { columns in
        guard let columns = columns.baseAddress else { return }
        pool.run(over: rows, inPiecesOf: piece) { range in
          let sums = partial + range.lowerBound / piece * size
          sums.update(repeating: 0, count: size)
          for row in range {
            let factor = 1 / (Double(rows) * max(Self.dot(plan + row * size, columns, size), .leastNormalMagnitude))
            Self.add(plan + row * size, times: factor, to: sums, size)
          }
        }
      }
      for code in 0..<size {
        var sum = 0.0
        for piece in 0..<pieces { sum += partial[piece * size + code] }
        // A column that no row reaches any more keeps its factor.
        if sum > 1e-290 { columns[code] = min(1e150, 1 / (Double(size) * sum)) }
      }
    }
    columns.withUnsafeBufferPointer { columns in
      pool.run(over: rows, inPiecesOf: piece) { range in
        for row in range {
          let entries = plan + row * size
          var best = 0
          var value = -1.0
          for code in 0..<size where entries[code] * columns[code] > value {
            value = entries[code] * columns[code]
            best = code
          }
          codes[row] = UInt32(best)
        }
      }
    }
  }

  /// One round of rows, then columns, on −cost/ε, by logarithms of sums of exponentials.
  private func logDomainRound(_ scores: UnsafePointer<Double>, _ rows: Int, _ size: Int, _ columns: inout [Double]) {
    var rowPotentials = [Double](repeating: 0, count: rows)
    rowPotentials.withUnsafeMutableBufferPointer { target in
      columns.withUnsafeBufferPointer { columns in
        pool.run(over: rows, inPiecesOf: 64) { range in
          for row in range {
            target[row] = -Self.logSum(size) { scores[row * size + $0] + columns[$0] } - Math.log(Double(rows))
          }
        }
      }
    }
    columns.withUnsafeMutableBufferPointer { target in
      rowPotentials.withUnsafeBufferPointer { potentials in
        pool.run(over: size, inPiecesOf: 16) { range in
          for code in range {
            target[code] = -Self.logSum(rows) { scores[$0 * size + code] + potentials[$0] } - Math.log(Double(size))
          }
        }
      }
    }
  }

  @inline(__always) private static func logSum(_ count: Int, _ term: (Int) -> Double) -> Double {
    var largest = -Double.infinity
    for index in 0..<count { largest = max(largest, term(index)) }
    var sum = 0.0
    for index in 0..<count { sum += Math.exp(term(index) - largest) }
    return largest + Math.log(sum)
  }

  private static func dot(_ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, _ count: Int) -> Double {
    var sum = SIMD8<Double>.zero
    var index = 0
    while index + 8 <= count {
      sum +=
        UnsafeRawPointer(a + index).loadUnaligned(as: SIMD8<Double>.self)
        * UnsafeRawPointer(b + index).loadUnaligned(as: SIMD8<Double>.self)
      index += 8
    }
    var total = sum.sum()
    while index < count {
      total += a[index] * b[index]
      index += 1
    }
    return total
  }

  private static func add(
    _ source: UnsafePointer<Double>, times factor: Double, to target: UnsafeMutablePointer<Double>, _ count: Int
  ) {
    for index in 0..<count { target[index] += source[index] * factor }
  }
}
