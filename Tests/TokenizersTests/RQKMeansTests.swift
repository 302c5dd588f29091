import Foundation
import Formats
import TestSupport
import Testing
import Vectors

@testable import Clustering
@testable import Tokenizers

@Suite struct RQKMeansTests {
  static func options(_ sizes: [Int], _ change: (inout RQKMeansOptions) -> Void = { _ in }) -> RQKMeansOptions {
    var options = RQKMeansOptions()
    options.levelSizes = sizes
    change(&options)
    return options
  }

  @Test func encodingIsTheTripleLoop() throws {
    var random = CounterRandom(seed: 21)
    for trial in 0..<12 {
      let (rows, columns) = (300 + random.below(200), 1 + random.below(60))
      let sizes = (0..<1 + random.below(4)).map { _ in 1 + random.below(70) }
      let vectors = Synthetic.clusters(rows: rows, columns: columns, centers: 9, seed: UInt64(trial))
      let (model, _) = try RQKMeans.train(vectors, options: Self.options(sizes))
      let codes = try model.encode(vectors)
      let naive = Synthetic.naiveCodes(vectors, model.codebooks.levels)
      for row in 0..<rows where naive.gaps[row] > 1e-5 {
        #expect(codes[row] == naive.codes[row], "trial \(trial), row \(row), gap \(naive.gaps[row])")
      }
    }
  }

  @Test func theSameBitsForAnyThreadsAndBatches() throws {
    let vectors = Synthetic.clusters(rows: 3000, columns: 48, centers: 40, seed: 22)
    for start in KMeansOptions.Start.allCases {
      let options = Self.options([64, 100, 17]) { $0.kMeans.start = start }
      let one = try RQKMeans.train(vectors, options: options, pool: ThreadPool(threads: 1))
      let codes = try one.model.encode(vectors, pool: ThreadPool(threads: 1))
      for threads in [2, 4] {
        let many = try RQKMeans.train(vectors, options: options, pool: ThreadPool(threads: threads))
        #expect(many.model.fingerprint == one.model.fingerprint)
        #expect(many.report.levels == one.report.levels)
        #expect(try many.model.encode(vectors, pool: ThreadPool(threads: threads)).values.array == codes.values.array)
      }
      for batch in [1, 7, 130, 2999] {
        let first = try one.model.encode(vectors[rows: 0..<batch])
        let rest = try one.model.encode(vectors[rows: batch..<3000])
        #expect(first.values.array + rest.values.array == codes.values.array)
      }
    }
  }

  @Test func theReportIsWhatDecodingShows() throws {
    let vectors = Synthetic.clusters(rows: 2000, columns: 32, centers: 50, seed: 23)
    let (model, report) = try RQKMeans.train(vectors, options: Self.options([32, 32, 32]))
    let decoded = try model.decode(model.encode(vectors))
    var error = 0.0
    var variance = 0.0
    let mean = (0..<32).map { column in (0..<2000).reduce(0.0) { $0 + Double(vectors[$1, column]) } / 2000 }
    for row in 0..<2000 {
      for column in 0..<32 {
        let value = Double(vectors[row, column])
        error += (value - Double(decoded[row, column])) * (value - Double(decoded[row, column]))
        variance += (value - mean[column]) * (value - mean[column])
      }
    }
    #expect(abs(report.levels[2].relativeError - error / variance) < 1e-4)
    #expect(abs(report.levels[2].squaredErrorPerItem - error / 2000) < 1e-3 * error / 2000)
    #expect(report.levels.map(\.relativeError) == report.levels.map(\.relativeError).sorted(by: >))
    #expect(report.levels.allSatisfy { $0.used == 32 && $0.perplexity <= 32 && $0.perplexity > 16 && !$0.isCollapsed })
    #expect(report.rows == 2000 && report.dimension == 32)
  }

  @Test func collapseIsNoticed() throws {
    // Sixty rows of only three kinds cannot use 32 codes.
    let kinds = Synthetic.clusters(rows: 3, columns: 8, centers: 3, seed: 24)
    let vectors = kinds.gathered((0..<60).map { $0 % 3 })
    let (_, report) = try RQKMeans.train(vectors, options: Self.options([32]))
    #expect(report.levels[0].used == 3)
    #expect(report.levels[0].isCollapsed)
  }

