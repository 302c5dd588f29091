import TestSupport
import Testing
import Tokenizers
import Vectors

@testable import Retrieval

@Suite struct FilteredTrieTests {
  @Test(arguments: ExpansionTests.shapes.indices)
  func isTheTrieOfWhatIsLeft(_ shape: Int) throws {
    let (count, sizes) = ExpansionTests.shapes[shape]
    var catalogue = RandomCatalogue(seed: 9500 + UInt64(shape))
    let codes = try catalogue.codes(count: count, levelSizes: sizes)
    let trie = try CodeTrie(codes)
    for share in [0, 1, 10, 50, 99, 100] {
      let rows = (0..<count).filter { _ in catalogue.random.below(100) < share }
      let mask = ItemMask(capacity: count, positions: rows.map { Int(trie.positions[$0]) })
      let filtered = trie.filtered(by: mask)
      let expected = try CodeTrie(Codes(levelSizes: sizes, values: Buffer(rows.flatMap { codes[$0] })))
      #expect(filtered.codes.array == expected.codes.array && filtered.rows.array == expected.rows.array)
      #expect(filtered.positions.array == expected.positions.array && filtered.levelSizes == expected.levelSizes)
      for (a, b) in zip(filtered.levels, expected.levels) {
        #expect(a.codes.array == b.codes.array && a.starts.array == b.starts.array)
        #expect(a.children.array == b.children.array)
      }
    }
  }
}
