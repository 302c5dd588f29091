import CKernels
import Testing
import Vectors

/// The nearest-codeword kernel against a triple loop in double precision, body by body.
@Suite struct NearestCodewordTests {
  /// Rows and codewords, with the memory that the kernel fills.
  final class Problem {
    let n: Int, k: Int, d: Int
    let rows: [Float], codewords: [Float]
    var codes: [Int16], scales: [Float], norms: [Float], errors: [Float]
    var panels: [Int16], squares: [Float]

    init(n: Int, k: Int, d: Int, _ rows: [Float], _ codewords: [Float]) {
      (self.n, self.k, self.d, self.rows, self.codewords) = (n, k, d, rows, codewords)
      codes = Array(repeating: -1, count: n * semid_rounded_width(d))
      scales = Array(repeating: -1, count: n)
      norms = scales
      errors = scales
      panels = Array(repeating: -1, count: semid_codebook_panel_count(k, d))
      squares = Array(repeating: -1, count: semid_codebook_square_count(k))
    }

    func run(_ kernels: semid_kernels, nearest: inout [UInt32], bounds: inout [Float], drift: [Float]?) -> Int {
      rows.withUnsafeBufferPointer { rows in
        codewords.withUnsafeBufferPointer { codewords in
          codes.withUnsafeMutableBufferPointer { codes in
            scales.withUnsafeMutableBufferPointer { scales in
              norms.withUnsafeMutableBufferPointer { norms in
                errors.withUnsafeMutableBufferPointer { errors in
                  panels.withUnsafeMutableBufferPointer { panels in
                    squares.withUnsafeMutableBufferPointer { squares in
                      var vectors = semid_vectors(
                        rows: rows.baseAddress, d: d, codes: codes.baseAddress, scales: scales.baseAddress,
                        norms: norms.baseAddress, errors: errors.baseAddress)
                      kernels.round_rows(&vectors, 0, n)
                      var book = semid_codebook(
                        rows: codewords.baseAddress, count: k, dimension: d, panels: panels.baseAddress,
                        squares: squares.baseAddress, scale: 0, largest_norm: 0, largest_error: 0,
                        prices: nil)
                      kernels.codebook_pack(&book)
                      return bounds.withUnsafeMutableBufferPointer { bounds in
                        kernels.nearest(
                          &book, &vectors, 0, n, &nearest, bounds.isEmpty ? nil : bounds.baseAddress, drift)
                      }
                    }
                  }
                }
              }
            }
          }
        }
      }
    }

    /// The squared distance from row i to codeword j, in double precision.
    func distance(_ i: Int, _ j: Int) -> Double {
      (0..<d).reduce(0.0) { sum, c in
        let difference = Double(rows[i * d + c]) - Double(codewords[j * d + c])
        return sum + difference * difference
      }
    }

    /// Whether `answer` is the nearest codeword of row i, or as near as float rounding can tell.
    func accepts(_ answer: UInt32, for i: Int) -> Bool {
      let least = (0..<k).map { distance(i, $0) }.min() ?? 0
      let scale = (0..<d).reduce(0.0) { $0 + Double(rows[i * d + $1]) * Double(rows[i * d + $1]) } + least
      return distance(i, Int(answer)) <= least + 1e-6 * scale
    }
  }

  static let bodies = KernelTests.bodies + [.init(testDescription: "portable", kernels: KernelTests.portable)]

