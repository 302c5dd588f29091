import Vectors

/// Balanced assignment of a batch: entropic optimal transport from its rows, each of mass 1/B, to the codes, each of
/// mass 1/K (Cuturi 2013). A row's code is the largest entry of its row of the plan.
///
/// The cost is the squared distance, centered and scaled to about ±1 as LC-Rec, MiniOneRec and semantic-id do it, so
/// that ε means the same for every level and scale. Rows first, then columns, `iterations` times.
///
/// The plan is kept as scaling factors, in double precision. Where factors grow large, or a code's whole column
/// underflows, logarithms work them into the plan. So no ε overflows or underflows.
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

    // −cost/ε; and e to that, with the potentials of codes and rows so far in it.
    let scores = UnsafeMutablePointer<Double>.allocate(capacity: 2 * count)
    defer { scores.deallocate() }
    let plan = scores + count
    let pieces = (rows + piece - 1) / piece
    let partial = UnsafeMutablePointer<Double>.allocate(capacity: pieces * size)
    defer { partial.deallocate() }
    pool.run(over: count, inPiecesOf: piece * size) { range in
      for index in range { scores[index] = (middle - Double(distances[index])) * scale }
    }
    var potentials = [Double](repeating: 0, count: size)
    var columns = [Double](repeating: 1, count: size)
    // The factor that makes a row's largest entry 1, and the factor that its sum needs besides.
    var largest = [Double](repeating: 0, count: rows)
    var factors = [Double](repeating: 1, count: rows)
    absorb(potentials, scores, plan, rows, size, &largest)
    for _ in 0..<iterations {
      columns.withUnsafeBufferPointer { columns in
        factors.withUnsafeMutableBufferPointer { factors in
          guard let columns = columns.baseAddress else { return }
          pool.run(over: rows, inPiecesOf: piece) { range in
            let sums = partial + range.lowerBound / piece * size
            sums.update(repeating: 0, count: size)
            for row in range {
              factors[row] = 1 / (Double(rows) * Self.dot(plan + row * size, columns, size))
              Self.add(plan + row * size, times: factors[row], to: sums, size)
            }
          }
        }
      }
      var lost: [Int] = []
      var isExtreme = false
      for code in 0..<size {
        var sum = 0.0
        for piece in 0..<pieces { sum += partial[piece * size + code] }
        if sum > 1e-200 { columns[code] = 1 / (Double(size) * sum) } else { lost.append(code) }
        isExtreme = isExtreme || !(1e-100...1e100).contains(columns[code])
      }
      guard isExtreme || !lost.isEmpty else { continue }
      for code in 0..<size { potentials[code] += Math.log(columns[code]) }
      for code in lost {
        let sum = Self.logSum(rows) { scores[$0 * size + code] + Math.log(factors[$0]) - largest[$0] }
        potentials[code] = -sum - Math.log(Double(size))
      }
      absorb(potentials, scores, plan, rows, size, &largest)
      columns = Array(repeating: 1, count: size)
    }
    columns.withUnsafeBufferPointer { columns in
      pool.run(over: rows, inPiecesOf: piece) { range in
        for row in range {
          let entries = plan + row * size
          var best = 0
          for code in 1..<max(1, size) where entries[code] * columns[code] > entries[best] * columns[best] {
            best = code
          }
          codes[row] = UInt32(best)
        }
      }
    }
  }

  /// The plan from scores and codes' potentials, each row's largest entry made 1.
  private func absorb(
    _ potentials: [Double], _ scores: UnsafePointer<Double>, _ plan: UnsafeMutablePointer<Double>, _ rows: Int,
    _ size: Int, _ largest: inout [Double]
  ) {
    largest.withUnsafeMutableBufferPointer { largest in
      potentials.withUnsafeBufferPointer { potentials in
        pool.run(over: rows, inPiecesOf: 64) { range in
          for row in range {
            var most = -Double.infinity
            for code in 0..<size { most = max(most, scores[row * size + code] + potentials[code]) }
            for code in 0..<size {
              plan[row * size + code] = Math.exp(scores[row * size + code] + potentials[code] - most)
            }
            largest[row] = most
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
