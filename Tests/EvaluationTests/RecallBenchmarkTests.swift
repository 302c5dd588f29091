import Foundation
import Formats
import Retrieval
import TestSupport
import Testing
import Tokenizers
import Vectors

@testable import Evaluation

@Suite struct RecallBenchmarkTests {
  @Test func tiesCountByDistance() {
    // The second and third neighbors are equally far.
    let truth = GroundTruth(
      distances: Matrix(rows: 1, columns: 3, values: [1, 2, 2]), neighbors: Buffer([7, 8, 9]), metric: .l2)
    func hits(_ distances: [Float]) -> [SearchHit] {
      distances.enumerated().map { SearchHit(row: 9 - $0.offset, distance: $0.element) }
    }
    func recall(_ distances: [Float], at k: Int) -> Double { truth.recall(of: hits(distances), query: 0, at: k) }
    #expect(recall([1, 2, 2], at: 1) == 1)
    #expect(recall([1, 2, 2], at: 2) == 1)
    #expect(recall([2, 2, 3], at: 1) == 0)
    #expect(recall([2, 2, 3], at: 2) == 1)
    #expect(recall([1.000001, 2, 3], at: 3) == 2.0 / 3)
    #expect(recall([1], at: 2) == 0.5)
    #expect(recall([], at: 3) == 0)
    // By row, 9 and 8 of 7, 8.
    #expect(truth.recallByRow(of: hits([2, 2]), query: 0, at: 2) == 0.5)
    #expect(truth.recallByRow(of: hits([2, 2, 2]), query: 0, at: 3) == 1)
  }

  /// ann-benchmarks counts d ≤ d_k + 0.001 with euclidean distances that are not squared.
  @Test func annBenchmarksEpsilonIsOfItsOwnDistances() {
    let given = Matrix(rows: 1, columns: 2, values: [3, 4])
    let euclidean = GroundTruth(annBenchmarks: given, metric: .l2)
    #expect(euclidean.distances.row(0) == [9, 16])
    func counts(_ distance: Float, _ truth: GroundTruth) -> Bool {
      truth.recall(of: [SearchHit(row: 0, distance: distance)], query: 0, at: 2) == 0.5
    }
    #expect(counts(4.0009 * 4.0009, euclidean) && !counts(4.0011 * 4.0011, euclidean))
    let angular = GroundTruth(annBenchmarks: given, metric: .cosine)
    #expect(angular.distances.row(0) == [3, 4])
    #expect(counts(4.0009, angular) && !counts(4.0011, angular))
    #expect(angular.recallByRow(of: [], query: 0, at: 1) == nil)
  }

  @Test func gridHasEverySearchOnce() {
    let grid = RecallGrid(candidates: [50, 5, 20, 20, 900], scanFactors: [.max, 2, 4])
    let settings = grid.settings(k: 10, count: 100)
    // 5 is raised to k, 900 cut to the catalogue, and every product with it.
    let found = settings.map { [$0.candidates, $0.scan ?? 0] }
    #expect(found == [[10, 20], [10, 40], [10, 100], [20, 40], [20, 80], [20, 100], [50, 100], [100, 100]])
    #expect(settings.allSatisfy { $0.k == 10 })
  }

  static func index(_ metric: Metric, at path: String) throws -> (queries: Matrix, vectors: Matrix) {
    var random = CounterRandom(seed: 9)
    func matrix(_ rows: Int) -> Matrix {
      Matrix(rows: rows, columns: 16, values: (0..<rows * 16).map { _ in Float(random.normals().0) })
    }
    let vectors = matrix(1500)
    var options = RQKMeansOptions()
    options.levelSizes = [16, 16]
    options.metric = metric == .cosine ? .cosine : .l2
    let (model, _) = try RQKMeans.train(vectors, options: options)
    try IndexBuilder(metric: metric).build(
      IndexContents(codes: try model.encode(vectors), vectors: vectors, tokenizer: model), at: path)
    return (matrix(40), vectors)
  }

