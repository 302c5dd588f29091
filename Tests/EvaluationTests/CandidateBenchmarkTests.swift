import Retrieval
import TestSupport
import Testing
import Tokenizers
import Vectors

@testable import Evaluation

@Suite struct CandidateBenchmarkTests {
  private struct Catalogue {
    var index: SemanticIndex
    var byCodes: SemanticIndex
    var queries: Matrix
    var ids: Codes
    var vectors: Matrix
    var codes: Codes
    var model: RQKMeans
  }

  private static func catalogue(_ folder: TemporaryFolder) throws -> Catalogue {
    var random = CounterRandom(seed: 4)
    func matrix(_ rows: Int) -> Matrix {
      // Few values, so that distances tie.
      Matrix(rows: rows, columns: 4, values: (0..<rows * 4).map { _ in Float(random.below(4)) })
    }
    let (vectors, queries) = (matrix(600), matrix(30))
    var options = RQKMeansOptions()
    options.levelSizes = [8, 8, 4]
    let (model, _) = try RQKMeans.train(vectors, options: options)
    let codes = try model.encode(vectors)
    try IndexBuilder().build(IndexContents(codes: codes, vectors: vectors, tokenizer: model), at: folder.file("a"))
    try IndexBuilder().build(IndexContents(codes: codes, tokenizer: model), at: folder.file("b"))
    return Catalogue(
      index: try SemanticIndex(opening: folder.file("a")), byCodes: try SemanticIndex(opening: folder.file("b")),
      queries: queries, ids: try model.encode(queries), vectors: vectors, codes: codes, model: model)
  }

  private static func squared(_ a: [Float], _ b: [Float]) -> Float {
    zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
  }

  /// The best recall of k that a set of rows can have: all that are nearer than the k-th, and as many at its distance as
  /// there is room for.
  private static func recall(_ rows: Set<Int>, _ distances: [Float], k: Int) -> Double {
    let kth = distances.sorted()[k - 1]
    let nearer = rows.count { distances[$0] < kth }
    let tied = rows.count { distances[$0] == kth }
    return Double(nearer + min(tied, k - distances.count { $0 < kth })) / Double(k)
  }

  @Test func isTheShareOfTrueNeighborsInTheSet() throws {
    let folder = try TemporaryFolder()
    let c = try Self.catalogue(folder)
    var benchmark = CandidateBenchmark()
    benchmark.k = 5
    benchmark.budgets = [600, 10, 60, 5000]
    benchmark.rules = [
      .expansion(.exact), .expansion(.prefix), .expansion(.hamming(1)), .expansion(.perLevel(3)), .distance,
    ]
    let truth = try GroundTruth(exact: c.index, c.queries, k: 600)
    var steps: [Int] = []
    let report = try benchmark.run(
      c.index, byCodes: c.byCodes, queries: c.queries, ids: c.ids, truth: truth, pool: ThreadPool(threads: 2)
    ) { steps.append($0) }
    // The last budget is the catalogue again; a rule ends with the first that cuts nothing.
    func budgets(_ rule: String) -> [Int] { report.rows.filter { $0.rule == rule }.map(\.budget) }
    #expect(budgets("prefix") == [10, 60, 600] && budgets("distance") == [10, 60, 600])
    #expect(
      ["exact", "hamming:1", "per-level:3"].allSatisfy { [[10], [10, 60], [10, 60, 600]].contains(budgets($0)) })
    #expect(steps == Array(1...report.rows.count))
    let distances = (0..<30).map { query in
      (0..<600).map { Self.squared(c.queries.row(query), c.vectors.row($0)) }
    }
    func row(_ rule: String, _ budget: Int) throws -> CandidateReport.Row {
      try #require(report.rows.first { $0.rule == rule && $0.budget == budget })
    }
    // Without a budget that cuts, sets are known from codes alone.
    func expected(_ isIn: (_ item: [UInt16], _ query: [UInt16]) -> Bool) -> (size: Double, recall: Double) {
      let sets = (0..<30).map { query in
        Set((0..<600).filter { isIn(c.codes[$0], c.ids[query]) })
      }
      let recall = sets.indices.reduce(0) { $0 + Self.recall(sets[$1], distances[$1], k: 5) }
      return (Double(sets.reduce(0) { $0 + $1.count }) / 30, recall / 30)
    }
    for (rule, want) in [
      ("exact", expected { $0 == $1 }), ("prefix", expected { _, _ in true }),
      ("hamming:1", expected { zip($0, $1).count { $0 != $1 } <= 1 }),
    ] {
      let found = try #require(report.rows.last { $0.rule == rule })
      #expect(abs(found.size - want.size) < 1e-9 && abs(found.recall - want.recall) < 1e-9)
      #expect(abs(found.recallByChance - found.size / 600) < 1e-12)
    }
    #expect(try row("prefix", 600).recall == 1 && row("distance", 600).recall == 1)
    // By distance: the nearest by what the codes stand for.
    let decoded = try c.model.decode(c.codes)
    for budget in [10, 60] {
      var sum = 0.0
      for query in 0..<30 {
        let order = (0..<600).sorted {
          let (a, b) = (
            Self.squared(c.queries.row(query), decoded.row($0)), Self.squared(c.queries.row(query), decoded.row($1))
          )
          return a != b ? a < b : $0 < $1
        }
        sum += Self.recall(Set(order.prefix(budget)), distances[query], k: 5)
      }
      // Quantized distances tie, within rounding, where IDs are shared.
      #expect(abs(try row("distance", budget).recall - sum / 30) < 0.08)
    }
    for (a, b) in zip(report.rows, report.rows.dropFirst()) where a.rule == b.rule {
      #expect(a.size <= b.size && a.recall <= b.recall + 1e-9)
    }
    #expect(report.queriesWithoutItem == (0..<30).count { q in !(0..<600).contains { c.codes[$0] == c.ids[q] } })
  }

  @Test func wrongPartsAreRefused() throws {
    let folder = try TemporaryFolder()
    let c = try Self.catalogue(folder)
    let truth = try GroundTruth(exact: c.index, c.queries, k: 5)
    func fails(_ change: (inout CandidateBenchmark) -> Void, _ truth: GroundTruth, ids: Codes? = nil) -> Bool {
      var benchmark = CandidateBenchmark()
      benchmark.k = 5
      change(&benchmark)
      do {
        _ = try benchmark.run(c.index, byCodes: nil, queries: c.queries, ids: ids ?? c.ids, truth: truth)
        return false
      } catch { return error is InputError }
    }
    #expect(fails({ $0.k = 6 }, truth) && fails({ $0.k = 0 }, truth))
    #expect(fails({ $0.budgets = [] }, truth) && fails({ $0.budgets = [0] }, truth))
    #expect(fails({ $0.rules = [.distance] }, truth))
    #expect(fails({ $0.rules = [.expansion(.prefix)] }, truth.first(29)))
    #expect(fails({ $0.rules = [.expansion(.prefix)] }, GroundTruth(distances: truth.distances, metric: .l2)))
    let far = GroundTruth(
      distances: truth.distances, neighbors: Buffer(Array(repeating: Int32(600), count: 150)), metric: .l2)
    #expect(fails({ $0.rules = [.expansion(.prefix)] }, far))
    #expect(
      fails(
        { $0.rules = [.expansion(.prefix)] }, truth,
        ids: try Codes(levelSizes: [8], values: Buffer(Array(repeating: 0, count: 30)))))
    #expect(!fails({ $0.rules = [.expansion(.prefix)] }, truth))
  }
}
