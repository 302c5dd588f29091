import Formats
package import Retrieval
import Vectors

/// The six arrays of STATIC (Su et al., "Vectorizing the Trie", arXiv 2602.22647), as its `build_static_index` returns
/// them, for its decoders in JAX and PyTorch.
///
/// There a token is a code, with one vocabulary for all levels. The state after one code is 1 + code. Deeper prefixes
/// are numbered from vocabulary size + 1 on, level after level. The last code leads to state 0.
package enum StaticArrays {
  /// Writes `packed_csr`, `indptr`, `layer_max_branches`, `start_mask`, `dense_mask` and `dense_states` as `.npz`.
  ///
  /// - Parameters:
  ///   - vocabularySize: V; nil: that of the largest level.
  ///   - denseLevels: d, how many levels are looked up in a table of V^d cells; below the number of levels.
  /// - Throws: `InputError` for a shape that the format cannot have.
  package static func write(
    _ trie: CodeTrie, vocabularySize: Int? = nil, denseLevels: Int = 2, to path: String
  ) throws {
    let largest = trie.levelSizes.reduce(0, max)
    let vocabulary = vocabularySize ?? largest
    let depth = trie.levels.count
    guard trie.count > 0 else { throw InputError(.malformed, "STATIC arrays", expected: "items", found: "none") }
    guard (1..<max(depth, 1)).contains(denseLevels), depth < 128 else {
      throw InputError(
        .usage, "STATIC arrays", expected: "1 to \(max(depth - 1, 0)) dense levels of at most 127 levels",
        found: "\(denseLevels) of \(depth)",
        remedy: depth < 2 ? "the format has no IDs of one code" : nil)
    }
    guard vocabulary >= largest, vocabulary <= 1 << 20 else {
      throw InputError(
        .usage, "STATIC arrays", expected: "a vocabulary of \(largest) to \(1 << 20) codes", found: "\(vocabulary)")
    }
    let cells = (0..<denseLevels).reduce(1.0) { cells, _ in cells * Double(vocabulary) }
    guard cells <= Double(1 << 28) else {
      throw InputError(
        .unsupported, "STATIC arrays", expected: "a dense table of at most 2²⁸ cells",
        found: "\(vocabulary) to the power of \(denseLevels)", remedy: "make fewer levels dense")
    }
    let plan = Plan(trie: trie, vocabulary: vocabulary, denseLevels: denseLevels)
    guard plan.states + vocabulary <= Int32.max, plan.edges + vocabulary <= Int32.max else {
      throw InputError(
        .unsupported, "STATIC arrays", expected: "fewer than 2³¹ prefixes", found: "\(plan.edges)",
        remedy: "split the catalogue")
    }
    var archive = NPZWriter()
    archive.add("packed_csr", plan.packedRows(), shape: [plan.edges + vocabulary, 2])
    archive.add("indptr", plan.rowStarts(), shape: [plan.states + 2])
    archive.add("layer_max_branches", Buffer(plan.mostChildren()), shape: [depth])
    archive.add("start_mask", plan.startMask(), shape: [vocabulary])
    let (mask, states) = plan.dense()
    let shape = Array(repeating: vocabulary, count: denseLevels)
    archive.add("dense_mask", mask, shape: shape)
    archive.add("dense_states", states, shape: shape)
    try archive.write(to: path)
  }

  /// The numbering of states, and the arrays that follow from it.
  private struct Plan {
    let trie: CodeTrie
    let vocabulary: Int
    let denseLevels: Int

    /// All states, 0 among them.
    var states: Int { vocabulary + 1 + trie.levels.dropFirst().dropLast().reduce(0) { $0 + $1.count } }
    /// Steps from a prefix of at least one code to one of a code more.
    var edges: Int { trie.levels.dropFirst().reduce(0) { $0 + $1.count } }

    /// The state of node 0 of a level, from the second on; 0 for all nodes of the last.
    private func firstState(_ level: Int) -> Int {
      vocabulary + 1 + trie.levels[1..<level].reduce(0) { $0 + $1.count }
    }

    private func state(_ level: Int, _ node: Int) -> Int {
      if level == trie.levels.count - 1 { return 0 }
      return level == 0 ? Int(trie.levels[0].codes[node]) + 1 : firstState(level) + node
    }

    func packedRows() -> Buffer<Int32> {
      Buffer(count: (edges + vocabulary) * 2) { target in
        var next = 0
        for level in 1..<trie.levels.count {
          let first = level + 1 < trie.levels.count ? firstState(level) : nil
          trie.levels[level].codes.withUnsafeBufferPointer { codes in
            for node in codes.indices {
              target[next] = Int32(codes[node])
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

    func mostChildren() -> [Int64] {
      [Int64(trie.levels[0].count)]
        + trie.levels.dropLast().map { level in
          level.children.withUnsafeBufferPointer { children in
            (0..<level.count).reduce(0) { max($0, Int64(children[$1 + 1] - children[$1])) }
          }
        }
    }

    func startMask() -> Buffer<ArrayBool> {
      Buffer(count: vocabulary) { target in
        for node in 0..<trie.levels[0].count { target[Int(trie.levels[0].codes[node])] = .init(true) }
      }
    }

    /// Whether the first levels' codes are a prefix, and its state.
    func dense() -> (mask: Buffer<ArrayBool>, states: Buffer<Int32>) {
      let cells = Array(repeating: vocabulary, count: denseLevels).reduce(1, *)
      let level = denseLevels - 1
      let places = (0..<trie.levels[level].count).map { node in
        trie.codes(at: Int(trie.levels[level].starts[node])).prefix(denseLevels)
          .reduce(0) { $0 * vocabulary + Int($1) }
      }
      let mask = Buffer<ArrayBool>(count: cells) { target in
        for place in places { target[place] = .init(true) }
      }
      let states = Buffer<Int32>(count: cells) { target in
        for (node, place) in places.enumerated() { target[place] = Int32(state(level, node)) }
      }
      return (mask, states)
    }
  }
}
