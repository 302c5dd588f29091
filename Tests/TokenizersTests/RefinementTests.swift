import TestSupport
import Testing
import Vectors

@testable import Tokenizers

@Suite("Joint refinement") struct RefinementTests {
  @Test(arguments: [1, 4]) func theErrorOnlyFalls(beam: Int) throws {
    let vectors = Synthetic.clusters(rows: 1500, columns: 32, centers: 60, spread: 0.8, seed: 71)
    func train(_ rounds: Int) throws -> TrainingReport {
      try RQKMeans.train(
        vectors,
        options: RQKMeansTests.options([32, 32, 32]) {
          $0.beam = beam
          $0.refinement = rounds
        }
      ).report
    }
    let plain = try train(0)
    #expect(plain.refinement.isEmpty)
    var last = plain.levels[2].relativeError
    for rounds in [1, 2, 5, 30] {
      let report = try train(rounds)
      #expect(abs((report.refinement.first ?? 0) - plain.levels[2].relativeError) < 1e-6)
      #expect(report.refinement == report.refinement.sorted(by: >))
      #expect(report.refinement.count <= rounds + (beam > 1 ? 2 : 1))
      #expect(abs((report.refinement.last ?? 0) - report.levels[2].relativeError) < 1e-12)
      #expect(report.levels[2].relativeError <= last)
      last = report.levels[2].relativeError
    }
    #expect(last < plain.levels[2].relativeError * 0.98)
  }

  /// On the rows of the training and on others, with few rows a code, where codebooks fit beams too well.
  @Test(arguments: [71, 72, 73] as [UInt64]) func aBeamIsNeverWorseThanNone(seed: UInt64) throws {
    let all = Synthetic.clusters(rows: 900, columns: 24, centers: 60, spread: 0.8, seed: seed)
    let (vectors, others) = (all[rows: 0..<700], all[rows: 700..<900])
    func error(beam: Int) throws -> (trained: Double, held: Double) {
      let (model, report) = try RQKMeans.train(
        vectors,
        options: RQKMeansTests.options([48, 48, 48]) {
          $0.beam = beam
          $0.refinement = 8
        })
      let decoded = try model.decode(try model.encode(others))
      let held = zip(others.values.array, decoded.values.array).reduce(0.0) {
        $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1))
      }
      return (report.levels[2].squaredErrorPerItem, held)
    }
    let (greedy, beam) = (try error(beam: 1), try error(beam: 5))
    #expect(beam.trained <= greedy.trained * (1 + 1e-6) && beam.held < greedy.held, "\(greedy) \(beam)")
  }

  @Test func theSameBitsForAnyThreads() throws {
    let vectors = Synthetic.clusters(rows: 2000, columns: 40, centers: 40, seed: 72)
    let options = RQKMeansTests.options([48, 64, 20]) {
      $0.beam = 3
      $0.refinement = 3
      $0.sampleSize = 1700
      $0.metric = .cosine
    }
    let one = try RQKMeans.train(vectors, options: options, pool: ThreadPool(threads: 1))
    let many = try RQKMeans.train(vectors, options: options, pool: ThreadPool(threads: 4))
    #expect(one.model.fingerprint == many.model.fingerprint)
    #expect(one.report.refinement.count > 1 && one.report.refinement == many.report.refinement)
  }

  /// Random codes, so that some codewords are rare and some have no row.
  static func problem(_ sizes: [Int], rows: Int, columns: Int) throws -> (Matrix, Codes, Matrix) {
    var random = CounterRandom(seed: 73)
    let codes = try Codes(
      levelSizes: sizes,
      values: Buffer((0..<rows).flatMap { _ in sizes.map { UInt16(min(random.below($0), random.below($0 + 3))) } }))
    let vectors = Synthetic.clusters(rows: rows, columns: columns, centers: 9, seed: 74)
    let previous = Synthetic.clusters(rows: sizes.reduce(0, +), columns: columns, centers: 5, seed: 75)
    return (vectors, codes, previous)
  }

  @Test func theSolutionSatisfiesTheNormalEquations() throws {
    let sizes = [9, 40, 6]
    let (vectors, codes, previous) = try Self.problem(sizes, rows: 120, columns: 35)
    let squares = JointLeastSquares(rows: vectors, membership: Membership(codes), pool: ThreadPool(threads: 2))
    for (solver, tolerance) in [(JointLeastSquares.Solver.cholesky, 1e-4), (.conjugateGradients, 2e-3)] {
      let solution = try #require(squares.solution(near: previous, solver: solver))
      // Bᵀ(X − B·C) = C − C₀, by the definition.
      var pull = [Double](repeating: 0, count: previous.rows * 35)
      for row in 0..<120 {
        let words = [Int(codes[row][0]), 9 + Int(codes[row][1]), 49 + Int(codes[row][2])]
        for column in 0..<35 {
          let rest = words.reduce(Double(vectors[row, column])) { $0 - Double(solution[$1, column]) }
          for word in words { pull[word * 35 + column] += rest }
        }
      }
      for index in pull.indices {
        let moved = Double(solution.values[index]) - Double(previous.values[index])
        #expect(abs(pull[index] - moved) < tolerance, "\(solver), codeword \(index / 35)")
      }
    }
  }

  @Test func codewordsWithoutRowsGoToTheWorstRows() throws {
    let sizes = [4, 6]
    let codes = try Codes(levelSizes: sizes, values: Buffer([0, 0, 1, 1, 2, 2, 0, 3, 1, 0, 2, 1]))
    let vectors = Synthetic.clusters(rows: 6, columns: 3, centers: 2, seed: 76)
    let levels = sizes.map { Synthetic.clusters(rows: $0, columns: 3, centers: 2, seed: UInt64($0)) }
    let errors: [Float] = [1, 5, 0, 9, 5, 2]
    let revived = Revival(rows: vectors, membership: Membership(codes), errors: errors).revived(levels)
    // Dead are code 3 of the first level, 4 and 5 of the second; the worst rows are 3, then 1 and 4.
    func sum(_ row: Int, _ first: Int, _ second: Int) -> [Float] {
      zip(revived[0].row(first), revived[1].row(second)).map { $0 + $1 }
    }
    for (row, first, second) in [(3, 3, 3), (1, 1, 4), (4, 1, 5)] {
      for (value, wanted) in zip(sum(row, first, second), vectors.row(row)) { #expect(abs(value - wanted) < 1e-5) }
    }
    #expect(revived[0][rows: 0..<3].values.array == levels[0][rows: 0..<3].values.array)
    #expect(revived[1][rows: 0..<4].values.array == levels[1][rows: 0..<4].values.array)
  }

  @Test func refiningWhatDoesNotDecodeIsRefused() {
    let vectors = Synthetic.clusters(rows: 100, columns: 8, centers: 10, seed: 77)
    for (rounds, normalizes) in [(-1, false), (2, true)] {
      #expect(throws: InputError.self) {
        try RQKMeans.train(
          vectors,
          options: RQKMeansTests.options([8]) {
            $0.refinement = rounds
            $0.normalizesResiduals = normalizes
          })
      }
    }
  }
}