  @Test func cosineLooksAtDirectionsOnly() throws {
    let vectors = Synthetic.clusters(rows: 500, columns: 24, centers: 10, seed: 25)
    let scaled = Matrix(rows: 500, columns: 24) { values in
      for index in values.indices { values[index] = vectors.values[index] * Float(1 + index / 24 % 7) }
    }
    let options = Self.options([16, 16]) { $0.metric = .cosine }
    let (model, _) = try RQKMeans.train(vectors, options: options)
    let codes = try model.encode(vectors)
    let others = try model.encode(scaled)
    let same = (0..<500).count { codes[$0] == others[$0] }
    // Scaling rounds once more, so a decision on the edge may fall the other way.
    #expect(same >= 498)
  }

  @Test func residualsOfUnitLengthDoNotDecode() throws {
    let vectors = Synthetic.clusters(rows: 400, columns: 16, centers: 10, seed: 26)
    let options = Self.options([16, 16]) { $0.normalizesResiduals = true }
    let (model, _) = try RQKMeans.train(vectors, options: options)
    let codes = try model.encode(vectors)
    // The second level sees (x/|x| − c)/|x/|x| − c|, by hand for a few rows.
    for row in 0..<20 {
      func unit(_ vector: [Double]) -> [Double] {
        let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return vector.map { $0 / length }
      }
      let first = unit(vectors.row(row).map { Double($0) })
      let codeword = model.codebooks.levels[0].row(Int(codes[row][0])).map { Double($0) }
      let second = unit(zip(first, codeword).map { $0 - $1 })
      let distances = (0..<16).map { k in
        zip(second, model.codebooks.levels[1].row(k)).reduce(0.0) { $0 + ($1.0 - Double($1.1)) * ($1.0 - Double($1.1)) }
      }
      #expect(distances[Int(codes[row][1])] <= (distances.min() ?? 0) + 1e-5)
    }
    #expect(throws: InputError.self) { try model.decode(codes) }
  }

  @Test func trainingOnASampleLooksAtThatManyRows() throws {
    let vectors = Synthetic.clusters(rows: 5000, columns: 16, centers: 10, seed: 27)
    let (model, report) = try RQKMeans.train(vectors, options: Self.options([32, 32]) { $0.sampleSize = 700 })
    #expect(report.rows == 700)
    #expect(try model.encode(vectors).count == 5000)
  }

  @Test func progressComesAfterEveryRoundAndMayEndTheTraining() throws {
    struct Stop: Error {}
    let vectors = Synthetic.clusters(rows: 500, columns: 16, centers: 10, seed: 28)
    var seen: [TrainingProgress] = []
    let options = Self.options([8, 8]) {
      $0.kMeans.tolerance = 0
      $0.kMeans.iterations = 3
    }
    _ = try RQKMeans.train(vectors, options: options) { seen.append($0) }
    #expect(Set(seen.map(\.level)) == [0, 1])
    #expect(seen.allSatisfy { $0.rounds == 3 && $0.round <= 3 && $0.levels == 2 })
    #expect(throws: Stop.self) { try RQKMeans.train(vectors, options: options) { _ in throw Stop() } }
  }

  // MARK: Bad input

