import TestSupport
import Testing
import Tokenizers
import Vectors

@testable import Retrieval

@Suite struct FilteredExpansionTests {
  /// Every expansion under a filter gives what it gives without one, less the items that are not allowed and the IDs that
  /// are left without any.
  @Test(arguments: ExpansionTests.shapes.indices)
  func expansionsLeaveOutWhatIsNotAllowed(_ shape: Int) throws {
    let (count, sizes) = ExpansionTests.shapes[shape]
    var catalogue = RandomCatalogue(seed: 9000 + UInt64(shape))
    let codes = try catalogue.codes(count: count, levelSizes: sizes)
    let folder = try TemporaryFolder()
    let codebooks = try catalogue.codebooks(levelSizes: sizes, dimension: 5)
    try IndexBuilder().build(IndexContents(codes: codes, codebooks: codebooks), at: folder.file("index"))
    let index = try SemanticIndex(opening: folder.file("index"))
    for round in 0..<60 {
      let share = [0, 1, 5, 30, 60, 100][round % 6]
      let filter = index.filter { _ in catalogue.random.below(100) < share }
      let mask = filter.masks[0]
      let id =
        round % 3 == 0 ? sizes.map { UInt16(catalogue.random.below($0)) } : codes[catalogue.random.below(count)]
      let width = 1 + catalogue.random.below(4)
      let rules: [Expansion] = [
        .exact, .prefix, .hamming(1), .hamming(round % (sizes.count + 1)), .perLevel(width), .product(width),
      ]
      for rule in rules {
        try check(
          index.candidates(around: id, by: rule), index.candidates(around: id, by: rule, filter: filter), mask)
        // The budget takes the first entries that fill it with allowed items.
        let budget = 1 + catalogue.random.below(count)
        let all = try index.candidates(around: id, by: rule, filter: filter)
        let some = try index.candidates(around: id, by: rule, budget: budget, filter: filter)
        #expect(some.entries == Array(all.entries.prefix(some.entries.count)))
        #expect(some.count >= min(budget, all.count))
        #expect(some.count - (some.entries.last.map { mask.count(in: $0.items) } ?? 0) < budget)
        #expect(some.budgetExhausted == (some.entries.count < all.entries.count))
      }
      let pattern = id.map { catalogue.random.below(2) == 0 ? $0 : nil }
      try check(
        index.candidates(matching: pattern), index.candidates(matching: pattern, filter: filter), mask)
    }
  }

  private func check(_ all: CandidateSet, _ filtered: CandidateSet, _ mask: ItemMask) throws {
    let expected = all.entries.filter { !mask.isEmpty(in: $0.items) }
    #expect(filtered.entries == expected)
    let positions = filtered.entries.flatMap(filtered.positions(of:))
    #expect(positions == expected.flatMap { $0.items.filter(mask.contains) })
    #expect(filtered.count == positions.count)
    #expect(!filtered.budgetExhausted)
    if filtered.isInCatalogue { #expect(all.isInCatalogue) }
  }
}
