import Formats
import Retrieval
import Vectors

/// The trie of RecTokens (the Python package rectokens), as the fields of its `CompactCSRTrie`.
///
/// Nodes are numbered by breadth, the root 0. The n-th step leads to node n + 1. Its last column stands for no step.
package enum RecTokensTable {
  /// Writes `row_ptrs`, `stacked_cols_vals`, `layer_max_branches`, `dense_states` and `vocab_size` as `.npz`, and the
  /// tables of `dense_mask_by_layer` as `dense_mask_by_layer.0` and so on.
  ///
  /// - Parameter denseLevels: how many levels are looked up in tables, of V to V^d cells; at most the number of levels.
  /// - Throws: `InputError` for a shape that the format cannot have.
  package static func write(_ tokens: TokenTrie, denseLevels: Int, to path: String) throws {
    let trie = tokens.trie
    let depth = trie.levels.count
    guard (1...depth).contains(denseLevels) else {
      throw InputError(
        .usage, source, expected: "1 to \(depth) dense levels, as many as the IDs have", found: "\(denseLevels)")
    }
    let vocabulary = tokens.vocabularySize
    let (cells, places) = try tokens.cells(depth: denseLevels, source: source)
    /// The step to node 0 of each level.
    let firsts = trie.levels.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) }
    let steps = firsts[depth]

    var archive = NPZWriter()
    archive.add("row_ptrs", rowStarts(trie, firsts), shape: [steps + 1])
    archive.add(
      "stacked_cols_vals",
      Buffer<Int64>(count: 2 * (steps + 1)) { target in
        for level in 0..<depth {
          tokens.tokens(ofLevel: level).withUnsafeBufferPointer { tokens in
            for node in tokens.indices { target[firsts[level] + node] = Int64(tokens[node]) }
          }
        }
        target[steps] = -1
        for step in 0..<steps { target[steps + 1 + step] = Int64(step + 1) }
        target[2 * steps + 1] = -1
      }, shape: [2, steps + 1])
    archive.add("layer_max_branches", Buffer(trie.mostChildren()), shape: [depth])
    for level in 0..<denseLevels {
      let (cells, places) = try tokens.cells(depth: level + 1, source: source)
      let mask = Buffer<ArrayBool>(count: cells) { target in
        for place in places { target[place] = .init(true) }
      }
      archive.add("dense_mask_by_layer.\(level)", mask, shape: Array(repeating: vocabulary, count: level + 1))
    }
    archive.add(
      "dense_states",
      Buffer<Int64>(count: cells) { target in
        for (node, place) in places.enumerated() { target[place] = Int64(firsts[denseLevels - 1] + node + 1) }
      }, shape: Array(repeating: vocabulary, count: denseLevels))
    archive.add("vocab_size", Buffer([Int64(vocabulary)]), shape: [])
    try archive.write(to: path)
  }

  private static let source = "RecTokens' table"

  /// The first step from each node; of nodes without steps, and behind the last node, the number of all steps.
  private static func rowStarts(_ trie: CodeTrie, _ firsts: [Int]) -> Buffer<Int64> {
    let steps = firsts[firsts.count - 1]
    return Buffer(count: steps + 1) { target in
      target[0] = 0
      for (level, nodes) in trie.levels.enumerated() {
        let first = firsts[level] + 1
        guard level + 1 < trie.levels.count else {
          for node in 0..<nodes.count { target[first + node] = Int64(steps) }
          continue
        }
        nodes.children.withUnsafeBufferPointer { children in
          for node in 0..<nodes.count { target[first + node] = Int64(firsts[level + 1]) + Int64(children[node]) }
        }
      }
    }
  }
}
