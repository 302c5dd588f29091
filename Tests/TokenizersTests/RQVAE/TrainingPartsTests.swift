import Clustering
import Testing
import Vectors

@testable import Tokenizers

@Suite("Parts of neural training") struct TrainingPartsTests {
  @Test func adamWIsItsFormula() {
    var options = AdamWOptions()
    options.learningRate = 0.01
    options.weightDecay = 0.1
    options.warmUpShare = 0.3
    let weights = Parameter(rows: 3, columns: 7, decays: true)
    let bias = Parameter(vector: 5)
    var random = CounterRandom(seed: 1)
    var expected: [[Double]] = []
    for parameter in [weights, bias] {
      for place in 0..<parameter.count { parameter.values[place] = Float(random.normals().0) }
      expected.append(parameter.array.map(Double.init))
    }
    var first = expected.map { $0.map { _ in 0.0 } }
    var second = first
    let optimizer = AdamW([weights, bias], options: options, steps: 10)
    for step in 0..<10 {
      let rate = AdamW.rate(options, step: step, of: 10)
      #expect(optimizer.rate == rate)
      for (index, parameter) in [weights, bias].enumerated() {
        for place in 0..<parameter.count {
          parameter.gradient[place] = Float(random.normals().0)
          let g = Double(parameter.gradient[place]) * 0.5
          first[index][place] = 0.9 * first[index][place] + 0.1 * g
          second[index][place] = 0.999 * second[index][place] + 0.001 * g * g
          let m = first[index][place] / (1 - Self.power(0.9, step + 1))
          let v = second[index][place] / (1 - Self.power(0.999, step + 1))
          expected[index][place] *= parameter.decays ? 1 - rate * 0.1 : 1
          expected[index][place] -= rate * m / (v.squareRoot() + 1e-8)
        }
      }
      optimizer.step(gradientScale: 0.5, pool: ThreadPool(threads: 2))
    }
    for (index, parameter) in [weights, bias].enumerated() {
      for place in 0..<parameter.count {
        #expect(abs(Double(parameter.values[place]) - expected[index][place]) < 1e-5)
      }
    }
  }

  private static func power(_ base: Double, _ exponent: Int) -> Double {
    (0..<exponent).reduce(1) { product, _ in product * base }
  }

  @Test func theRateRisesAndFalls() {
    var options = AdamWOptions()
    options.learningRate = 0.004
    options.warmUpShare = 0.1
    options.finalShare = 0.05
    let rates = (0..<1000).map { AdamW.rate(options, step: $0, of: 1000) }
    #expect(zip(rates[..<100], rates[1..<100]).allSatisfy { $0 < $1 })
    #expect(rates[99] == 0.004)
    #expect(zip(rates[100...], rates[101...]).allSatisfy { $0 > $1 })
    #expect(abs(rates[999] - 0.05 * 0.004) < 1e-7)
  }

  @Test func theRateSuitsTheMethod() {
    func rate(_ kind: TokenizerKind, _ change: (inout RQVAEOptions) -> Void = { _ in }) -> Double? {
      var options = RQVAEOptions(kind: kind)
      change(&options)
      return options.withLearningRate(kind).optimizer.learningRate
    }
    #expect(rate(.rqVAE) == 2e-3)
    #expect(rate(.rqVAE) { $0.quantizer.learning = .gradient } == 1e-3)
    #expect(rate(.vqVAE) == 1e-3)
    #expect(rate(.rqKMeansPlus) == 1e-4)
    #expect(rate(.rqKMeansPlus) { $0.optimizer.learningRate = 0.5 } == 0.5)
  }