  func error(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "no error"
    } catch { return "\(error)" }
  }

  @Test func badInputIsNamed() throws {
    var vectors = Synthetic.clusters(rows: 100, columns: 8, centers: 10, seed: 29)
    let (model, _) = try RQKMeans.train(vectors, options: Self.options([16]))
    #expect(error { _ = try RQKMeans.train(vectors, options: Self.options([16, 256])) }.contains("at least 256 rows"))
    #expect(error { _ = try RQKMeans.train(vectors, options: Self.options([])) }.contains("at least one level"))
    #expect(error { _ = try RQKMeans.train(vectors, options: Self.options([70_000])) }.contains("65,536"))
    let other = Synthetic.clusters(rows: 10, columns: 9, centers: 2, seed: 30)
    #expect(error { _ = try model.encode(other) }.contains("dimension 8"))
    var values = vectors.values.array
    values[57 * 8 + 3] = .nan
    vectors = Matrix(rows: 100, columns: 8, values: values)
    #expect(error { _ = try model.encode(vectors) }.contains("row 57"))
    #expect(error { _ = try RQKMeans.train(vectors, options: Self.options([16])) }.contains("row 57"))
    let foreign = try Codes(levelSizes: [16, 16], values: Buffer([1, 2]))
    #expect(error { _ = try model.decode(foreign) }.contains("[16]"))
    #expect(error { _ = try Codes(levelSizes: [4, 4], values: Buffer([1, 2, 3, 4])) }.contains("item 1, level 1"))
    #expect(try model.encode(Matrix(rows: 0, columns: 8, values: [])).count == 0)
  }

  // MARK: Files

  @Test func aModelReadsBackAsItWas() throws {
    let folder = try TemporaryFolder()
    let vectors = Synthetic.clusters(rows: 600, columns: 24, centers: 10, seed: 31)
    let options = Self.options([16, 20, 8]) { $0.kMeans.seed = 7 }
    let (model, _) = try RQKMeans.train(vectors, options: options)
    try model.write(to: folder.file("model"))
    try model.write(to: folder.file("model"))
    let again = try RQKMeans(opening: folder.file("model"))
    #expect(again.fingerprint == model.fingerprint)
    #expect(again.options == model.options)
    #expect(try again.encode(vectors).values.array == model.encode(vectors).values.array)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["model"])
  }

  @Test func aChangedOrCutModelIsRefused() throws {
    let folder = try TemporaryFolder()
    let vectors = Synthetic.clusters(rows: 100, columns: 4, centers: 10, seed: 32)
    let (model, _) = try RQKMeans.train(vectors, options: Self.options([8, 8]))
    let path = folder.file("model")
    let weights = path + "/model.safetensors"
    let config = path + "/config.json"
    func reopen() -> String { error { _ = try RQKMeans(opening: path) } }

    try model.write(to: path)
    let whole = try Data(contentsOf: URL(fileURLWithPath: weights))
    var changed = whole
    changed[whole.count - 5] ^= 1
    try changed.write(to: URL(fileURLWithPath: weights))
    #expect(reopen().contains("fingerprint"))
    try whole.prefix(whole.count - 9).write(to: URL(fileURLWithPath: weights))
    #expect(reopen().contains("model.safetensors"))
    try whole.write(to: URL(fileURLWithPath: weights))
    #expect(reopen() == "no error")

    let text = try String(contentsOfFile: config, encoding: .utf8)
    for (old, new, complaint) in [
      ("rq-kmeans", "rq-vae", "options"), ("\"dimension\" : 4", "\"dimension\" : 5", "8 × 5"),
      ("\"dimension\" : 4,", "", "dimension"), ("{", "[", "JSON"),
    ] {
      try text.replacingOccurrences(of: old, with: new).write(toFile: config, atomically: true, encoding: .utf8)
      #expect(reopen().contains(complaint), "\(reopen())")
    }
    #expect(error { _ = try RQKMeans(opening: folder.file("none")) }.contains("nothing there"))
  }

  @Test func codesKeepTheirFile() throws {
    let folder = try TemporaryFolder()
    let codes = try Codes(levelSizes: [256, 65_536], values: Buffer([255, 65_535, 0, 1]))
    try codes.write(to: folder.file("codes.npy"))
    let again = try Codes(opening: folder.file("codes.npy"), levelSizes: [256, 65_536])
    #expect(again.values.array == codes.values.array)
    #expect(try Codes(opening: folder.file("codes.npy")).levelSizes == [256, 65_536])
    #expect(error { _ = try Codes(opening: folder.file("codes.npy"), levelSizes: [255, 65_536]) }.contains("item 0"))
    #expect(error { _ = try Codes(opening: folder.file("codes.npy"), levelSizes: [256]) }.contains("1 levels"))
  }
}

@Suite("Costs of codes")
struct CodeCostsTests {
  @Test(arguments: RQKMeansOptions.metrics)
  func costsAreDistancesFromWhatIsLeftOver(metric: Metric) throws {
    var options = RQKMeansOptions()
    options.levelSizes = [7, 5, 6]
    options.metric = metric
    let vectors = Synthetic.clusters(rows: 200, columns: 9, centers: 12, seed: 3)
    let model = try RQKMeans.train(vectors, options: options).model
    let codes = try model.encode(vectors)
    for level in 0..<3 {
      let costs = try model.costs(of: vectors, codes: codes, level: level, pool: ThreadPool(threads: 2))
      for row in stride(from: 0, to: 200, by: 17) {
        var residual = vectors.row(row).map(Double.init)
        if metric == .cosine {
          let norm = residual.reduce(0) { $0 + $1 * $1 }.squareRoot()
          residual = residual.map { $0 / norm }
        }
        for earlier in 0..<level {
          let codeword = model.codebooks.levels[earlier].row(Int(codes[row][earlier]))
          for column in residual.indices { residual[column] -= Double(codeword[column]) }
        }
        for code in 0..<options.levelSizes[level] {
          let codeword = model.codebooks.levels[level].row(code)
          let cost = zip(residual, codeword).reduce(0) { $0 + ($1.0 - Double($1.1)) * ($1.0 - Double($1.1)) }
          #expect(abs(Double(costs[row, code]) - cost) < 1e-4 * max(1, cost))
        }
        let own = Int(codes[row][level])
        #expect((0..<options.levelSizes[level]).allSatisfy { costs[row, own] <= costs[row, $0] * 1.0001 + 1e-6 })
      }
    }
  }

