package import Retrieval
package import Vectors

/// The words that set the items of each prefix apart from the other items of the prefix above it.
///
/// Words are ordered by the z-score of their log-odds ratio with an informative Dirichlet prior: Monroe, Colaresi and Quinn
/// 2008, "Fightin' Words" (Political Analysis 16:372). With y the items that have word w, and n the sum of y over all words,
/// inside the prefix (1) and beside it (2), and with α the prior:
///
///     δ = ln((y₁ + α) / (n₁ + α₀ − y₁ − α)) − ln((y₂ + α) / (n₂ + α₀ − y₂ − α))
///     z = δ / √(1 / (y₁ + α) + 1 / (y₂ + α))
///
/// α is the word's share of the catalogue times α₀, and α₀ weighs as much as what is compared, n₁ + n₂. Words that only one
/// of several items has do not count.
package struct PrefixWords: Sendable {
  private let words: ItemWords
  private let trie: CodeTrie
  /// Σ of the items of all words.
  private let total: Double

  package init(_ words: ItemWords, _ trie: CodeTrie) {
    precondition(words.starts.count == trie.positions.count + 1, "words of every row")
    self.words = words
    self.trie = trie
    total = words.counts.reduce(0) { $0 + Double($1) }
  }

  private static let piece = 64

  /// Up to `count` words for each node of `level`, the most telling first; none for nodes of fewer than `least` items.
  ///
  /// Same result for any number of threads. Linear in the words of the items.
  package func words(level: Int, count: Int, least: Int = 2, pool: ThreadPool) -> [[String]] {
    let nodes = trie.levels[level].count
    var found = [[String]](repeating: [], count: nodes)
    // The parents: all items for the first level.
    let parents = level == 0 ? 1 : trie.levels[level - 1].count
    found.withUnsafeMutableBufferPointer { found in
      nonisolated(unsafe) let found = found
      pool.run(over: parents, inPiecesOf: Self.piece) { range in
        var above = Tally(vocabulary: words.vocabulary)
        var below = Tally(vocabulary: words.vocabulary)
        for parent in range {
          let children = level == 0 ? 0..<nodes : trie.children(of: .init(level: level - 1, index: parent))
          let items = level == 0 ? 0..<trie.count : trie.items(of: .init(level: level - 1, index: parent))
          // An only child has nothing beside it; the words of its parent hold for it.
          guard items.count >= least, children.count > 1 else { continue }
          above.add(items, trie, words)
          for child in children {
            let own = trie.items(of: .init(level: level, index: child))
            guard own.count >= least else { continue }
            below.add(own, trie, words)
            found[child] = best(below, above, items: own.count, count: count)
            below.clear()
          }
          above.clear()
        }
      }
    }
    return found
  }

  private func best(_ inside: Tally, _ parent: Tally, items: Int, count: Int) -> [String] {
    var scored: [(z: Double, number: Int)] = []
    let prior = parent.sum
    for number in inside.met {
      let y1 = Double(inside.counts[number])
      guard y1 >= 2 || items < 4 else { continue }
      let y2 = Double(parent.counts[number]) - y1
      let alpha = prior * Double(words.counts[number]) / total
      let first = y1 + alpha
      let second = y2 + alpha
      let difference =
        Math.log(first / max(inside.sum + prior - first, 1e-9))
        - Math.log(second / max(parent.sum - inside.sum + prior - second, 1e-9))
      let z = difference / (1 / first + 1 / second).squareRoot()
      if z > 0 { scored.append((z, number)) }
    }
    scored.sort { $0.z != $1.z ? $0.z > $1.z : $0.number < $1.number }
    return scored.prefix(count).map { words.word($0.number) }
  }

  /// Items that have each word, of a range of positions.
  private struct Tally {
    var counts: [Int32]
    var met: [Int] = []
    var sum = 0.0

    init(vocabulary: Int) { counts = [Int32](repeating: 0, count: vocabulary) }

    mutating func add(_ positions: Range<Int>, _ trie: CodeTrie, _ words: ItemWords) {
      for position in positions {
        let row = Int(trie.rows[position])
        for place in words.starts[row]..<words.starts[row + 1] {
          let number = Int(words.numbers[place])
          if counts[number] == 0 { met.append(number) }
          counts[number] += 1
        }
      }
      sum = met.reduce(0) { $0 + Double(counts[$1]) }
    }

    mutating func clear() {
      for number in met { counts[number] = 0 }
      met.removeAll(keepingCapacity: true)
      sum = 0
    }
  }
}
