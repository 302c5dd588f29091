import Testing
import Vectors

@testable import Retrieval

@Suite struct ItemMaskTests {
  @Test(arguments: [0, 1, 5, 31, 32, 63, 64, 65, 127, 128, 511, 512, 513, 1000, 4096, 5000])
  func answersAsASetDoes(_ capacity: Int) {
    var random = CounterRandom(seed: UInt64(capacity))
    for share in [0, 1, 30, 500, 1000] {
      let set = Set((0..<capacity).filter { _ in random.below(1000) < share })
      let mask = ItemMask(capacity: capacity, positions: set)
      #expect(mask.capacity == capacity && mask.count == set.count && mask.isEmpty == set.isEmpty)
      #expect(mask.positions() == set.sorted())
      #expect(mask == ItemMask(capacity: capacity, pool: ThreadPool(threads: 3)) { set.contains($0) })
      #expect((0..<capacity).allSatisfy { mask.contains($0) == set.contains($0) })
      for _ in 0..<50 {
        let lower = random.below(capacity + 1)
        let range = lower..<lower + random.below(capacity - lower + 1)
        let inside = set.filter { range.contains($0) }.sorted()
        #expect(mask.count(in: range) == inside.count && mask.isEmpty(in: range) == inside.isEmpty)
        #expect(mask.first(in: range) == inside.first)
        #expect(mask.positions(in: range) == inside)
        guard lower < capacity else { continue }
        let window = mask.window(at: lower)
        #expect((0..<32).allSatisfy { window >> UInt32($0) & 1 == (set.contains(lower + $0) ? 1 : 0) })
      }
    }
    #expect(ItemMask(capacity: capacity, repeating: true).count == capacity)
    #expect(ItemMask(capacity: capacity, repeating: false).isEmpty)
  }

  @Test func combinesAsSetsDo() {
    var random = CounterRandom(seed: 1)
    for capacity in [0, 1, 63, 64, 65, 700] {
      let (a, b) = (0..<2).map { _ in Set((0..<capacity).filter { _ in random.below(3) == 0 }) }.pair
      let (x, y) = (ItemMask(capacity: capacity, positions: a), ItemMask(capacity: capacity, positions: b))
      #expect(x.intersection(y).positions() == a.intersection(b).sorted())
      #expect(x.union(y).positions() == a.union(b).sorted())
      #expect(x.subtracting(y).positions() == a.subtracting(b).sorted())
      #expect(x.inverted.positions() == (0..<capacity).filter { !a.contains($0) })
      #expect(x.inverted.inverted == x && x.inverted.inverted.hashValue == x.hashValue)
    }
  }
}

extension Array {
  fileprivate var pair: (Element, Element) { (self[0], self[1]) }
}