  @Test func codesOfOtherItemsAreRefused() throws {
    var options = RQKMeansOptions()
    options.levelSizes = [4, 4]
    let vectors = Synthetic.clusters(rows: 50, columns: 5, centers: 4, seed: 3)
    let model = try RQKMeans.train(vectors, options: options).model
    let codes = try model.encode(vectors[rows: 0..<49])
    #expect(throws: InputError.self) { try model.costs(of: vectors, codes: codes, level: 1, pool: ThreadPool()) }
  }
}

@Suite("Starts that do not collapse")
struct SeedReachTests {
  /// Residual levels of few rows in many dimensions: what collapses when centroids start as far out as rows lie.
  static func perplexities(_ vectors: Matrix, reach: Double, sizes: [Int] = [64, 64, 64]) throws -> (
    perplexity: [Double], error: Double, collapsed: Bool
  ) {
    let options = RQKMeansTests.options(sizes) {
      $0.kMeans.start = .kMeansParallel
      $0.kMeans.seedReach = reach
    }
    let report = try RQKMeans.train(vectors, options: options).report
    return (
      report.levels.map(\.perplexity), report.levels.last?.relativeError ?? .infinity,
      report.levels.contains { $0.isCollapsed }
    )
  }

  @Test func fewRowsInManyDimensionsUseAllCodesEvenly() throws {
    let vectors = Synthetic.clusters(rows: 1200, columns: 160, centers: 30, spread: 0.6, seed: 41)
    let near = try Self.perplexities(vectors, reach: KMeansOptions().seedReach)
    let far = try Self.perplexities(vectors, reach: 1)
    #expect(near.error < far.error)
    #expect(!near.collapsed && far.collapsed)
    #expect(near.perplexity.allSatisfy { $0 > 32 }, "\(near.perplexity)")
    #expect(zip(near.perplexity, far.perplexity).dropFirst().allSatisfy { $0 > 1.5 * $1 }, "\(far.perplexity)")
  }

  @Test(.enabled(if: RealData.has("amazon-industrial-and-scientific/embeddings.npy")))
  func noLevelOfARealCatalogueCollapses() throws {
    let path = RealData.path("amazon-industrial-and-scientific/embeddings.npy")
    let vectors = try EmbeddingSet(opening: path, options: .init(readsIDs: false)).vectors
    let found = try Self.perplexities(vectors, reach: KMeansOptions().seedReach, sizes: [256, 256, 256])
    #expect(found.perplexity.allSatisfy { $0 > 180 }, "\(found.perplexity)")
    #expect(found.error < 0.356)
  }

  /// On embeddings nothing that the trial finds is clearly better: the codebooks are those of the usual start, to the bit.
  @Test(arguments: ["amazon-industrial-and-scientific/embeddings.npy", "amazon-beauty-sasrec64/embeddings.npy"])
  func embeddingsKeepTheUsualStart(path: String) throws {
    guard RealData.has(path) else { return }
    let vectors = try EmbeddingSet(opening: RealData.path(path), options: .init(readsIDs: false)).vectors
    func books(_ start: KMeansOptions.Start) throws -> [[Float]] {
      let options = RQKMeansTests.options([256, 256]) {
        $0.kMeans.start = start
        $0.kMeans.iterations = 2
      }
      return try RQKMeans.train(vectors, options: options).model.codebooks.levels.map(\.values.array)
    }
    #expect(try books(.automatic) == books(.kMeansParallel))
  }

  @Test func aReachBeyondTheRowsIsRefused() throws {
    let vectors = Synthetic.clusters(rows: 100, columns: 4, centers: 4, seed: 42)
    for reach in [0, -0.5, 1.5, .nan] {
      #expect(throws: InputError.self) {
        try RQKMeans.train(vectors, options: RQKMeansTests.options([4]) { $0.kMeans.seedReach = reach })
      }
    }
  }
}
