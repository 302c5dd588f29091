import Testing
import Tokenizers
import Vectors

@testable import Retrieval

@Suite struct CodeTrieTests {
  static let shapes: [(count: Int, levelSizes: [Int])] = [
    (0, [4, 4]), (1, [1]), (1, [3, 5, 2]), (7, [1, 1, 1]), (100, [4]), (500, [3, 3, 3, 3]), (1000, [256, 256, 256]),
    (2000, [2, 300]), (300, [65_536, 65_536]), (5000, [16, 8, 4, 2, 2, 2]), (3000, [5, 1, 40]),
    (40_000, [2, 64, 64]), (70_000, [8, 8, 8]),
  ]

  @Test(arguments: shapes.indices)
  func nodesAreWhatAFilterFinds(_ shape: Int) throws {
    let (count, sizes) = Self.shapes[shape]
    var catalogue = RandomCatalogue(seed: UInt64(shape))
    let codes = try catalogue.codes(count: count, levelSizes: sizes)
    let trie = try CodeTrie(codes, pool: ThreadPool(threads: 3))

    // The order: a stable sort of rows by their codes.
    let items = (0..<count).map { codes[$0] }
    let expected = (0..<count).sorted {
      items[$0] == items[$1] ? $0 < $1 : items[$0].lexicographicallyPrecedes(items[$1])
    }
    #expect(trie.rows.array.map(Int.init) == expected)
    #expect((0..<count).allSatisfy { trie.rows[Int(trie.positions[$0])] == $0 })
    #expect((0..<count).allSatisfy { trie.codes(ofRow: $0) == items[$0] })

    // Every level: one node a distinct prefix, in order, its range and its children those of the prefix.
    for level in sizes.indices {
      let prefixes = expected.map { Array(items[$0].prefix(level + 1)) }
      let distinct = prefixes.indices.filter { $0 == 0 || prefixes[$0] != prefixes[$0 - 1] }
      let nodes = trie.levels[level]
      #expect(nodes.count == distinct.count)
      #expect(nodes.starts.array.map(Int.init) == distinct + [count])
      #expect(nodes.codes.array == distinct.map { prefixes[$0][level] })
      guard level + 1 < sizes.count else {
        #expect(nodes.children.isEmpty)
        continue
      }
      for index in 0..<nodes.count {
        let node = CodeTrie.Node(level: level, index: index)
        let children = trie.children(of: node)
        #expect(!children.isEmpty)
        #expect(trie.levels[level + 1].starts[children.lowerBound] == nodes.starts[index])
        #expect(trie.levels[level + 1].starts[children.upperBound] == nodes.starts[index + 1])
      }
    }
  }

  @Test(arguments: shapes.indices)
  func lookUpEqualsFilter(_ shape: Int) throws {
    let (count, sizes) = Self.shapes[shape]
    var catalogue = RandomCatalogue(seed: UInt64(shape) + 100)
    let codes = try catalogue.codes(count: count, levelSizes: sizes)
    let trie = try CodeTrie(codes)
    let lists = InvertedLists(trie)
    let items = (0..<count).map { codes[$0] }
    let rows = { (range: Range<Int>) in trie.rows[slice: range].array.map(Int.init).sorted() }
    #expect(rows(trie.items(prefix: [])) == Array(0..<count))
    for _ in 0..<40 {
      // Half of them prefixes that exist, half at random.
      let exists = count > 0 && catalogue.random.below(2) == 0
      let id = exists ? items[catalogue.random.below(count)] : sizes.map { UInt16(catalogue.random.below($0)) }
      let prefix = Array(id.prefix(1 + catalogue.random.below(sizes.count)))
      #expect(rows(trie.items(prefix: prefix)) == (0..<count).filter { items[$0].starts(with: prefix) })
      #expect(rows(lists.items(id: id)) == (0..<count).filter { items[$0] == id })
      let level = catalogue.random.below(sizes.count)
      let ranges = lists.items(level: level, code: id[level])
      #expect(ranges.flatMap { rows($0) }.sorted() == (0..<count).filter { items[$0][level] == id[level] })
      #expect(zip(ranges, ranges.dropFirst()).allSatisfy { $0.upperBound <= $1.lowerBound })
    }
    #expect(trie.node(prefix: sizes.map { _ in 0 } + [0]) == nil)
    #expect(lists.items(id: []).isEmpty)
    #expect(
      lists.nodes(level: 0, code: .max).count == (sizes[0] > 65_535 ? lists.nodes(level: 0, code: .max).count : 0))
  }

  @Test func sameBitsForAnyNumberOfThreads() throws {
    var catalogue = RandomCatalogue(seed: 5)
    let codes = try catalogue.codes(count: 150_000, levelSizes: [64, 32, 32])
    let codebooks = try catalogue.codebooks(levelSizes: [64, 32, 32], dimension: 20)
    let one = try CodeTrie(codes, pool: ThreadPool(threads: 1))
    let norms = PrefixNorms(one, codebooks: codebooks, pool: ThreadPool(threads: 1))
    for threads in [2, 4] {
      let pool = ThreadPool(threads: threads)
      let other = try CodeTrie(codes, pool: pool)
      #expect(other.rows.array == one.rows.array)
      for (a, b) in zip(one.levels, other.levels) {
        #expect(a.codes.array == b.codes.array && a.starts.array == b.starts.array)
        #expect(a.children.array == b.children.array)
      }
      let same = PrefixNorms(other, codebooks: codebooks, pool: pool)
      #expect(same.items.array == norms.items.array && same.means == norms.means)
      #expect(zip(same.nodes, norms.nodes).allSatisfy { $0.array == $1.array })
    }
  }

  @Test func prefixNormsAreThoseOfTheSums() throws {
    var catalogue = RandomCatalogue(seed: 6)
    let sizes = [5, 7, 3]
    let codes = try catalogue.codes(count: 40_000, levelSizes: sizes)
    let codebooks = try catalogue.codebooks(levelSizes: sizes, dimension: 37)
    let trie = try CodeTrie(codes)
    let norms = PrefixNorms(trie, codebooks: codebooks)
    func norm(_ prefix: [UInt16]) -> Double {
      (0..<37).reduce(0) { sum, column in
        let value = zip(codebooks.levels, prefix).reduce(0.0) { $0 + Double($1.0[Int($1.1), column]) }
        return sum + value * value
      }
    }
    for level in 0..<2 {
      for node in 0..<trie.levels[level].count {
        let position = Int(trie.levels[level].starts[node])
        let expected = norm(Array(trie.codes(at: position).prefix(level + 1)))
        #expect(abs(Double(norms.nodes[level][node]) - expected) < 1e-4 * expected)
      }
    }
    for position in stride(from: 0, to: 40_000, by: 97) {
      let expected = norm(trie.codes(at: position))
      #expect(abs(Double(norms.items[position]) - expected) < 1e-4 * expected)
    }
    let mean = norms.items.array.reduce(0.0) { $0 + Double($1) } / 40_000
    #expect(abs(norms.means[2] - mean) < 1e-9 * mean)
  }
}
