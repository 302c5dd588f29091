import Vectors

/// Intervals of means over cases, by the Poisson bootstrap: each resample counts each case so often as a Poisson number of
/// mean 1 says (Chamandy et al. 2012). All means are taken of the same resamples. O(resamples · cases · means).
struct Bootstrap {
  let resamples: Int
  let seed: UInt64

  /// - Parameter values: `means` values of each of `count` cases, case after case.
  /// - Returns: of each mean, the value at 2.5 % and at 97.5 % of the resamples.
  func intervals(
    _ values: [Float], count: Int, means: Int, pool: ThreadPool
  ) -> [(low: Double, high: Double)] {
    guard count > 0, resamples > 0 else { return Array(repeating: (0, 0), count: means) }
    let piece = 4096
    // A task per run of resamples: what it adds up does not depend on the number of threads.
    let width = 50
    let tasks = (resamples + width - 1) / width
    var sums = [Double](repeating: 0, count: resamples * means)
    var weights = [Double](repeating: 0, count: resamples)
    sums.withUnsafeMutableBufferPointer { sums in
      weights.withUnsafeMutableBufferPointer { weights in
        let (sums, weights) = (sums, weights)
        pool.run(tasks: tasks) { task in
          let first = task * width
          let rows = min(width, resamples - first)
          var drawn = [Float](repeating: 0, count: rows * piece)
          var part = [Float](repeating: 0, count: rows * means)
          for start in stride(from: 0, to: count, by: piece) {
            let cases = min(piece, count - start)
            for row in 0..<rows {
              var random = CounterRandom(seed: seed, stream: UInt64(first + row) << 32 | UInt64(start / piece))
              var total: Float = 0
              for index in 0..<cases {
                let weight = Self.poisson(random.uniform())
                drawn[row * piece + index] = weight
                total += weight
              }
              weights[first + row] += Double(total)
            }
            values.withUnsafeBufferPointer { values in
              guard let base = values.baseAddress else { return }
              BLAS.gemm(
                m: rows, n: means, k: cases, &drawn, lda: piece, base + start * means, ldb: means, &part, ldc: means)
            }
            for index in 0..<rows * means { sums[first * means + index] += Double(part[index]) }
          }
        }
      }
    }
    return (0..<means).map { mean in
      // A resample of nothing, as there are of a few cases, has no mean.
      let sorted = (0..<resamples).filter { weights[$0] > 0 }.map { sums[$0 * means + mean] / weights[$0] }.sorted()
      guard !sorted.isEmpty else { return (0, 0) }
      func at(_ share: Double) -> Double { sorted[Int((share * Double(sorted.count - 1)).rounded())] }
      return (at(0.025), at(0.975))
    }
  }

  /// A Poisson number of mean 1 from a uniform one, by its distribution's inverse.
  static func poisson(_ uniform: Double) -> Float {
    var (probability, sum, number) = (0.367_879_441_171_442_33, 0.367_879_441_171_442_33, 0)
    while uniform >= sum, number < 20 {
      number += 1
      probability /= Double(number)
      sum += probability
    }
    return Float(number)
  }
}
