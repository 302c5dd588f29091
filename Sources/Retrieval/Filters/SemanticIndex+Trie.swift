import Vectors

extension SemanticIndex {
  /// The trie of the items that a filter allows. A constraint of decoding may be compiled from it.
  ///
  /// - Throws: `InputError` for a filter of another index.
  package func trie(allowing filter: ItemFilter) throws -> CodeTrie {
    let searched = try searched(filter)
    let trie = trie
    if let single { return trie.filtered(by: searched[0].mask ?? ItemMask(capacity: single.count, repeating: true)) }
    return trie.filtered(
      by: ItemMask(capacity: trie.count) { position in
        let row = Int(trie.rows[position])
        let found = searched[segment(ofRow: row)]
        return found.mask?.contains(Int(found.trie.positions[row - found.base])) ?? true
      })
  }
}
