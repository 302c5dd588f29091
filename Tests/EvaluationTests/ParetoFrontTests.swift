import Foundation
import Retrieval
import TestSupport
import Testing
import Vectors

@testable import Evaluation

@Suite struct ParetoFrontTests {
  private static func points(_ count: Int, seed: UInt64) -> [ParetoFront.Point] {
    var random = CounterRandom(seed: seed)
    // Few values, so that many are equal.
    return (0..<count).map { _ in
      .init(recall: Double(random.below(20)) / 20, queriesPerSecond: Double(1 + random.below(30)) * 50)
    }
  }

  @Test func isWhatNothingBeats() {
    for seed in 0..<200 {
      let points = Self.points(1 + Int(seed) % 40, seed: UInt64(seed))
      let front = ParetoFront(of: points)
      let expected = points.indices.filter { number in
        let point = points[number]
        return !points.indices.contains { other in
          let rival = points[other]
          guard rival != point else { return other < number }
          return rival.recall >= point.recall && rival.queriesPerSecond >= point.queriesPerSecond
        }
      }
      #expect(front.indices.sorted() == expected)
      #expect(front.points == front.indices.map { points[$0] })
      for (a, b) in zip(front.points, front.points.dropFirst()) {
        #expect(a.recall < b.recall && a.queriesPerSecond > b.queriesPerSecond)
      }
    }
    #expect(ParetoFront(of: []).points.isEmpty)
  }

  /// The straight line through log QPS between the two points of the front around the recall, found by trying all pairs.
  @Test func interpolatesBetweenItsPoints() {
    for seed in 0..<100 {
      let front = ParetoFront(of: Self.points(30, seed: UInt64(1000 + seed)))
      for step in 0...50 {
        let recall = Double(step) / 50
        var expected: Double?
        if let first = front.points.first, recall <= first.recall { expected = first.queriesPerSecond }
        for low in front.points {
          for high in front.points where high.recall > low.recall {
            let isNeighbor = !front.points.contains { $0.recall > low.recall && $0.recall < high.recall }
            guard isNeighbor, recall > low.recall, recall <= high.recall else { continue }
            let slope = (log2(high.queriesPerSecond) - log2(low.queriesPerSecond)) / (high.recall - low.recall)
            expected = exp2(log2(low.queriesPerSecond) + slope * (recall - low.recall))
          }
        }
        let found = front.queriesPerSecond(atRecall: recall)
        #expect((found == nil) == (expected == nil))
        if let found, let expected { #expect(abs(found - expected) <= 1e-9 * expected) }
      }
    }
    let one = ParetoFront(of: [.init(recall: 0.97, queriesPerSecond: 500)])
    #expect(one.queriesPerSecond(atRecall: 0.95) == 500 && one.queriesPerSecond(atRecall: 0.98) == nil)
  }

  /// The comparison with peers goes by the same rule, in Python.
  @Test(.enabled(if: Python.has("numpy"))) func comparisonInterpolatesAlike() throws {
    let fronts = (0..<20).map { Self.points(12, seed: 2000 + UInt64($0)) }
    let recalls = (0...40).map { Double($0) / 40 }
    let cases = fronts.map { points in
      [points.map { [$0.recall, $0.queriesPerSecond] }]
        + [recalls.map { [$0, ParetoFront(of: points).queriesPerSecond(atRecall: $0) ?? -1] }]
    }
    let folder = try TemporaryFolder()
    try JSONEncoder().encode(cases).write(to: URL(fileURLWithPath: folder.file("cases.json")))
    try Python.run(
      """
      import json, sys
      sys.path.insert(0, sys.argv[1])
      sys.dont_write_bytecode = True
      import retrieval
      for points, expected in json.load(open(sys.argv[2])):
        for recall, speed in expected:
          found = retrieval.at(recall, points)
          assert (found is None) == (speed < 0), (recall, found, speed)
          assert found is None or abs(found - speed) <= 1e-9 * speed, (recall, found, speed)
      """, RealData.packageRoot + "/Benchmarks/compare", folder.file("cases.json"))
  }

  @Test func reportsFrontIsOfTimedSettings() {
    func setting(_ recall: Double, _ single: Double?, _ batch: Double?) -> RecallReport.Setting {
      .init(
        options: SearchOptions(), recall: recall,
        speeds: [(RecallReport.Mode.single, single), (.batch, batch)].compactMap { mode, rate in
          rate.map { .init(mode: mode, threads: 1, queriesPerSecond: $0, medianQueriesPerSecond: $0) }
        }, nodesVisited: 0, codesScanned: 0, vectorsReranked: 0, budgetExhausted: 0)
    }
    let report = Self.report(
      exact: setting(1, 5, 50),
      [
        setting(0.8, nil, nil), setting(0.9, 100, 900), setting(0.92, 120, 800), setting(0.95, 60, 850),
        setting(0.95, 1, 1),
      ])
    #expect(report.front(.single, threads: 1).indices == [2, 3])
    #expect(report.front(.batch, threads: 1).indices == [1, 3])
    #expect(report.front(.batch, threads: 2).points.isEmpty)
    #expect(report.frontSettings == [report.settings[1], report.settings[2], report.settings[3]])
    let reach = report.reach()
    #expect(reach.map(\.recall) == [0.9, 0.95, 0.99, 0.9, 0.95, 0.99])
    #expect(reach.map(\.queriesPerSecond) == [120, 60, nil, 900, 850, nil])
  }

  static func report(exact: RecallReport.Setting, _ settings: [RecallReport.Setting]) -> RecallReport {
    RecallReport(
      items: 1000, dimension: 4, levelSizes: [16, 16], metric: .l2, queries: 100, k: 10, threads: [1], rounds: 3,
      exact: exact, settings: settings, indexBytes: 100, bytesBesideVectors: 10, openSeconds: 0.001, buildSeconds: nil,
      peakMemoryBytes: 1)
  }
}