  @Test func theRateRisesAnewWhenTheLossChanges() {
    var options = AdamWOptions()
    options.warmUpShare = 0.1
    let parameter = Parameter(vector: 3)
    let optimizer = AdamW([parameter], options: options, steps: 100)
    func rate() -> Double {
      let rate = optimizer.rate
      optimizer.step(gradientScale: 1, pool: ThreadPool(threads: 1))
      return rate
    }
    // At the first step it rises anyway.
    optimizer.warmUp(share: 0.2)
    for step in 0..<40 { #expect(rate() == AdamW.rate(options, step: step, of: 100)) }
    optimizer.warmUp(share: 0.09)
    for step in 40..<100 {
      let share = min(1, Double(step - 39) / 10)
      #expect(abs(rate() - share * AdamW.rate(options, step: step, of: 100)) < 1e-12)
    }
  }

  @Test func exponentialsAreExact() {
    for step in -860...880 {
      let x = Float(step) * 0.1
      let found = Double(Lanes.exp(Lanes(repeating: x))[3])
      #expect(abs(found / Math.exp(Double(x)) - 1) < 4e-7, "\(x)")
    }
    #expect(Lanes.exp(Lanes(repeating: -1000))[0] < 1e-37)
    #expect(Lanes.sigmoid(Lanes(repeating: 0))[0] == 0.5)
  }

  @Test func shardsCoverABatch() {
    for rows in [1, 2, 31, 33, 64, 70, 255, 256, 683, 1024, 1536, 1537, 4000, 20_480] {
      let shards = Shard.cut(rows)
      #expect(shards.flatMap { Array($0.rows) } == Array(0..<rows), "\(rows)")
      #expect(shards.map(\.index) == Array(shards.indices))
      #expect(shards.count <= Shard.most(rows))
      #expect(shards.allSatisfy { $0.count <= 132 }, "\(rows): \(shards.map(\.count))")
    }
  }

  @Test func aSingleCodebookFollowsTheCatalogue() {
    for (rows, size) in [(nil, 4096), (1_000_000, 4096), (16_384, 4096), (16_383, 2048), (3686, 512), (8, 2), (1, 1)] {
      #expect(RQVAEOptions(kind: .vqVAE, rows: rows).levelSizes == [size])
    }
    #expect(RQVAEOptions(kind: .rqVAE, rows: 300).levelSizes == [256, 256, 256], "levels are what an ID is made of")
  }

  @Test func inputsOfAnyScaleBecomeTheSame() throws {
    let vectors = Synthetic.clusters(rows: 3000, columns: 7, centers: 5, seed: 3)
    let scaling = try InputScaling.of(vectors, pool: ThreadPool(threads: 2), source: "vectors")
    var squares = 0.0
    for column in 0..<7 {
      let mean = (0..<3000).reduce(0.0) { $0 + Double(vectors[$1, column]) } / 3000
      #expect(abs(Double(scaling.mean[column]) - mean) < 1e-6)
      squares += (0..<3000).reduce(0.0) {
        $0 + (Double(vectors[$1, column]) - mean) * (Double(vectors[$1, column]) - mean)
      }
    }
    #expect(abs(Double(scaling.scale) - (squares / 21_000).squareRoot()) < 1e-6)
    // A mean that is large beside the spread costs no digits.
    let far = Matrix(rows: 3000, columns: 7, values: vectors.values.array.map { $0 + 1000 })
    let other = try InputScaling.of(far, pool: ThreadPool(threads: 2), source: "vectors")
    #expect(abs(other.scale - scaling.scale) < 1e-4 * scaling.scale)
    let equal = Matrix(rows: 10, columns: 2, values: Array(repeating: 3, count: 20))
    #expect(throws: InputError.self) { try InputScaling.of(equal, pool: ThreadPool(), source: "vectors") }
  }

  // MARK: Codebooks

  private static func codebook(_ options: QuantizerOptions) -> TrainableCodebook {
    let codebook = TrainableCodebook(size: 5, dimension: 3, options: options, batch: 40, needsDistances: true)
    codebook.start(from: Synthetic.clusters(rows: 5, columns: 3, centers: 5, seed: 8))
    let vectors = Synthetic.clusters(rows: 40, columns: 3, centers: 5, seed: 9)
    for row in 0..<40 { for column in 0..<3 { codebook.vectors.row(row)[column] = vectors[row, column] } }
    codebook.refresh()
    codebook.assign(Shard(index: 0, rows: 0..<40))
    return codebook
  }

  @Test func movingAveragesAreTheirFormula() {
    var options = QuantizerOptions()
    options.learning = .ema
    options.emaDecay = 0.9
    let codebook = Self.codebook(options)
    var counts = [Double](repeating: 8, count: 5)
    var sums = (0..<15).map { Double(codebook.codewords.values[$0]) * 8 }
    for _ in 0..<3 {
      for code in 0..<5 {
        let members = (0..<40).filter { Int(codebook.codes[$0]) == code }
        counts[code] = 0.9 * counts[code] + 0.1 * Double(members.count)
        for column in 0..<3 {
          let sum = members.reduce(0.0) { $0 + Double(codebook.vectors.row($1)[column]) }
          sums[code * 3 + column] = 0.9 * sums[code * 3 + column] + 0.1 * sum
        }
      }
      for tile in codebook.tiles { codebook.average(tile, rows: 40) }
    }
    for place in 0..<15 {
      #expect(abs(Double(codebook.codewords.values[place]) - sums[place] / counts[place / 3]) < 1e-5)
    }
  }

  @Test func distancesAreDistances() {
    let codebook = Self.codebook(QuantizerOptions())
    codebook.measure(Shard(index: 0, rows: 0..<40))
    guard let distances = codebook.distances else { return #expect(Bool(false)) }
    for row in 0..<40 {
      for code in 0..<5 {
        let expected = (0..<3).reduce(0.0) { sum, column in
          let difference =
            Double(codebook.vectors.row(row)[column]) - Double(codebook.codewords.values[code * 3 + column])
          return sum + difference * difference
        }
        #expect(abs(Double(distances[row * 5 + code]) - expected) < 1e-4)
      }
      let nearest = (0..<5).min { distances[row * 5 + $0] < distances[row * 5 + $1] }
      #expect(nearest == Int(codebook.codes[row]))
    }
  }

  @Test(arguments: QuantizerOptions.Learning.allCases)
  func codesThatNobodyUsesAreMovedToVectors(learning: QuantizerOptions.Learning) {
    var options = QuantizerOptions()
    options.learning = learning
    options.emaDecay = 0.5
    options.revivalShare = 0.3
    let codebook = Self.codebook(options)
    // Code 4 is far from everything.
    for column in 0..<3 { codebook.codewords.values[12 + column] = 1000 }
    codebook.codewords.first[13] = 7
    codebook.averageCounts[4] = 8
    if let sums = codebook.averageSums { for column in 0..<3 { sums[12 + column] = 8000 } }
    codebook.refresh()
    codebook.assign(Shard(index: 0, rows: 0..<40))
    var random = CounterRandom(seed: 1)
    var revived = 0
    for step in 1...2 {
      codebook.average(0..<5, rows: 40)
      revived = codebook.revive(rows: 40, random: &random)
      #expect(revived == (step == 1 ? 0 : 1), "8 → 4 → 2, and 2.4 is the least")
    }
    let vectors = (0..<40).map { row in (0..<3).map { codebook.vectors.row(row)[$0] } }
    #expect(vectors.contains((0..<3).map { codebook.codewords.values[12 + $0] }))
    #expect(codebook.codewords.first[13] == 0)
    #expect(codebook.averageCounts[4] == codebook.evenShare)
    if let sums = codebook.averageSums { #expect(sums[12] == codebook.codewords.values[12] * codebook.evenShare) }
    codebook.refresh()
    codebook.assign(Shard(index: 0, rows: 0..<40))
    #expect((0..<40).contains { codebook.codes[$0] == 4 })
  }
}