  @Test(arguments: [Metric.l2, .cosine]) func sweepOfASmallIndex(_ metric: Metric) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("index")
    let (queries, _) = try Self.index(metric, at: path)
    var benchmark = RecallBenchmark(pool: ThreadPool(threads: 2))
    benchmark.rounds = 2
    benchmark.grid = RecallGrid(candidates: [20, 200, 1500, 9000], scanFactors: [1, 2, 100])
    benchmark.enough = 1
    benchmark.timesAll = true
    var runs: [RecallBenchmark.Run] = []
    var steps: [(Int, Int)] = []
    let report = try benchmark.run(path, queries: queries, buildSeconds: 1.5) {
      runs.append($0)
    } progress: {
      steps.append(($0, $1))
    }
    #expect(report.items == 1500 && report.dimension == 16 && report.queries == 40 && report.k == 10)
    #expect(report.exact.recall == 1 && report.exact.recallByRow == 1 && report.exact.options == nil)
    // Searches of everything are one search, and nothing that does more than one with full recall is tried.
    let work = report.settings.map { [$0.options?.candidates ?? 0, $0.options?.scan ?? 0] }
    #expect(work.prefix(3) == [[20, 20], [20, 40], [20, 1500]])
    #expect(report.settings.count(where: { $0.recall == 1 }) == 1 && Set(work).count == work.count)
    #expect(report.settings.last?.recall == 1)
    for setting in report.settings {
      #expect(setting.speeds.map(\.mode) == [.single, .single, .batch, .batch])
      #expect(setting.speeds.map(\.threads) == [1, 2, 1, 2])
      #expect(setting.speeds.allSatisfy { $0.queriesPerSecond >= $0.medianQueriesPerSecond })
      #expect(setting.speeds.allSatisfy { $0.medianQueriesPerSecond > 0 })
      let single = try #require(setting.speed(.single, threads: 1))
      let latencies = try [#require(single.p50), #require(single.p95), #require(single.p99)]
      #expect(latencies == latencies.sorted() && latencies[0] > 0)
      #expect(setting.speed(.batch, threads: 1)?.p50 == nil)
    }
    // Every run's results give the recall that the report states.
    #expect(runs.count == 4 * report.settings.count)
    let truth = try GroundTruth(exact: SemanticIndex(opening: path), queries, k: 10, rule: .annBenchmarks)
    for run in runs {
      #expect(run.results.count == 40 && run.seconds.count == 40 && run.rounds == 2)
      #expect(abs(truth.recall(of: run.results, at: 10) - run.setting.recall) < 0.01)
    }
    #expect(steps.last?.0 == steps.last?.1 && steps.count > report.settings.count)
    #expect(report.indexBytes > report.bytesBesideVectors && report.bytesBesideVectors > 0)
    #expect(report.buildSeconds == 1.5 && report.openSeconds > 0 && report.peakMemoryBytes > 0)
    let json = try JSONEncoder().encode(report)
    #expect(try JSONDecoder().decode(RecallReport.self, from: json) == report)

    for wrong in [
      GroundTruth(distances: Matrix(rows: 2, columns: 10, values: Array(repeating: 0, count: 20)), metric: metric),
      GroundTruth(distances: Matrix(rows: 40, columns: 9, values: Array(repeating: 0, count: 360)), metric: metric),
      GroundTruth(
        distances: Matrix(rows: 40, columns: 10, values: Array(repeating: 0, count: 400)),
        metric: metric == .l2 ? .cosine : .l2),
    ] {
      #expect(throws: InputError.self) { try benchmark.run(path, queries: queries, truth: wrong) }
    }
  }

  @Test func beatenSettingsAreNotTimed() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("index")
    let (queries, _) = try Self.index(.l2, at: path)
    var benchmark = RecallBenchmark(pool: ThreadPool(threads: 1))
    benchmark.rounds = 1
    benchmark.grid = RecallGrid(candidates: [20, 200], scanFactors: [1, 10, 100])
    // Whatever is slower at all than one with its recall is beaten; so the fastest of each recall remain.
    benchmark.slack = 1
    let report = try benchmark.run(path, queries: queries)
    let timed = report.settings.filter { !$0.speeds.isEmpty }
    #expect(!timed.isEmpty && timed.contains { $0.recall == report.settings.map(\.recall).max() })
    for (a, b) in zip(timed, timed.dropFirst()) { #expect(a.recall != b.recall) }
  }
}
