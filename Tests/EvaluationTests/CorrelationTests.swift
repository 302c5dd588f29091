import Retrieval
import Testing
import Tokenizers
import Vectors

@testable import Evaluation

@Suite struct CorrelationTests {
  @Test func ranksShareTheirMean() {
    #expect(RankCorrelation.ranks([3, 1, 3, 2]) == [3.5, 1, 3.5, 2])
    #expect(RankCorrelation.ranks(counting: [3, 1, 3, 2]) == [3.5, 1, 3.5, 2])
    #expect(RankCorrelation.ranks([5, 5, 5]) == [2, 2, 2])
    #expect(RankCorrelation.ranks([]) == [])
  }

  @Test func knownCorrelations() {
    #expect(RankCorrelation.spearman([1, 2, 3, 4], [10, 20, 25, 90]) == 1)
    #expect(RankCorrelation.spearman([1, 2, 3, 4], [4, 3, 2, 1]) == -1)
    // scipy.stats.spearmanr([1, 2, 3, 4, 5], [5, 6, 7, 8, 7])
    #expect(abs(RankCorrelation.spearman([1, 2, 3, 4, 5], [5, 6, 7, 8, 7]) - 0.8207826816681233) < 1e-15)
    #expect(RankCorrelation.spearman([1, 2], [3, 3]).isNaN)
    #expect(RankCorrelation.spearman([1], [3]).isNaN)
  }

  @Test func allPairsOfFewItems() throws {
    let x = Naive.normals(40, 3, seed: 4)
    let codes = try Naive.codes(40, [3, 3], seed: 4)
    let found = DistanceCorrelation.measure(x, [try CodeTrie(codes)], pairs: 780)[0]
    #expect(found.isExhaustive && found.pairs == 780)
    var distances: [Double] = []
    var prefix: [Double] = []
    var hamming: [Double] = []
    for a in 0..<40 {
      for b in 0..<a {
        distances.append(Naive.squaredDistance(x, a, b))
        prefix.append(Double(Naive.prefix(codes[a], codes[b])))
        hamming.append(Double(Naive.hamming(codes[a], codes[b])))
      }
    }
    #expect(abs((found.prefix ?? .nan) - RankCorrelation.spearman(distances, prefix)) < 1e-12)
    #expect(abs((found.hamming ?? .nan) - RankCorrelation.spearman(distances, hamming)) < 1e-12)
    #expect(!DistanceCorrelation.measure(x, [try CodeTrie(codes)], pairs: 779)[0].isExhaustive)
  }

  @Test func aSampleHoldsDifferentItems() {
    let pairs = DistanceCorrelation.pairs(of: 50, atMost: 1000, seed: 1)
    #expect(
      pairs.count == 1000 && pairs.allSatisfy { $0.0 != $0.1 && (0..<50).contains($0.0) && (0..<50).contains($0.1) })
    #expect(Set(pairs.map(\.1)).count == 50)
  }

  @Test func equalCodesHaveNoCorrelation() throws {
    let codes = try Codes(levelSizes: [2], values: Buffer([UInt16](repeating: 1, count: 9)))
    let found = DistanceCorrelation.measure(Naive.normals(9, 2, seed: 1), [try CodeTrie(codes)], pairs: 100)[0]
    #expect(found.prefix == nil && found.hamming == nil)
  }
}
