import Clustering
import Formats
import TestSupport
import Testing
import Vectors

@testable import Tokenizers

@Suite("Beam search") struct BeamSearchTests {
  /// Codebooks that do not come of training: levels overlap, so that greedy codes are far from the best.
  static func model(
    _ sizes: [Int], columns: Int, seed: UInt64, prices: Bool = false,
    _ change: (inout RQKMeansOptions) -> Void = { _ in }
  ) throws -> RQKMeans {
    var random = CounterRandom(seed: seed)
    let levels = sizes.map { size in
      Matrix(rows: size, columns: columns, values: (0..<size * columns).map { _ in Float(random.normals().0) })
    }
    var options = RQKMeansOptions()
    change(&options)
    return try RQKMeans(
      codebooks: Codebooks(levels: levels), options: options,
      prices: prices ? sizes.map { size in (0..<size).map { _ in Float(random.uniform() * 8) } } : [])
  }

  /// |x − Σ C[l][cₗ]|² + Σ prices, in double precision.
  static func cost(_ x: [Float], _ code: [UInt16], _ model: RQKMeans) -> Double {
    var rest = x.map { Double($0) }
    if model.options.metric == .cosine {
      let length = rest.reduce(0) { $0 + $1 * $1 }.squareRoot()
      rest = rest.map { $0 / length }
    }
    var price = 0.0
    for (level, codeword) in code.enumerated() {
      for column in rest.indices { rest[column] -= Double(model.codebooks.levels[level][Int(codeword), column]) }
      if !model.prices.isEmpty { price += Double(model.prices[level][Int(codeword)]) }
    }
    return rest.reduce(price) { $0 + $1 * $1 }
  }

  static func costs(_ vectors: Matrix, _ codes: Codes, _ model: RQKMeans) -> [Double] {
    (0..<vectors.rows).map { cost(vectors.row($0), codes[$0], model) }
  }

  @Test(arguments: [false, true], RQKMeansOptions.metrics)
  func aBeamOfEverythingFindsTheBestOfAllCodes(prices: Bool, metric: Metric) throws {
    let sizes = [5, 3, 4, 2]
    let model = try Self.model(sizes, columns: 7, seed: 51, prices: prices) { $0.metric = metric }
    let vectors = Synthetic.clusters(rows: 150, columns: 7, centers: 5, spread: 1.5, seed: 52)
    let codes = try model.encode(vectors, beam: 5 * 3 * 4 * 2)
    var all: [[UInt16]] = [[]]
    for size in sizes { all = all.flatMap { code in (0..<size).map { code + [UInt16($0)] } } }
    for row in 0..<vectors.rows {
      let least = all.map { Self.cost(vectors.row(row), $0, model) }.min() ?? 0
      #expect(Self.cost(vectors.row(row), codes[row], model) <= least * (1 + 1e-5) + 1e-5, "row \(row)")
    }
  }

