import Retrieval
import Testing
import Tokenizers
import Vectors

@testable import Evaluation

@Suite struct TieRuleTests {
  @Test func sharesOfAGroup() {
    let rule = TieRule(k: 3)
    #expect(rule.inside(before: 0, count: 3) == 1)
    #expect(rule.inside(before: 2, count: 4) == 0.25)
    #expect(rule.inside(before: 3, count: 1) == 0)
    // Ranks 1 … 4: relevances 2, 1, 0, 0.
    #expect(rule.relevance(before: 1, count: 4) == 0.75)
    // Ranks 2 and 3: discounts 1/log₂4 and none.
    #expect(abs(rule.discount(before: 2, count: 2) - 0.25) < 1e-15)
  }

  /// The rule against its definition: the mean over every order of both rankings that the ties allow.
  @Test func isTheMeanOverAllOrders() throws {
    for (index, (sizes, values)) in [([2, 2], 3), ([3], 2), ([2, 2, 2], 2), ([4, 3], 50)].enumerated() {
      for seed in 0..<4 as Range<UInt64> {
        let x = Naive.vectors(6, 2, values: values, seed: seed)
        let codes = try Naive.codes(6, sizes, seed: seed + 100 * UInt64(index))
        let trie = try CodeTrie(codes)
        for k in 1...5 {
          let found = NeighborAgreement.measure(x, [trie], queries: Array(0..<6), k: k)[0]
          let prefix = Naive.enumerated(x, codes, k: k, Naive.prefix)
          let hamming = Naive.enumerated(x, codes, k: k, Naive.hamming)
          #expect(abs(found.prefix.recall - prefix.recall) < 1e-12)
          #expect(abs(found.prefix.ndcg - prefix.ndcg) < 1e-12)
          #expect(abs(found.hamming.recall - hamming.recall) < 1e-12)
          #expect(abs(found.hamming.ndcg - hamming.ndcg) < 1e-12)
        }
      }
    }
  }

  @Test func oneRankingAgainstItselfIsPerfect() throws {
    // A line of points at growing gaps, and codes in which Hamming distance is distance on the line.
    let marks = [0, 1, 4, 9, 15, 22, 32, 34]
    let x = Matrix(rows: 8, columns: 1, values: marks.map { Float($0) })
    let codes = try Codes(
      levelSizes: Array(repeating: 2, count: 34),
      values: Buffer(marks.flatMap { mark in (0..<34).map { $0 < mark ? 1 as UInt16 : 0 } }))
    let found = NeighborAgreement.measure(x, [try CodeTrie(codes)], queries: Array(0..<8), k: 4)[0]
    #expect(found.hamming.recall == 1 && abs(found.hamming.ndcg - 1) < 1e-15)
    #expect(found.recallByChance == 4.0 / 7)
  }
}
