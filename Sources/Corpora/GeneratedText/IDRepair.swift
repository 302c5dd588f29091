package import Retrieval

/// Which ID counts as nearest.
package enum IDRepair: String, Hashable, Sendable, CaseIterable {
  /// The longest common prefix, then ID order.
  case prefix
  /// The fewest differing levels, at most two, wherever these are; then as `prefix`.
  case hamming
}

extension SemanticIndex {
  /// The ID of the catalogue that is nearest to a mention; nil where none has anything in common with it.
  ///
  /// Levels that are missing, or are behind a fault, may have any code.
  ///
  /// - Returns: its codes and the positions of its items in `trie`.
  package func nearest(to mention: IDMention, by rule: IDRepair) throws -> (codes: [UInt16], items: Range<Int>)? {
    let read = mention.codes
    guard !read.isEmpty, count > 0 else { return nil }
    if rule == .hamming {
      if read.count == trie.levels.count {
        for radius in 1...2 {
          if let entry = try candidates(around: read, by: .hamming(radius), budget: 1).entries.first {
            return found(codes(of: entry))
          }
        }
      } else {
        let open = [UInt16?](repeating: nil, count: trie.levels.count - read.count)
        if let entry = try candidates(matching: read + open, budget: 1).entries.first {
          return found(codes(of: entry))
        }
      }
    }
    guard let known = read.indices.last(where: { trie.node(prefix: read[...$0]) != nil }) else { return nil }
    return found(trie.codes(at: trie.items(prefix: read[...known]).lowerBound))
  }

  private func found(_ codes: [UInt16]) -> (codes: [UInt16], items: Range<Int>) { (codes, trie.items(prefix: codes)) }
}