  @Test(arguments: bodies) func agreesWithATripleLoop(_ body: KernelTests.Body) {
    var random = CounterRandom(seed: 11)
    for d in [1, 2, 3, 15, 16, 17, 33, 64, 129] {
      for k in [1, 2, 15, 16, 17, 40, 100] {
        let n = 1 + random.below(300)
        let scale = [1e-12, 1, 1e6][random.below(3)]
        let problem = Problem(
          n: n, k: k, d: d, KernelTests.floats(n * d, &random, scale: scale),
          KernelTests.floats(k * d, &random, scale: scale))
        var nearest = [UInt32](repeating: 0, count: n)
        var bounds: [Float] = []
        _ = problem.run(body.kernels, nearest: &nearest, bounds: &bounds, drift: nil)
        for i in 0..<n { #expect(problem.accepts(nearest[i], for: i), "n \(n), k \(k), d \(d), row \(i)") }
      }
    }
  }

  @Test(arguments: bodies) func equalDistancesGiveTheLowestIndex(_ body: KernelTests.Body) {
    var random = CounterRandom(seed: 12)
    let (n, k, d) = (50, 90, 24)
    let base = KernelTests.floats(3 * d, &random)
    // Thirty copies of three codewords: more candidates than the kernel lists.
    let codewords = (0..<k).flatMap { Array(base[$0 % 3 * d..<($0 % 3 + 1) * d]) }
    let problem = Problem(n: n, k: k, d: d, KernelTests.floats(n * d, &random), codewords)
    var nearest = [UInt32](repeating: 77, count: n)
    var bounds: [Float] = []
    _ = problem.run(body.kernels, nearest: &nearest, bounds: &bounds, drift: nil)
    for i in 0..<n {
      let expected = (0..<3).min { problem.distance(i, $0) < problem.distance(i, $1) }
      #expect(nearest[i] == UInt32(expected ?? -1))
    }
  }

  @Test(arguments: bodies) func extremesAreSurvived(_ body: KernelTests.Body) {
    // Rows of zeros, of one huge element, of the smallest numbers, and a codebook of zeros.
    let d = 20
    var rows = [Float](repeating: 0, count: 5 * d)
    rows[d] = 3e18
    rows[2 * d + 3] = .leastNonzeroMagnitude
    for column in 0..<d { rows[3 * d + column] = column % 2 == 0 ? 1e-20 : -1e-20 }
    rows[4 * d + 7] = -1
    var codewords = [Float](repeating: 0, count: 18 * d)
    codewords[17 * d] = 3e18
    codewords[16 * d + 7] = -1
    let problem = Problem(n: 5, k: 18, d: d, rows, codewords)
    var nearest = [UInt32](repeating: 0, count: 5)
    var bounds: [Float] = []
    _ = problem.run(body.kernels, nearest: &nearest, bounds: &bounds, drift: nil)
    #expect(nearest == [0, 17, 0, 0, 16])

    let zeros = Problem(n: 5, k: 3, d: d, rows, [Float](repeating: 0, count: 3 * d))
    _ = zeros.run(body.kernels, nearest: &nearest, bounds: &bounds, drift: nil)
    #expect(nearest == [0, 0, 0, 0, 0])
  }

  /// Rows and codewords whose squares overflow or vanish: an answer among the codewords, and the one that the float
  /// distances give. The last panel is mostly padding, which is no answer.
  @Test(arguments: bodies) func squaresBeyondFloatsAreSurvived(_ body: KernelTests.Body) {
    var random = CounterRandom(seed: 14)
    let scales = [0, 1e-45, 1e-38, 1e-25, 1e-19, 1, 1e18, 1e19, 1e25, 3.4e38]
    for (k, d) in [(1, 3), (17, 8), (33, 40)] {
      let n = 2 * scales.count
      let rows = (0..<n).flatMap { KernelTests.floats(d, &random, scale: scales[$0 / 2]) }
      for largest in [5, scales.count] {
        let codewords = (0..<k).flatMap { _ in KernelTests.floats(d, &random, scale: scales[random.below(largest)]) }
        let problem = Problem(n: n, k: k, d: d, rows, codewords)
        var nearest = [UInt32](repeating: 99, count: n)
        var bounds: [Float] = []
        _ = problem.run(body.kernels, nearest: &nearest, bounds: &bounds, drift: nil)
        for i in 0..<n {
          var distances = [Float](repeating: 0, count: k)
          body.kernels.l2_rows(Array(rows[i * d..<(i + 1) * d]), codewords, d, k, &distances)
          #expect(Int(nearest[i]) == distances.firstIndex(of: distances.min() ?? 0), "k \(k), d \(d), row \(i)")
        }
      }
    }
  }

  /// Codewords that move a little, round after round: with bounds the answers are those without, for less work, and
  /// every bound holds.
  @Test(arguments: bodies) func boundsPassOverNothingThatMatters(_ body: KernelTests.Body) {
    var random = CounterRandom(seed: 13)
    let (n, k, d) = (300, 100, 40)
    let centers = KernelTests.floats(10 * d, &random, scale: 4)
    let rows = (0..<n).flatMap { i in (0..<d).map { centers[i % 10 * d + $0] + Float(random.uniform() - 0.5) } }
    var codewords = (0..<k).flatMap { j in (0..<d).map { centers[j / 10 * d + $0] + Float(random.uniform() - 0.5) } }
    let panels = semid_panels(k)
    var bounds = [Float](repeating: 0, count: n * panels)
    var nearest = [UInt32](repeating: 0, count: n)
    var drift = [Float](repeating: 0, count: panels)
    var work: [Int] = []
    for _ in 0..<5 {
      let problem = Problem(n: n, k: k, d: d, rows, codewords)
      work.append(problem.run(body.kernels, nearest: &nearest, bounds: &bounds, drift: drift))
      var plain = [UInt32](repeating: 0, count: n)
      var none: [Float] = []
      _ = problem.run(body.kernels, nearest: &plain, bounds: &none, drift: nil)
      #expect(plain == nearest)
      for i in 0..<n {
        for panel in 0..<panels {
          let least = (panel * 16..<min(k, panel * 16 + 16)).map { problem.distance(i, $0) }.min() ?? 0
          #expect(Double(bounds[i * panels + panel]) <= least.squareRoot() + 1e-5)
        }
      }
      let moved = codewords.map { $0 + Float(random.uniform() - 0.5) * 0.02 }
      for panel in 0..<panels {
        drift[panel] =
          (panel * 16..<min(k, panel * 16 + 16)).map { j -> Float in
            let square = (0..<d).reduce(Float(0)) {
              $0 + (moved[j * d + $1] - codewords[j * d + $1]) * (moved[j * d + $1] - codewords[j * d + $1])
            }
            return square.squareRoot() * 1.0001
          }.max() ?? 0
      }
      codewords = moved
    }
    #expect(work[0] == n * panels)
    #expect(work[1...].allSatisfy { $0 < n * panels / 2 }, "\(work)")
  }
}
