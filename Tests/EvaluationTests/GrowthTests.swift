import Foundation
import TestSupport
import Testing
import Vectors

@testable import Evaluation

@Suite struct GrowthTests {
  private static func loss(_ points: [(items: Int, value: Double)], _ constant: Double, _ perItem: Double) -> Double {
    points.reduce(0) { sum, point in
      let share = (constant + perItem * Double(point.items)) / point.value - 1
      return sum + share * share
    }
  }

  /// No line of a fine grid around it, and on the edges, is better.
  @Test func noLineFitsBetter() throws {
    var random = CounterRandom(seed: 3)
    for _ in 0..<50 {
      let (a, b) = (random.uniform() * 5, random.uniform() * 1e-3 * (random.below(3) == 0 ? -1 : 1))
      let points = [1000, 10_000, 30_000, 100_000].map { items in
        (items: items, value: max(0.01, (a + b * Double(items)) * (0.7 + 0.6 * random.uniform())))
      }
      let line = try #require(GrowthModel.Line(points))
      let best = Self.loss(points, line.constant, line.perItem)
      #expect(line.constant >= 0 && line.perItem >= 0)
      for share in [0, 0.5, 0.9, 0.99, 0.999, 1.001, 1.01, 1.1, 2] {
        for other in [0, 0.5, 0.9, 0.99, 0.999, 1, 1.001, 1.01, 1.1, 2] {
          #expect(Self.loss(points, line.constant * share, line.perItem * other) >= best - 1e-9)
          #expect(Self.loss(points, line.constant + 1e-4 * share, line.perItem + 1e-9 * other) >= best - 1e-9)
        }
      }
      let worst = points.map { abs(line($0.items) / $0.value - 1) }.max()
      #expect(line.worstDeviation == worst)
    }
    let onOneLine: [(items: Int, value: Double)] = [(100, 53), (10_000, 5003)]
    let exact = try #require(GrowthModel.Line(onOneLine))
    #expect(abs(exact.constant - 3) < 1e-6 && abs(exact.perItem - 0.5) < 1e-9 && exact.worstDeviation < 1e-9)
    #expect(GrowthModel.Line([(100, 3)]) == nil && GrowthModel.Line([(100, 3), (100, 4)]) == nil)
  }

  @Test func predictsPartsOfEqualSize() throws {
    func row(_ items: Int) -> GrowthReport.Row {
      let n = Double(items)
      return .init(
        items: items, trainingVectors: 100, trainSeconds: 7, encodeSeconds: 1e-6 * n, buildSeconds: 1 + 2e-6 * n,
        openSeconds: 0.001, searchMicroseconds: 20 + 1e-4 * n, bestRecall: 1, exactMicroseconds: 1e-2 * n,
        hammingMicroseconds: 5, prefixMicroseconds: 1, indexBytes: 1000 + 150 * items, bytesBesideVectors: 10 * items,
        peakMemoryBytes: 500 * items)
    }
    var report = GrowthReport(
      dimension: 32, levelSizes: [256], threads: 4, k: 10, recall: 0.95, rows: [row(10_000), row(1_000_000)])
    let model = try #require(GrowthModel(report))
    let prediction = model.prediction(items: 100_000_001, machines: 4)
    #expect(prediction.itemsPerMachine == 25_000_001 && abs(prediction.beyondMeasured - 25) < 1e-5)
    #expect(abs(prediction.makeSeconds - (7 + 25 + 51)) < 1e-3)
    #expect(abs((prediction.searchMicroseconds ?? 0) - 2520) < 1e-3)
    #expect(abs(prediction.indexBytes - 4 * (1000 + 150 * 25_000_001.0)) < 1e3)
    report.rows[1].searchMicroseconds = nil
    #expect(try #require(GrowthModel(report)).searchMicroseconds == nil)
    report.rows.removeLast()
    #expect(GrowthModel(report) == nil)
  }

  @Test func madeUpVectorsAreTheSameHoweverTheyAreDrawn() throws {
    var made = MadeUpVectors(dimension: 7, seed: 5)
    let whole = made.vectors(0..<3000, pool: ThreadPool(threads: 1))
    #expect(
      made.vectors(1000..<3000, pool: ThreadPool(threads: 3)).values.array == whole[rows: 1000..<3000].values.array)
    made.seed = 6
    #expect(made.vectors(0..<3000).values.array != whole.values.array)
    // Clouds: far nearer to one of their own than to most.
    #expect(whole.values.array.allSatisfy { $0.isFinite && abs($0) < 12 })
  }

  @Test func measuresSmallCatalogues() throws {
    let folder = try TemporaryFolder()
    var benchmark = GrowthBenchmark()
    benchmark.items = [2000, 500]
    benchmark.vectors = MadeUpVectors(dimension: 6, seed: 1)
    benchmark.vectors.groups = 4
    benchmark.vectors.clustersPerGroup = 8
    benchmark.levelSizes = [8, 8]
    benchmark.queries = 20
    benchmark.expansions = 10
    benchmark.grid = RecallGrid(candidates: [10, 2000], scanFactors: [4, 100])
    var names: Set<String> = []
    let report = try benchmark.run(in: folder.path, pool: ThreadPool(threads: 2)) { names.insert($0.name) }
    #expect(report.rows.map(\.items) == [500, 2000] && report.rows.map(\.trainingVectors) == [500, 2000])
    for row in report.rows {
      #expect(row.bestRecall > 0.95 && (row.searchMicroseconds ?? 0) > 0 && row.exactMicroseconds > 0)
      #expect(row.indexBytes >= row.items * 6 * 4 && row.bytesBesideVectors < row.indexBytes)
      #expect(row.hammingMicroseconds > 0 && row.prefixMicroseconds > 0 && row.buildSeconds > 0)
    }
    #expect(GrowthModel(report) != nil)
    #expect(names.isSuperset(of: ["making vectors", "training", "encoding", "searching", "expanding"]))
    // Nothing is left behind.
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    benchmark.items = [5]
    #expect(throws: InputError.self) { try benchmark.run(in: folder.path) }
  }
}
