import Foundation
import Retrieval
import TestSupport
import Testing
import Tokenizers
import Vectors

@testable import Evaluation

@Suite struct RecallBenchmarkTests {
  @Test func tiesCountByDistance() {
    // The second and third neighbours are equally far.
    let truth = GroundTruth(distances: Matrix(rows: 1, columns: 3, values: [1, 2, 2]), metric: .l2)
    func recall(_ distances: [Float], at k: Int) -> Double {
      truth.recall(of: distances.enumerated().map { SearchHit(row: $0.offset, distance: $0.element) }, query: 0, at: k)
    }
    #expect(recall([1, 2, 2], at: 1) == 1)
    #expect(recall([1, 2, 2], at: 2) == 1)
    #expect(recall([2, 2, 3], at: 1) == 0)
    #expect(recall([2, 2, 3], at: 2) == 1)
    #expect(recall([1.000001, 2, 3], at: 3) == 2.0 / 3)
    #expect(recall([1], at: 2) == 0.5)
    #expect(recall([], at: 3) == 0)
  }

  @Test func annBenchmarksDistancesAreSquaredForL2() {
    let given = Matrix(rows: 1, columns: 2, values: [3, 4])
    #expect(GroundTruth(annBenchmarks: given, metric: .l2).distances.row(0) == [9, 16])
    #expect(GroundTruth(annBenchmarks: given, metric: .cosine).distances.row(0) == [3, 4])
  }

  @Test(arguments: [SearchMetric.l2, .cosine]) func sweepOfASmallIndex(_ metric: SearchMetric) throws {
    var random = CounterRandom(seed: 9)
    func matrix(_ rows: Int) -> Matrix {
      Matrix(rows: rows, columns: 16, values: (0..<rows * 16).map { _ in Float(random.normals().0) })
    }
    let vectors = matrix(1500)
    var options = RQKMeansOptions()
    options.levelSizes = [16, 16]
    options.metric = metric == .cosine ? .cosine : .l2
    let (model, _) = try RQKMeans.train(vectors, options: options)
    let folder = try TemporaryFolder()
    let path = folder.file("index")
    try IndexBuilder(metric: metric).build(
      IndexContents(codes: try model.encode(vectors), vectors: vectors, codebooks: model.codebooks), at: path)
    var benchmark = RecallBenchmark(pool: ThreadPool(threads: 2))
    benchmark.repeats = 1
    benchmark.seconds = 0
    benchmark.sweep = [20, 200, 5000, 9000].map { SearchOptions(candidates: $0) }
    benchmark.enough = 2
    var reported = 0
    let report = try benchmark.run(path, queries: matrix(40), buildSeconds: 1.5) { _ in reported += 1 }
    #expect(report.items == 1500 && report.dimension == 16 && report.queries == 40 && report.ks == [1, 10, 100])
    #expect(report.rows[0].options == nil && report.rows[0].recall == [1, 1, 1])
    // The last budget repeats a search of everything and is left out.
    #expect(report.rows.count == 4 && reported == 4)
    #expect(report.rows[3].recall == [1, 1, 1] && report.rows[3].vectorsReranked == 1500)
    #expect(report.rows[3].budgetExhausted == 0 && report.rows[1].budgetExhausted == 1)
    for level in 0..<3 { #expect(report.rows[1].recall[level] <= report.rows[2].recall[level] + 1e-9) }
    #expect(report.rows.allSatisfy { $0.throughput.map(\.threads) == [1, 2] })
    #expect(report.rows.allSatisfy { $0.throughput.allSatisfy { $0.queriesPerSecond > 0 } })
    #expect(report.indexBytes > report.bytesBesideVectors && report.bytesBesideVectors > 0)
    #expect(report.buildSeconds == 1.5 && report.openSeconds > 0 && report.peakMemoryBytes > 0)
    let json = try JSONEncoder().encode(report)
    #expect(try JSONDecoder().decode(RecallReport.self, from: json) == report)
    #expect(throws: InputError.self) {
      try benchmark.run(
        path, queries: matrix(3),
        truth: GroundTruth(distances: Matrix(rows: 2, columns: 1, values: [0, 0]), metric: metric))
    }
  }
}