  @Test func widerBeamsAreBetterAndNoRowIsWorseThanGreedy() throws {
    var improved = 0
    for (sizes, columns) in [([40, 64, 17], 24), ([256, 256], 50), ([30, 30, 30, 30, 30], 9)] {
      let vectors = Synthetic.clusters(rows: 700, columns: columns, centers: 30, spread: 1, seed: 53)
      for model in [
        try Self.model(sizes, columns: columns, seed: 54),
        try RQKMeans.train(vectors, options: RQKMeansTests.options(sizes)).model,
      ] {
        let greedy = Self.costs(vectors, try model.encode(vectors, beam: 1), model)
        var last = greedy.reduce(0, +)
        for beam in [2, 3, 5, 8, 9, 20, 64] {
          let costs = Self.costs(vectors, try model.encode(vectors, beam: beam), model)
          for row in costs.indices { #expect(costs[row] <= greedy[row] * (1 + 1e-5), "beam \(beam), row \(row)") }
          // More beams may lose a row now and then, never the sum.
          #expect(costs.reduce(0, +) <= last * 1.001, "beam \(beam)")
          last = min(last, costs.reduce(0, +))
        }
        if last < greedy.reduce(0, +) * 0.99 { improved += 1 }
      }
    }
    // Codebooks of random levels, at least; of well separated clusters, greedy codes are the best there are.
    #expect(improved >= 3)
  }

  @Test func theGreedyCodeIsTheGreedyEncoders() throws {
    // One level leaves a beam nothing to gain: whatever its width, the answer is the nearest codeword. Large and small
    // magnitudes, beyond what squares can hold, take the way of float distances.
    for scale in [1, 1e-22, 1e21] as [Float] {
      let plain = try Self.model([200], columns: 30, seed: 55)
      let book = Matrix(rows: 200, columns: 30, values: plain.codebooks.levels[0].values.array.map { $0 * scale })
      let model = try RQKMeans(codebooks: Codebooks(levels: [book]))
      let vectors = Synthetic.clusters(rows: 300, columns: 30, centers: 20, spread: 1, seed: 56)
      let scaled = Matrix(rows: 300, columns: 30, values: vectors.values.array.map { $0 * scale })
      #expect(try model.encode(scaled, beam: 4).values.array == model.encode(scaled, beam: 1).values.array)
    }
  }

  @Test(arguments: [1, 2, 5, 33]) func theSameBitsForAnyThreadsAndBatches(beam: Int) throws {
    let vectors = Synthetic.clusters(rows: 4100, columns: 48, centers: 40, seed: 57)
    let model = try RQKMeans.train(vectors, options: RQKMeansTests.options([64, 100, 17]) { $0.beam = beam }).model
    let codes = try model.encode(vectors, pool: ThreadPool(threads: 1))
    #expect(try model.encode(vectors, beam: beam, pool: ThreadPool(threads: 4)).values.array == codes.values.array)
    for batch in [1, 7, 59, 60, 61, 1921] {
      let first = try model.encode(vectors[rows: 0..<batch])
      let rest = try model.encode(vectors[rows: batch..<4100])
      #expect(first.values.array + rest.values.array == codes.values.array, "batch \(batch)")
    }
    var random = CounterRandom(seed: 58)
    let order = (0..<4100).shuffled(using: &random)
    #expect(try model.encode(vectors.gathered(order)).values.array == codes.gathered(order).values.array)
  }

  @Test func rowsOfZerosAndEqualCodewordsAreNoTrouble() throws {
    let zeros = Matrix(rows: 20, columns: 6, values: [Float](repeating: 0, count: 120))
    let book = Matrix(rows: 20, columns: 6, values: [Float](repeating: 0, count: 120))
    let model = try RQKMeans(codebooks: Codebooks(levels: [book, book]))
    #expect(try model.encode(zeros, beam: 3).values.array == [UInt16](repeating: 0, count: 40))
    #expect(try model.encode(zeros[rows: 0..<0], beam: 3).count == 0)
  }

  @Test func theModelsBeamIsInItsFiles() throws {
    let folder = try TemporaryFolder()
    let vectors = Synthetic.clusters(rows: 500, columns: 12, centers: 20, spread: 1, seed: 59)
    let options = RQKMeansTests.options([16, 16, 16]) {
      $0.beam = 6
      $0.refinement = 2
      $0.kMeans.seedReach = 0.5
    }
    let (model, report) = try RQKMeans.train(vectors, options: options)
    try model.write(to: folder.file("model"))
    let again = try RQKMeans(opening: folder.file("model"))
    #expect(again.options == options && again.fingerprint == model.fingerprint)
    #expect(try again.encode(vectors).values.array == model.encode(vectors, beam: 6).values.array)
    // What the report says is what the model's own codes show.
    let error = Self.costs(vectors, try again.encode(vectors), again).reduce(0, +) / 500
    #expect(abs(report.levels[2].squaredErrorPerItem - error) < 1e-4 * error)
    #expect(throws: InputError.self) { try model.writeSemanticID(to: folder.file("python")) }
  }

  @Test func balanceByPriceTakesABeamAndStrictDoesNot() throws {
    let vectors = Synthetic.clusters(rows: 600, columns: 12, centers: 20, spread: 1, seed: 61)
    func options(_ balance: Balance, beam: Int, rounds: Int) -> RQKMeansOptions {
      RQKMeansTests.options([16, 16]) {
        $0.balance = balance
        $0.beam = beam
        $0.refinement = rounds
      }
    }
    let (model, report) = try RQKMeans.train(vectors, options: options(.price, beam: 4, rounds: 0))
    #expect(!model.prices.isEmpty)
    let greedy = Self.costs(vectors, try model.encode(vectors, beam: 1), model)
    let found = Self.costs(vectors, try model.encode(vectors), model)
    #expect(zip(found, greedy).allSatisfy { $0 <= $1 * (1 + 1e-5) })
    #expect(found.reduce(0, +) < greedy.reduce(0, +))
    // The report leaves prices out: it is of what decoding loses.
    let plain = try RQKMeans(codebooks: model.codebooks)
    let error = Self.costs(vectors, try model.encode(vectors), plain).reduce(0, +) / 600
    #expect(abs(report.levels[1].squaredErrorPerItem - error) < 1e-4 * error)
    for refused in [
      options(.strict, beam: 4, rounds: 0), options(.strict, beam: 1, rounds: 2), options(.price, beam: 1, rounds: 2),
    ] {
      #expect(throws: InputError.self) { try RQKMeans.train(vectors, options: refused) }
    }
  }

  @Test func badBeamsAreRefused() throws {
    let vectors = Synthetic.clusters(rows: 100, columns: 8, centers: 10, seed: 60)
    let model = try RQKMeans.train(vectors, options: RQKMeansTests.options([16, 16])).model
    for beam in [-1, 0, 4097] { #expect(throws: InputError.self) { try model.encode(vectors, beam: beam) } }
    #expect(throws: InputError.self) {
      try RQKMeans.train(
        vectors,
        options: RQKMeansTests.options([16, 16]) {
          $0.beam = 2
          $0.normalizesResiduals = true
        })
    }
    var values = vectors.values.array
    values[77 * 8] = .infinity
    do {
      _ = try model.encode(Matrix(rows: 100, columns: 8, values: values), beam: 4)
      Issue.record("no error")
    } catch { #expect("\(error)".contains("row 77")) }
    // Tables of 65,536² products: refused before any memory is taken.
    let large = Matrix(rows: 65_536, columns: 1, values: [Float](repeating: 1, count: 65_536))
    let huge = try RQKMeans(codebooks: Codebooks(levels: [large, large]))
    #expect(throws: InputError.self) {
      try huge.encode(Matrix(rows: 1, columns: 1, values: [1]), beam: 2)
    }
  }
}
