import Tokenizers
import Vectors

extension SemanticIndex {
  /// The IDs around `id`. No item need have `id` itself.
  ///
  /// - Parameters:
  ///   - id: one code per level.
  ///   - budget: items wanted. Entries are taken in their order until they hold that many; the last one is whole.
  ///   - filter: the items that may be found. IDs without any are left out, and the budget counts these items alone.
  /// - Throws: `InputError` when `id` is no ID of this index's levels, when the expansion's parameter is out of range,
  ///   when the expansion needs codewords and the index has none, or for a filter of another index.
  /// - Complexity: see `Expansion`; `hamming(1)` takes O(Σ branches on the way), some microseconds on a million items.
  public func candidates(
    around id: [UInt16], by expansion: Expansion, budget: Int = .max, filter: ItemFilter? = nil
  ) throws -> CandidateSet {
    let searched = try searched(filter)
    let sizes = levelSizes
    guard id.count == sizes.count, zip(id, sizes).allSatisfy({ Int($0) < $1 }) else {
      throw InputError(
        .usage, "semantic ID \(TokenFormat.plain().text(for: id))", expected: "codes below \(sizes), one a level",
        found: "\(id.count)")
    }
    switch expansion {
    case .exact: return candidates(around: id, radius: 0, searched, budget)
    case .prefix:
      let found = searched.map { PrefixExpansion(trie: $0.trie, mask: $0.mask, id: id).matches(budget: budget) }
      return candidates(found, searched, budget, by: .prefix)
    case .hamming(let radius):
      guard radius >= 0 else { throw Self.unusable("hamming", "a radius of 0 or more", radius) }
      return candidates(around: id, radius: radius, searched, budget)
    case .perLevel(let width):
      let words = try codewords("perLevel", id, width)
      return candidates(searched.map { words.perLevel($0.trie, $0.mask) }, searched, budget, by: .distance)
    case .product(let width):
      let words = try codewords("product", id, width)
      return candidates(searched.map { words.product($0.trie, $0.mask) }, searched, budget, by: .distance)
    }
  }

  private func candidates(
    around id: [UInt16], radius: Int, _ searched: [SearchedSegment], _ budget: Int
  ) -> CandidateSet {
    let found = searched.map {
      HammingExpansion(lists: $0.opened.lists, mask: $0.mask, id: id).matches(radius: radius)
    }
    return candidates(found, searched, budget, by: .differing)
  }

  /// The IDs that have the codes of `pattern`, where nil stands for any, in ID order.
  ///
  /// - Parameters:
  ///   - budget: items wanted, as above.
  ///   - filter: the items that may be found, as above.
  /// - Throws: `InputError` when the pattern has codes that no ID of this index can have, or for a filter of another
  ///   index.
  public func candidates(
    matching pattern: [UInt16?], budget: Int = .max, filter: ItemFilter? = nil
  ) throws -> CandidateSet {
    let searched = try searched(filter)
    let sizes = levelSizes
    guard pattern.count == sizes.count, zip(pattern, sizes).allSatisfy({ Int($0 ?? 0) < $1 }) else {
      throw InputError(
        .usage, "pattern", expected: "codes below \(sizes) or none, one a level",
        found: pattern.map { $0.map { String($0) } ?? "*" }.joined(separator: "-"))
    }
    let prefix = pattern.prefix { $0 != nil }.count
    let found = searched.map { segment in
      PatternMatch(lists: segment.opened.lists, mask: segment.mask, pattern: pattern).nodes().map {
        NodePaths.Mark(node: $0, prefix: UInt16(truncatingIfNeeded: prefix), differing: 0, distance: 0)
      }
    }
    return candidates(found, searched, budget, by: .prefix)
  }

  private func codewords(_ name: String, _ id: [UInt16], _ width: Int) throws -> CodewordExpansion {
    guard width >= 1 else { throw Self.unusable(name, "1 codeword or more", width) }
    guard let codebooks else {
      throw InputError(
        .unsupported, path, expected: "an index with codebooks", found: "one without",
        remedy: "build it with the model's codebooks, or widen by prefix or Hamming distance")
    }
    return CodewordExpansion(codebooks: codebooks, id: id, width: width)
  }

  private static func unusable(_ name: String, _ expected: String, _ found: Int) -> InputError {
    InputError(.usage, "expansion \(name)", expected: expected, found: "\(found)")
  }

}

extension SemanticIndex {
  /// The codes of an entry's ID.
  public func codes(of entry: CandidateSet.Entry) -> [UInt16] {
    segments[entry.segment].trie.codes(at: entry.items.lowerBound)
  }

  /// Rows of an entry's items, ascending.
  package func rows(of entry: CandidateSet.Entry, in set: CandidateSet) -> [Int] {
    let segment = segments[entry.segment]
    return set.positions(of: entry).map { segment.firstRow + Int(segment.trie.rows[$0]) }
  }

  /// Rows of the items, in the order of the entries.
  public func rows(of set: CandidateSet) -> [Int] {
    var found: [Int] = []
    found.reserveCapacity(set.count)
    // Fetched once per segment, and not once per entry.
    var segment: (number: Int, first: Int, rows: Buffer<UInt32>) = (-1, 0, Buffer([]))
    for entry in set.entries {
      if entry.segment != segment.number {
        segment = (entry.segment, segments[entry.segment].firstRow, segments[entry.segment].trie.rows)
      }
      guard set.masks[entry.segment] == nil else {
        found += rows(of: entry, in: set)
        continue
      }
      for position in entry.items { found.append(segment.first + Int(segment.rows[position])) }
    }
    return found
  }
}
