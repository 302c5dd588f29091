import Formats
package import Retrieval
import Vectors

/// The six arrays of STATIC (Su et al., "Vectorizing the Trie", arXiv 2602.22647), as its `build_static_index` returns
/// them, for its decoders in JAX and PyTorch.
///
/// There is one vocabulary for all levels. The state after one token is 1 + token. Deeper prefixes are numbered from
/// vocabulary size + 1 on, level after level, in the order of their tokens. The last token leads to state 0.
package enum StaticArrays {
  /// How many levels are looked up in one table where nothing is said: of V² cells where tokens are codes, of V where
  /// they are a language model's.
  package static func denseLevels(levels: Int, areCodes: Bool) -> Int { areCodes ? max(1, min(2, levels - 1)) : 1 }

  /// Writes `packed_csr`, `indptr`, `layer_max_branches`, `start_mask`, `dense_mask` and `dense_states` as `.npz`, with
  /// codes in the place of tokens.
  ///
  /// - Parameters:
  ///   - vocabularySize: V; nil: that of the largest level.
  ///   - denseLevels: d, how many levels are looked up in a table of V^d cells; below the number of levels.
  /// - Throws: `InputError` for a shape that the format cannot have.
  package static func write(
    _ trie: CodeTrie, vocabularySize: Int? = nil, denseLevels: Int = 2, to path: String
  ) throws {
    let tokens = ConstraintTokens(.codes, vocabularySize: vocabularySize)
    try write(TokenTrie(trie, tokens: tokens, source: source), denseLevels: denseLevels, to: path)
  }

  /// Writes the arrays with the tokens of a language model.
  package static func write(_ tokens: TokenTrie, denseLevels: Int, to path: String) throws {
    let depth = tokens.trie.levels.count
    let vocabulary = tokens.vocabularySize
    guard (1..<max(depth, 1)).contains(denseLevels), depth < 128 else {
      throw InputError(
        .usage, source, expected: "1 to \(max(depth - 1, 0)) dense levels of at most 127 levels",
        found: "\(denseLevels) of \(depth)",
        remedy: depth < 2 ? "the format has no IDs of one code" : nil)
    }
    guard vocabulary <= 1 << 20 else {
      throw InputError(.usage, source, expected: "a vocabulary of at most \(1 << 20) tokens", found: "\(vocabulary)")
    }
    let (cells, places) = try tokens.cells(depth: denseLevels, source: source)
    let plan = Plan(tokens: tokens)
    guard plan.states + vocabulary <= Int32.max, plan.edges + vocabulary <= Int32.max else {
      throw InputError(
        .unsupported, source, expected: "fewer than 2³¹ prefixes", found: "\(plan.edges)",
        remedy: "split the catalogue")
    }
    var archive = NPZWriter()
    archive.add("packed_csr", plan.packedRows(), shape: [plan.edges + vocabulary, 2])
    archive.add("indptr", plan.rowStarts(), shape: [plan.states + 2])
    archive.add("layer_max_branches", Buffer(tokens.trie.mostChildren()), shape: [depth])
    archive.add("start_mask", plan.startMask(), shape: [vocabulary])
    let shape = Array(repeating: vocabulary, count: denseLevels)
    archive.add(
      "dense_mask",
      Buffer<ArrayBool>(count: cells) { target in
        for place in places { target[place] = .init(true) }
      }, shape: shape)
    archive.add(
      "dense_states",
      Buffer<Int32>(count: cells) { target in
        for (node, place) in places.enumerated() { target[place] = Int32(plan.state(denseLevels - 1, node)) }
      }, shape: shape)
    try archive.write(to: path)
  }

  private static let source = "STATIC arrays"

  /// The numbering of states, and the arrays that follow from it.
  private struct Plan {
    let tokens: TokenTrie

    private var trie: CodeTrie { tokens.trie }
    private var vocabulary: Int { tokens.vocabularySize }
    /// All states, 0 among them.
    var states: Int { vocabulary + 1 + trie.levels.dropFirst().dropLast().reduce(0) { $0 + $1.count } }
    /// Steps from a prefix of at least one token to one of a token more.
    var edges: Int { trie.levels.dropFirst().reduce(0) { $0 + $1.count } }

    /// The state of node 0 of a level, from the second on; 0 for all nodes of the last.
    private func firstState(_ level: Int) -> Int {
      vocabulary + 1 + trie.levels[1..<level].reduce(0) { $0 + $1.count }
    }

    func state(_ level: Int, _ node: Int) -> Int {
      if level == trie.levels.count - 1 { return 0 }
      return level == 0 ? Int(tokens.token(0, trie.levels[0].codes[node])) + 1 : firstState(level) + node
    }

    func packedRows() -> Buffer<Int32> {
      Buffer(count: (edges + vocabulary) * 2) { target in
        var next = 0
        for level in 1..<trie.levels.count {
          let first = level + 1 < trie.levels.count ? firstState(level) : nil
          trie.levels[level].codes.withUnsafeBufferPointer { codes in
            for node in codes.indices {
              target[next] = tokens.token(level, codes[node])
              target[next + 1] = Int32(first.map { $0 + node } ?? 0)
              next += 2
            }
          }
        }
        // So that a reader that takes the full width of a row stays inside.
        while next < target.count {
          target[next] = Int32(vocabulary)
          next += 2
        }
      }
    }

    func rowStarts() -> Buffer<Int32> {
      Buffer(count: states + 2) { target in
        // First how many children each state has, one place on; then the sums.
        for level in 0..<trie.levels.count - 1 {
          trie.levels[level].children.withUnsafeBufferPointer { children in
            for node in 0..<trie.levels[level].count {
              target[state(level, node) + 1] = Int32(children[node + 1] - children[node])
            }
          }
        }
        for index in 1...states { target[index] += target[index - 1] }
        target[states + 1] = target[states] + Int32(vocabulary)
      }
    }

    func startMask() -> Buffer<ArrayBool> {
      Buffer(count: vocabulary) { target in
        for node in 0..<trie.levels[0].count {
          target[Int(tokens.token(0, trie.levels[0].codes[node]))] = .init(true)
        }
      }
    }
  }
}

extension CodeTrie {
  /// The most children of any node, from the root to the level before the last.
  func mostChildren() -> [Int64] {
    [Int64(levels[0].count)]
      + levels.dropLast().map { level in
        level.children.withUnsafeBufferPointer { children in
          (0..<level.count).reduce(0) { max($0, Int64(children[$1 + 1] - children[$1])) }
        }
      }
  }
}
