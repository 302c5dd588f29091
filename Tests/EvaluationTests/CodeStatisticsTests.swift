import Testing
import Tokenizers
import Vectors

@testable import Evaluation

@Suite struct CodeStatisticsTests {
  @Test func countsOfASmallCatalogue() throws {
    // IDs: 0-0 ×3, 0-1 ×1, 2-1 ×2.
    let codes = try Codes(levelSizes: [3, 2], values: Buffer([0, 0, 2, 1, 0, 0, 0, 1, 2, 1, 0, 0]))
    let statistics = try CodeStatistics(codes)
    #expect(statistics.items == 6 && statistics.ids == 3 && statistics.possibleIDs == 6)
    #expect(statistics.collisionRate == 0.5)
    #expect(statistics.itemsSharingAnID == 5 && statistics.largestBucket == 3)
    #expect(statistics.levels.map(\.usage.used) == [2, 2])
    #expect(statistics.levels.map(\.prefixes) == [2, 3])
    // Level 0: 4 and 2 of 6; level 1: 3 and 3.
    #expect(abs(statistics.levels[0].usage.entropy - 0.6365141682948128) < 1e-12)
    #expect(abs(statistics.levels[1].perplexity - 2) < 1e-12)
    #expect(abs(statistics.levels[1].evenness - 1) < 1e-12)
  }

  @Test func equalsAPlainCount() throws {
    var random = CounterRandom(seed: 3)
    for sizes in [[4, 4, 4], [300], [2, 1, 50]] {
      let count = 1 + random.below(3000)
      let values = (0..<count).flatMap { _ in sizes.map { UInt16(random.below(random.below($0) + 1)) } }
      let codes = try Codes(levelSizes: sizes, values: Buffer(values))
      let statistics = try CodeStatistics(codes)
      var buckets: [[UInt16]: Int] = [:]
      for item in 0..<count { buckets[codes[item], default: 0] += 1 }
      #expect(statistics.ids == buckets.count)
      #expect(statistics.largestBucket == buckets.values.max())
      #expect(statistics.itemsSharingAnID == buckets.values.filter { $0 > 1 }.reduce(0, +))
      for level in sizes.indices {
        var counts = [Int](repeating: 0, count: sizes[level])
        for item in 0..<count { counts[Int(codes[item][level])] += 1 }
        #expect(statistics.levels[level].usage == CodeUsage(counts: counts))
        #expect(statistics.levels[level].prefixes == Set((0..<count).map { codes[$0].prefix(level + 1) }).count)
      }
    }
  }

  @Test func nothingIsNoCollision() throws {
    let statistics = try CodeStatistics(Codes(levelSizes: [4, 4], values: Buffer([])))
    #expect(statistics.items == 0 && statistics.ids == 0 && statistics.collisionRate == 0)
    #expect(statistics.largestBucket == 0)
  }
}
