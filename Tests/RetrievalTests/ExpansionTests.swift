import Foundation
import TestSupport
import Testing
import Tokenizers
import Vectors

@testable import Retrieval

@Suite struct ExpansionTests {
  static let shapes: [(count: Int, levelSizes: [Int])] = [
    (1, [1]), (1, [3, 5, 2]), (200, [9]), (400, [3, 3, 3, 3]), (600, [12, 40]), (900, [6, 7, 8]),
    (1500, [4, 3, 5, 3, 2]), (800, [1, 30, 2]), (500, [70, 70, 70]),
  ]

  /// An index on disk of random items, with codebooks, and an ID to look around: one of an item, one that differs from
  /// an item's at a level, or any.
  private struct Case {
    let index: SemanticIndex
    let items: [[UInt16]]
    let sizes: [Int]
    let folder: TemporaryFolder
    var catalogue: RandomCatalogue

    init(_ shape: Int, seed: UInt64) throws {
      let (count, sizes) = ExpansionTests.shapes[shape]
      catalogue = RandomCatalogue(seed: seed + UInt64(shape))
      let codes = try catalogue.codes(count: count, levelSizes: sizes)
      folder = try TemporaryFolder()
      let codebooks = try catalogue.codebooks(levelSizes: sizes, dimension: 5)
      try IndexBuilder().build(IndexContents(codes: codes, codebooks: codebooks), at: folder.file("index"))
      index = try SemanticIndex(opening: folder.file("index"))
      items = (0..<count).map { codes[$0] }
      self.sizes = sizes
    }

    mutating func id() -> [UInt16] {
      guard catalogue.random.below(4) > 0 else { return sizes.map { UInt16(catalogue.random.below($0)) } }
      var id = items[catalogue.random.below(items.count)]
      if catalogue.random.below(2) == 0 {
        let level = catalogue.random.below(sizes.count)
        id[level] = UInt16(catalogue.random.below(sizes[level]))
      }
      return id
    }

    func codes(_ set: CandidateSet) -> [[UInt16]] {
      set.entries.map { index.trie.codes(at: $0.items.lowerBound) }
    }

    func rows(_ set: CandidateSet) -> [Int] { index.rows(of: set) }
  }

  private static func differing(_ a: [UInt16], _ b: [UInt16]) -> Int { zip(a, b).count { $0 != $1 } }
  private static func prefix(_ a: [UInt16], _ b: [UInt16]) -> Int { zip(a, b).prefix { $0 == $1 }.count }

  @Test(arguments: shapes.indices)
  func hammingFindsWhatAScanFinds(_ shape: Int) throws {
    var test = try Case(shape, seed: 1000)
    for round in 0..<60 {
      let id = test.id()
      let radius = round % (test.sizes.count + 1)
      let set = try test.index.candidates(around: id, by: .hamming(radius))
      let expected = test.items.indices.filter { Self.differing(test.items[$0], id) <= radius }
      #expect(test.rows(set).sorted() == expected)
      #expect(set.count == expected.count)
      #expect(set.isInCatalogue == test.items.contains(id))
      #expect(!set.budgetExhausted)
      for (entry, codes) in zip(set.entries, test.codes(set)) {
        #expect(entry.differing == Self.differing(codes, id))
        #expect(entry.prefix == Self.prefix(codes, id))
      }
      let order = set.entries.map { ($0.differing, -$0.prefix, $0.node) }
      #expect(zip(order, order.dropFirst()).allSatisfy { $0 < $1 })
    }
  }

  @Test(arguments: shapes.indices)
  func prefixBacksOffUntilThereAreEnough(_ shape: Int) throws {
    var test = try Case(shape, seed: 2000)
    for _ in 0..<60 {
      let id = test.id()
      let budget = 1 + test.catalogue.random.below(test.items.count + 3)
      let set = try test.index.candidates(around: id, by: .prefix, budget: budget)
      let codes = test.codes(set)
      #expect(set.count >= min(budget, test.items.count))
      #expect(set.count - (set.entries.last?.items.count ?? 0) < budget)
      #expect(Set(test.rows(set)).count == set.count)
      for (entry, codes) in zip(set.entries, codes) {
        #expect(entry.prefix == Self.prefix(codes, id))
        #expect(entry.differing == Self.differing(codes, id))
      }
      // Nothing left out shares more levels than something that was taken.
      let least = set.entries.last?.prefix ?? 0
      let taken = Set(codes)
      #expect(test.items.allSatisfy { taken.contains($0) || Self.prefix($0, id) <= least })
      #expect(zip(set.entries, set.entries.dropFirst()).allSatisfy { $0.prefix >= $1.prefix })
      #expect(set.budgetExhausted == (set.count < test.items.count))
    }
  }

