import Testing
import Vectors

@testable import Tokenizers

@Suite("Sinkhorn assignment") struct SinkhornTests {
  static func distances(_ rows: Int, _ size: Int, seed: UInt64) -> [Float] {
    var random = CounterRandom(seed: seed)
    // Some codes are near to everything: without balance they take all.
    let pull = (0..<size).map { _ in Float(random.uniform()) * 3 }
    return (0..<rows * size).map { pull[$0 % size] + Float(random.uniform()) }
  }

  /// The formula as the Python systems write it: every row's sum to 1/B, then every column's to 1/K.
  static func plain(_ distances: [Float], rows: Int, size: Int, epsilon: Double, iterations: Int) -> [Int] {
    let (least, most) = (Double(distances.min() ?? 0), Double(distances.max() ?? 0))
    let middle = (most + least) / 2
    let amplitude = most - middle + 1e-5
    var plan = distances.map { Math.exp(-(Double($0) - middle) / amplitude / epsilon) }
    let total = plan.reduce(0, +)
    plan = plan.map { $0 / total }
    for _ in 0..<iterations {
      for row in 0..<rows {
        let sum = plan[row * size..<(row + 1) * size].reduce(0, +)
        for code in 0..<size { plan[row * size + code] /= sum * Double(rows) }
      }
      for code in 0..<size {
        let sum = stride(from: code, to: rows * size, by: size).reduce(0.0) { $0 + plan[$1] }
        for row in 0..<rows { plan[row * size + code] /= sum * Double(size) }
      }
    }
    return (0..<rows).map { row in
      (0..<size).max { plan[row * size + $0] < plan[row * size + $1] } ?? 0
    }
  }

  static func codes(
    _ distances: [Float], rows: Int, size: Int, epsilon: Double, iterations: Int, threads: Int = 2
  ) -> [Int] {
    var codes = [UInt32](repeating: 0, count: rows)
    Sinkhorn(epsilon: epsilon, iterations: iterations, pool: ThreadPool(threads: threads)).assign(
      distances, rows: rows, size: size, codes: &codes)
    return codes.map(Int.init)
  }

  @Test(arguments: [(0.003, 50), (0.05, 20), (0.5, 5), (0.02, 1), (0.02, 2), (0.02, 3)])
  func itIsThePlainFormula(epsilon: Double, iterations: Int) {
    for (rows, size) in [(70, 13), (200, 32)] {
      let distances = Self.distances(rows, size, seed: UInt64(rows))
      #expect(
        Self.codes(distances, rows: rows, size: size, epsilon: epsilon, iterations: iterations)
          == Self.plain(distances, rows: rows, size: size, epsilon: epsilon, iterations: iterations))
    }
  }

  /// As `plain`, by logarithms of sums all the way.
  ///
  /// - Returns: the logarithms of the plan.
  static func logDomain(
    _ distances: [Float], rows: Int, size: Int, epsilon: Double, iterations: Int
  ) -> [Double] {
    func logSum(_ terms: [Double]) -> Double {
      let largest = terms.max() ?? 0
      return largest + Math.log(terms.reduce(0) { $0 + Math.exp($1 - largest) })
    }
    let (least, most) = (Double(distances.min() ?? 0), Double(distances.max() ?? 0))
    let middle = (most + least) / 2
    var plan = distances.map { -(Double($0) - middle) / (most - middle + 1e-5) / epsilon }
    for _ in 0..<iterations {
      for row in 0..<rows {
        let sum = logSum(Array(plan[row * size..<(row + 1) * size]))
        for code in 0..<size { plan[row * size + code] -= sum + Math.log(Double(rows)) }
      }
      for code in 0..<size {
        let sum = logSum(stride(from: code, to: rows * size, by: size).map { plan[$0] })
        for row in 0..<rows { plan[row * size + code] -= sum + Math.log(Double(size)) }
      }
    }
    return plan
  }

  @Test(arguments: [0.003, 1e-3, 1e-4, 1e-5]) func smallEpsilonsDoNotUnderflow(epsilon: Double) {
    for (rows, size) in [(60, 8), (128, 16)] {
      let distances = Self.distances(rows, size, seed: 9)
      for iterations in [1, 2, 40] {
        let codes = Self.codes(distances, rows: rows, size: size, epsilon: epsilon, iterations: iterations)
        let plan = Self.logDomain(distances, rows: rows, size: size, epsilon: epsilon, iterations: iterations)
        for row in 0..<rows {
          // Where a row is shared between codes, rounding decides.
          let best = plan[row * size..<(row + 1) * size].max() ?? 0
          #expect(plan[row * size + codes[row]] > best - 1e-6)
        }
      }
    }
  }

  @Test func batchesAreSharedOutEvenly() {
    let (rows, size) = (256, 16)
    let distances = Self.distances(rows, size, seed: 9)
    let codes = Self.codes(distances, rows: rows, size: size, epsilon: 0.003, iterations: 500)
    let counts = (0..<size).map { code in codes.count { $0 == code } }
    #expect(counts.allSatisfy { abs($0 - rows / size) <= 4 }, "\(counts)")
    // Greedy would use a few codes only.
    let greedy = Set(
      (0..<rows).map { row in (0..<size).min { distances[row * size + $0] < distances[row * size + $1] } ?? 0 })
    #expect(greedy.count < size)
  }

  @Test func equalDistancesAndThreads() {
    let equal = [Float](repeating: 2, count: 40 * 8)
    #expect(Self.codes(equal, rows: 40, size: 8, epsilon: 0.003, iterations: 50).allSatisfy { (0..<8).contains($0) })
    let distances = Self.distances(300, 24, seed: 3)
    #expect(
      Self.codes(distances, rows: 300, size: 24, epsilon: 0.01, iterations: 30, threads: 1)
        == Self.codes(distances, rows: 300, size: 24, epsilon: 0.01, iterations: 30, threads: 4))
  }
}
