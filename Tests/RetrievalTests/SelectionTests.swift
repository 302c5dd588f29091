import Testing
import Vectors

@testable import Retrieval

@Suite struct SelectionTests {
  @Test func keysOrderAsDistancesThenItems() {
    let values: [Float] = [-.infinity, -3, -1e-30, 0, 1e-30, 1, 3e38, .infinity]
    for (index, value) in values.enumerated() {
      let key = RankKey.make(value, 7)
      #expect(RankKey.distance(key) == value && RankKey.item(key) == 7)
      #expect(RankKey.make(value, 6) < key)
      for smaller in values[..<index] { #expect(RankKey.make(smaller, .max) < key) }
      #expect(key < RankKey.make(.nan, 0))
    }
    #expect(RankKey.make(-0.0, 3) == RankKey.make(0, 3))
  }

  @Test func keepsTheSmallest() {
    var random = CounterRandom(seed: 11)
    for round in 0..<60 {
      let count = random.below(2000)
      let limit = round == 0 ? 0 : random.below(300)
      // Few distinct values in some rounds, so that many tie.
      let range = round % 3 == 0 ? 5 : 1 << 20
      let keys = (0..<count).map { RankKey.make(Float(random.below(range)), UInt32($0)) }
      var smallest = SmallestKeys()
      smallest.reset(limit: limit)
      for key in keys where RankKey.distance(key) <= smallest.threshold { smallest.insert(key) }
      #expect(smallest.withKept { $0.sorted() } == Array(keys.sorted().prefix(limit)))
    }
  }

  @Test func partitionsAnyOrder() {
    let inputs: [[UInt64]] = [
      Array(0..<500), (0..<500).reversed(), Array(repeating: 3, count: 500), (0..<500).map { $0 % 2 },
      (0..<250).flatMap { [$0, 499 - $0] },
    ]
    for input in inputs {
      for rank in [0, 1, 16, 17, 250, 498, 499] {
        var keys = input
        keys.withUnsafeMutableBufferPointer { SmallestKeys.partition($0, at: rank) }
        #expect(keys[rank] == input.sorted()[rank])
        #expect(keys[..<rank].allSatisfy { $0 <= keys[rank] } && keys[rank...].allSatisfy { $0 >= keys[rank] })
      }
    }
  }
}