  @Test(arguments: shapes.indices)
  func codewordExpansionsFindWhatTheRuleSays(_ shape: Int) throws {
    var test = try Case(shape, seed: 3000)
    let books = try #require(test.index.codebooks)
    for round in 0..<30 {
      let id = test.id()
      let width = 1 + round % 5
      let nearest = zip(books.levels, id).map { book, code in
        let distances = (0..<book.rows).map { other in
          (0..<book.columns).reduce(Float(0)) {
            let difference = book[other, $1] - book[Int(code), $1]
            return $0 + difference * difference
          }
        }
        let order = distances.indices.sorted { (distances[$0], $0) < (distances[$1], $1) }
        return Set(([Int(code)] + order.filter { $0 != Int(code) }).prefix(width).map(UInt16.init))
      }
      let near = { (item: [UInt16]) in zip(item, nearest).allSatisfy { $1.contains($0) } }
      let product = try test.index.candidates(around: id, by: .product(width))
      #expect(test.rows(product).sorted() == test.items.indices.filter { near(test.items[$0]) })
      let single = try test.index.candidates(around: id, by: .perLevel(width))
      let expected = test.items.indices.filter {
        near(test.items[$0]) && Self.differing(test.items[$0], id) <= 1
      }
      #expect(test.rows(single).sorted() == expected)
      #expect(single.entries.allSatisfy { $0.distance != nil && ($0.differing > 0 || $0.distance == 0) })
      let order = single.entries.map { ($0.differing, $0.distance ?? 0) }
      #expect(zip(order, order.dropFirst()).allSatisfy { $0 <= $1 })
    }
  }

  @Test(arguments: shapes.indices)
  func patternsFindWhatAFilterFinds(_ shape: Int) throws {
    var test = try Case(shape, seed: 6000)
    for _ in 0..<60 {
      let id = test.id()
      let pattern = id.map { test.catalogue.random.below(2) == 0 ? $0 : nil }
      let set = try test.index.candidates(matching: pattern)
      let expected = test.items.indices.filter { row in
        zip(test.items[row], pattern).allSatisfy { $1 == nil || $0 == $1 }
      }
      #expect(test.rows(set).sorted() == expected)
      #expect(set.entries.map(\.node) == set.entries.map(\.node).sorted())
    }
  }

  @Test func aBudgetKeepsTheFirstEntries() throws {
    var test = try Case(3, seed: 4000)
    for _ in 0..<20 {
      let id = test.id()
      let all = try test.index.candidates(around: id, by: .hamming(2))
      let few = try test.index.candidates(around: id, by: .hamming(2), budget: 7)
      #expect(Array(all.entries.prefix(few.entries.count)) == few.entries)
      #expect(few.budgetExhausted == (few.entries.count < all.entries.count))
      #expect(few.count >= min(7, all.count))
    }
  }

  @Test func whatCannotBeAskedIsRefused() throws {
    let test = try Case(5, seed: 5000)
    #expect(throws: InputError.self) { try test.index.candidates(around: [0, 0], by: .exact) }
    #expect(throws: InputError.self) { try test.index.candidates(around: [0, 7, 0], by: .exact) }
    #expect(throws: InputError.self) { try test.index.candidates(around: [0, 0, 0], by: .hamming(-1)) }
    #expect(throws: InputError.self) { try test.index.candidates(around: [0, 0, 0], by: .product(0)) }
    let folder = try TemporaryFolder()
    let codes = try Codes(levelSizes: [2, 2], values: Buffer([0, 1, 1, 0]))
    try IndexBuilder().build(IndexContents(codes: codes), at: folder.file("index"))
    let bare = try SemanticIndex(opening: folder.file("index"))
    #expect(throws: InputError.self) { try bare.candidates(around: [0, 0], by: .perLevel(2)) }
    #expect(try bare.candidates(around: [0, 0], by: .hamming(1)).count == 2)
  }
}
