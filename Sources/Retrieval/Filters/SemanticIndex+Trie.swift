import Vectors

extension SemanticIndex {
  /// The trie of the items that a filter allows: IDs that a constraint of decoding may be compiled from.
  ///
  /// - Throws: `InputError` for a filter of another index.
  public func trie(allowing filter: ItemFilter) throws -> CodeTrie {
    let parts = try searched(filter)
    let trie = trie
    if let single { return trie.filtered(by: parts[0].mask ?? ItemMask(capacity: single.count, repeating: true)) }
    return trie.filtered(
      by: ItemMask(capacity: trie.count) { position in
        let row = Int(trie.rows[position])
        let part = parts[segment(ofRow: row)]
        return part.mask?.contains(Int(part.trie.positions[row - part.base])) ?? true
      })
  }
}
