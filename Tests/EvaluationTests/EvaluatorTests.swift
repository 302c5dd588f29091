import Foundation
import Testing
import Tokenizers
import Vectors

@testable import Evaluation

@Suite struct EvaluatorTests {
  private func model(_ x: Matrix, metric: Metric = .l2, normalizes: Bool = false) throws -> RQKMeans {
    var options = RQKMeansOptions()
    options.levelSizes = [16, 8]
    options.metric = metric
    options.normalizesResiduals = normalizes
    return try RQKMeans.train(x, options: options).model
  }

  @Test func sameBitsOnAnyNumberOfThreads() throws {
    let x = Naive.vectors(3000, 12, values: 3, seed: 1)
    let model = try model(x)
    let candidates = [
      CodeEvaluator.Candidate(name: "model", codes: try model.encode(x), model: model),
      CodeEvaluator.Candidate(name: "random", codes: try Naive.codes(3000, [9, 9, 9], seed: 2)),
    ]
    var evaluator = CodeEvaluator()
    evaluator.sample = 200
    evaluator.pairs = 5000
    let one = try evaluator.evaluate(x, candidates, pool: ThreadPool(threads: 1))
    #expect(one == (try evaluator.evaluate(x, candidates, pool: ThreadPool(threads: 2))))
    #expect(one == (try evaluator.evaluate(x, candidates, pool: ThreadPool(threads: 4))))
    // Alone or beside others, a set of codes has the same figures.
    #expect(one[1] == (try evaluator.evaluate(x, [candidates[1]])[0]))
    #expect(one[0].statistics == (try CodeStatistics(candidates[0].codes)))
    #expect((one[0].neighbors?.prefix.recall ?? 0) > (one[1].neighbors?.prefix.recall ?? 1))
    #expect(one[1].reconstruction == nil)
    let json = try JSONEncoder().encode(one)
    #expect(try JSONDecoder().decode([CodeEvaluation].self, from: json) == one)
  }

  @Test(arguments: [Metric.l2, .cosine]) func reconstructionEqualsAPlainSum(
    _ metric: Metric
  ) throws {
    // Far from the origin, where a variance from sums of squares would lose its digits.
    let shifted = Naive.normals(2500, 7, seed: 3).values.array.map { $0 + 500 }
    let x = Matrix(rows: 2500, columns: 7, values: metric == .l2 ? shifted : shifted.map { $0 - 500 })
    let model = try model(x, metric: metric)
    let codes = try model.encode(x)
    let found = try ReconstructionError(x, codes, model, pool: ThreadPool(threads: 2))
    let decoded = try model.decode(codes)
    var mean = [Double](repeating: 0, count: 7)
    let rows = (0..<2500).map { row in
      let values = x.row(row).map(Double.init)
      let length = metric == .cosine ? values.reduce(0) { $0 + $1 * $1 }.squareRoot() : 1
      return values.map { Double(Float($0 / length)) }
    }
    for row in rows { for column in 0..<7 { mean[column] += row[column] / 2500 } }
    var error = 0.0
    var variance = 0.0
    for (index, row) in rows.enumerated() {
      for column in 0..<7 {
        error += (row[column] - Double(decoded[index, column])) * (row[column] - Double(decoded[index, column]))
        variance += (row[column] - mean[column]) * (row[column] - mean[column])
      }
    }
    #expect(found.isOfUnitVectors == (metric == .cosine))
    #expect(abs(found.squaredErrorPerItem / (error / 2500) - 1) < 1e-9)
    #expect(abs((found.relative ?? 0) / (error / variance) - 1) < 1e-6)
  }

  @Test func equalVectorsHaveNoRelativeError() throws {
    let x = Matrix(rows: 20, columns: 3, values: [Float](repeating: 0.1, count: 60))
    let model = try RQKMeans(codebooks: Codebooks(levels: [Matrix(rows: 1, columns: 3, values: [0, 0, 0])]))
    let found = try ReconstructionError(x, try model.encode(x), model)
    #expect(
      found.relative == nil && abs(found.squaredErrorPerItem - 3 * Double(Float(0.1)) * Double(Float(0.1))) < 1e-15)
  }

  @Test func levelsThatResolvingAddedAreNotDecoded() throws {
    let x = Naive.normals(300, 5, seed: 5)
    let model = try model(x)
    let codes = try model.encode(x)
    let longer = try Codes(
      levelSizes: [16, 8, 300], values: Buffer((0..<300).flatMap { codes[$0] + [UInt16($0)] }))
    let evaluator = CodeEvaluator()
    let found = try evaluator.evaluate(
      x, [.init(name: "a", codes: codes, model: model), .init(name: "b", codes: longer, model: model)])
    #expect(found[0].reconstruction != nil && found[0].reconstruction == found[1].reconstruction)
    #expect(found[1].statistics.collisionRate == 0 && found[1].duplicates?.ofQuantizer == 0)
  }

  @Test func codesThatDoNotDecodeHaveNoError() throws {
    let x = Naive.normals(300, 5, seed: 6)
    let model = try model(x, normalizes: true)
    let found = try CodeEvaluator().evaluate(x, [.init(name: "a", codes: try model.encode(x), model: model)])
    #expect(found[0].reconstruction == nil && found[0].neighbors != nil)
  }

  @Test func cosineLooksAtDirections() throws {
    // Lengths differ wildly; directions are those of `x`.
    let x = Naive.normals(200, 4, seed: 7)
    var random = CounterRandom(seed: 1)
    let stretched = Matrix(
      rows: 200, columns: 4,
      values: (0..<200).flatMap { row in
        let factor = Float(1 << random.below(10))
        return x.row(row).map { $0 * factor }
      })
    let candidate = CodeEvaluator.Candidate(name: "a", codes: try Naive.codes(200, [4, 4], seed: 7))
    var evaluator = CodeEvaluator()
    evaluator.metric = .cosine
    #expect(
      try evaluator.evaluate(x, [candidate])[0].neighbors == evaluator.evaluate(stretched, [candidate])[0].neighbors)
  }

  @Test func badInputIsRefused() throws {
    let x = Naive.normals(10, 2, seed: 8)
    let codes = try Naive.codes(10, [4], seed: 8)
    func fault(_ x: Matrix, _ codes: Codes, _ change: (inout CodeEvaluator) -> Void = { _ in }) -> InputError? {
      var evaluator = CodeEvaluator()
      evaluator.k = 3
      change(&evaluator)
      do {
        _ = try evaluator.evaluate(x, [.init(name: "codes.npy", codes: codes)])
        return nil
      } catch { return error as? InputError }
    }
    #expect(fault(x, codes) == nil)
    #expect(fault(x, codes) { $0.k = 10 }?.description == "k: expected 1 to 9: less than the number of items, found 10")
    #expect(fault(x, codes) { $0.k = 0 }?.kind == .usage)
    #expect(fault(x, codes) { $0.sample = 0 }?.kind == .usage)
    #expect(fault(x, try Naive.codes(9, [4], seed: 1))?.kind == .mismatch)
    #expect(fault(x[rows: 0..<1], try Naive.codes(1, [4], seed: 1))?.expected == "at least 2 items")
    #expect(fault(x[rows: 0..<0], try Naive.codes(0, [4], seed: 1))?.expected == "at least 2 items")
    var values = x.values.array
    values[7] = .nan
    #expect(fault(Matrix(rows: 10, columns: 2, values: values), codes)?.place == "row 3")
    #expect(fault(x, codes) { $0.k = 9 } == nil)
  }
}
