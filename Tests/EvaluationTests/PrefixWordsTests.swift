import Foundation
import Retrieval
import Testing
import Tokenizers
import Vectors

@testable import Evaluation

@Suite struct PrefixWordsTests {
  private static let vocabulary = [
    "red", "blue", "steel", "oak", "lamp", "valve", "café", "3d", "x", "42", "c++", "long", "short", "box", "set",
  ]

  private static func titles(_ count: Int, _ codes: Codes) -> [String] {
    var random = CounterRandom(seed: 4)
    return (0..<count).map { row in
      // What an item is called depends on its first code, and a little on its second.
      let own = [vocabulary[Int(codes[row][0]) % 5], vocabulary[5 + Int(codes[row][1]) % 4]]
      return (own + (0..<random.below(6)).map { _ in vocabulary[random.below(vocabulary.count)] })
        .joined(separator: " ")
    }
  }

  /// The definition, node by node, on dictionaries of words.
  private static func naive(_ titles: [String], _ codes: Codes, prefix: [UInt16], count: Int) -> [String] {
    func words(_ row: Int) -> Set<String> {
      Set(titles[row].replacingOccurrences(of: "é", with: "e").split(separator: " ").map(String.init))
        .subtracting(["x", "42"])
    }
    func tally(_ rows: [Int]) -> [String: Double] {
      rows.reduce(into: [:]) { for word in words($1) { $0[word, default: 0] += 1 } }
    }
    func below(_ prefix: ArraySlice<UInt16>) -> [Int] { titles.indices.filter { codes[$0].starts(with: prefix) } }
    let own = below(prefix[...])
    let above = below(prefix.dropLast())
    let all = tally(Array(titles.indices))
    let (inside, parent) = (tally(own), tally(above))
    let total = all.values.reduce(0, +)
    let (n1, n) = (inside.values.reduce(0, +), parent.values.reduce(0, +))
    if own.count == above.count { return [] }
    var scored: [(Double, String)] = []
    for (word, y1) in inside where y1 >= 2 || own.count < 4 {
      let y2 = (parent[word] ?? 0) - y1
      let alpha = n * (all[word] ?? 0) / total
      let delta =
        log((y1 + alpha) / max(n1 + n - y1 - alpha, 1e-9)) - log((y2 + alpha) / max(n - n1 + n - y2 - alpha, 1e-9))
      let z = delta / (1 / (y1 + alpha) + 1 / (y2 + alpha)).squareRoot()
      if z > 0 { scored.append((z, word)) }
    }
    return scored.sorted { $0.0 > $1.0 }.prefix(count).map(\.1)
  }

  @Test func wordsAreThoseOfTheDefinition() throws {
    let codes = try Naive.codes(400, [5, 4, 3], seed: 11)
    let titles = Self.titles(400, codes)
    let words = ItemWords([StringColumn(titles)])
    let trie = try CodeTrie(codes)
    let table = PrefixWords(words, trie)
    var compared = 0
    for level in 0..<3 {
      let found = table.words(level: level, count: 3, pool: ThreadPool(threads: 2))
      for node in 0..<trie.levels[level].count {
        let items = trie.items(of: .init(level: level, index: node))
        let prefix = Array(trie.codes(at: items.lowerBound).prefix(level + 1))
        let expected = items.count < 2 ? [] : Self.naive(titles, codes, prefix: prefix, count: 3)
        // Words of equal score may stand in either order.
        #expect(found[node].count == expected.count)
        if Set(found[node]) == Set(expected) { compared += 1 }
      }
      #expect(table.words(level: level, count: 3, pool: ThreadPool(threads: 1)) == found)
      #expect(
        table.words(level: level, count: 3, least: 5, pool: ThreadPool(threads: 1)).enumerated().allSatisfy {
          let size = trie.items(of: .init(level: level, index: $0)).count
          return size < 5 ? $1.isEmpty : $1 == found[$0]
        })
    }
    let nodes = trie.levels.reduce(0) { $0 + $1.count }
    #expect(compared * 100 >= nodes * 95, "\(compared) of \(nodes)")
    // The word that an item's first code chooses comes first.
    let first = table.words(level: 0, count: 1, pool: ThreadPool(threads: 1))
    #expect(first.map { $0[0] } == ["red", "blue", "steel", "oak", "lamp"])
  }

  @Test func wordsOfAnItemCountOnce() {
    let words = ItemWords([StringColumn(["a bolt Bolt BOLT 17", "", "nut"]), StringColumn(["bolt", "x 9", "Nut"])])
    #expect(words.vocabulary == 2 && words.starts == [0, 1, 1, 2] && words.counts == [1, 1])
    #expect(words.word(0) == "bolt" && words.word(1) == "nut")
  }

  @Test func theTreeListsAllThatAreLargeEnough() throws {
    let codes = try Naive.codes(3000, [7, 9, 11], seed: 12)
    let trie = try CodeTrie(codes)
    for limit in [10, 60, 500, 100_000] {
      let tree = PrefixTree(trie, limit: limit, words: nil, wordCount: 3, exampleCount: 3, pool: ThreadPool(threads: 1))
      #expect(tree.count <= limit)
      var sizes: [[UInt16]: Int] = [:]
      for row in 0..<3000 { for length in 1...3 { sizes[Array(codes[row].prefix(length)), default: 0] += 1 } }
      let expected = sizes.filter { $0.value >= tree.least }
      #expect(tree.count == expected.count)
      // With the next smaller bound there would be too many.
      if tree.least > 2 {
        let smaller = [2, 3, 5, 10, 20, 30, 50, 100, 200, 300, 500, 1000].last { $0 < tree.least } ?? 2
        #expect(sizes.count { $0.value >= smaller } > limit)
      }
      for node in 0..<tree.count {
        var path: [UInt16] = []
        var at = node
        while at >= 0 {
          path.insert(tree.codes[at], at: 0)
          at = Int(tree.parents[at])
        }
        #expect(expected[path] == Int(tree.counts[node]))
        #expect(Set(tree.examples[node]).count == min(3, Int(tree.counts[node])))
        #expect(tree.examples[node].allSatisfy { codes[$0].starts(with: path) })
      }
    }
  }
}
