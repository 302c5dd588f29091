package import Retrieval
import Tokenizers
package import Vectors

/// The trie of a catalogue in the order of its tokens: what formats that know tokens, and no codes, are written from.
///
/// Where the tokens of a level ascend with its codes, this is the trie of the codes. Where they do not, as with tokens
/// that were sorted as text, items are sorted anew.
package struct TokenTrie: Sendable {
  /// Its codes stand for tokens: the n-th token of a level, by number, is code n.
  let trie: CodeTrie
  /// By level, where tokens do not ascend with codes: the tokens, ascending.
  private let sorted: [[Int32]]?
  private let levels: [LevelTokens]
  /// Number of tokens of the model.
  package let vocabularySize: Int

  /// - Throws: `InputError` for tokens that are outside the vocabulary or that mean two things, and where the catalogue
  ///   has no items.
  package init(_ trie: CodeTrie, tokens: ConstraintTokens, source: String, pool: ThreadPool = ThreadPool()) throws {
    guard trie.count > 0 else { throw InputError(.malformed, source, expected: "items", found: "none") }
    (levels, vocabularySize) = try tokens.resolved(levelSizes: trie.levelSizes)
    let byCode = zip(levels, trie.levelSizes).map { level, size in (0..<size).map { level.token(of: UInt16($0)) } }
    guard byCode.contains(where: { zip($0, $0.dropFirst()).contains(where: >=) }) else {
      self.trie = trie
      sorted = nil
      return
    }
    let orders = byCode.map { tokens in tokens.indices.sorted { tokens[$0] < tokens[$1] } }
    let ranks = orders.map { order in
      var ranks = [UInt16](repeating: 0, count: order.count)
      for (rank, code) in order.enumerated() { ranks[code] = UInt16(rank) }
      return ranks
    }
    let count = trie.levelSizes.count
    let codes = Buffer<UInt16>(count: trie.codes.count) { target in
      trie.codes.withUnsafeBufferPointer { codes in
        for index in codes.indices { target[index] = ranks[index % count][Int(codes[index])] }
      }
    }
    self.trie = try CodeTrie(Codes(unchecked: codes, levelSizes: trie.levelSizes), pool: pool)
    sorted = zip(orders, byCode).map { order, tokens in order.map { tokens[$0] } }
  }

  /// The token of a code of `trie`.
  func token(_ level: Int, _ code: UInt16) -> Int32 {
    sorted.map { $0[level][Int(code)] } ?? levels[level].token(of: code)
  }

  /// The token of each node of a level, in the order of the nodes.
  func tokens(ofLevel level: Int) -> Buffer<Int32> {
    let codes = trie.levels[level].codes
    return Buffer(count: codes.count) { target in
      codes.withUnsafeBufferPointer { codes in
        for node in codes.indices { target[node] = token(level, codes[node]) }
      }
    }
  }

  /// The table of `depth` tokens that begin an ID: the cell of each, and the number of its node.
  ///
  /// - Throws: `InputError` where the table would be too large.
  func cells(depth: Int, source: String) throws -> (count: Int, places: [Int]) {
    let cells = (0..<depth).reduce(1.0) { cells, _ in cells * Double(vocabularySize) }
    guard cells <= Double(1 << 28) else {
      throw InputError(
        .unsupported, source, expected: "a dense table of at most 2²⁸ cells",
        found: "\(vocabularySize) to the power of \(depth)", remedy: "make fewer levels dense (--dense-levels)")
    }
    let level = trie.levels[depth - 1]
    return (
      Int(cells),
      (0..<level.count).map { node in
        trie.codes(at: Int(level.starts[node])).prefix(depth).enumerated().reduce(0) { place, code in
          place * vocabularySize + Int(token(code.offset, code.element))
        }
      }
    )
  }
}
