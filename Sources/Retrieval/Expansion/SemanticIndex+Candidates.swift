import Tokenizers
import Vectors

extension SemanticIndex {
  /// The IDs around `id`, which need not be the ID of any item.
  ///
  /// - Parameters:
  ///   - id: a code for every level.
  ///   - budget: items wanted: entries are taken in their order until they hold that many; the last one is whole.
  ///   - filter: the items that may be found; IDs without any are left out, and the budget counts these alone.
  /// - Throws: `InputError` when `id` is no ID of this index's levels, when the expansion's parameter cannot be, when
  ///   it needs codewords and the index has none, or for a filter of another index.
  /// - Complexity: see `Expansion`; `hamming(1)` takes O(Σ branches on the way), some microseconds on a million items.
  public func candidates(
    around id: [UInt16], by expansion: Expansion, budget: Int = .max, filter: ItemFilter? = nil
  ) throws -> CandidateSet {
    let mask = try mask(of: filter)
    let sizes = trie.levelSizes
    guard id.count == sizes.count, zip(id, sizes).allSatisfy({ Int($0) < $1 }) else {
      throw InputError(
        .usage, "semantic ID \(TokenFormat.plain().text(for: id))", expected: "codes below \(sizes), one a level",
        found: "\(id.count)")
    }
    switch expansion {
    case .exact:
      return candidates(
        HammingExpansion(lists: lists, mask: mask, id: id).matches(radius: 0), budget, mask, byDistance: false)
    case .prefix:
      return candidates(PrefixExpansion(trie: trie, mask: mask, id: id).matches(budget: budget), budget, mask)
    case .hamming(let radius):
      guard radius >= 0 else { throw Self.unusable("hamming", "a radius of 0 or more", radius) }
      return candidates(
        HammingExpansion(lists: lists, mask: mask, id: id).matches(radius: radius), budget, mask, byDistance: false)
    case .perLevel(let width):
      return candidates(try codewords("perLevel", id, width, mask).perLevel(), budget, mask, byDistance: true)
    case .product(let width):
      return candidates(try codewords("product", id, width, mask).product(), budget, mask, byDistance: true)
    }
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
    let mask = try mask(of: filter)
    let sizes = trie.levelSizes
    guard pattern.count == sizes.count, zip(pattern, sizes).allSatisfy({ Int($0 ?? 0) < $1 }) else {
      throw InputError(
        .usage, "pattern", expected: "codes below \(sizes) or none, one a level",
        found: pattern.map { $0.map { String($0) } ?? "*" }.joined(separator: "-"))
    }
    let prefix = pattern.prefix { $0 != nil }.count
    let found = PatternMatch(lists: lists, mask: mask, pattern: pattern).nodes().map {
      NodePaths.Mark(node: $0, prefix: UInt16(truncatingIfNeeded: prefix), differing: 0, distance: 0)
    }
    return candidates(found, budget, mask)
  }

  private func codewords(
    _ name: String, _ id: [UInt16], _ width: Int, _ mask: ItemMask?
  ) throws -> CodewordExpansion {
    guard width >= 1 else { throw Self.unusable(name, "1 codeword or more", width) }
    guard let codebooks else {
      throw InputError(
        .unsupported, path, expected: "an index with codebooks", found: "one without",
        remedy: "build it with the model's codebooks, or widen by prefix or Hamming distance")
    }
    return CodewordExpansion(trie, mask: mask, codebooks: codebooks, id: id, width: width)
  }

  private static func unusable(_ name: String, _ expected: String, _ found: Int) -> InputError {
    InputError(.usage, "expansion \(name)", expected: expected, found: "\(found)")
  }

  /// Puts what was found in order: see `CandidateSet.entries`.
  private func candidates(
    _ found: [NodePaths.Mark], _ budget: Int, _ mask: ItemMask?, byDistance: Bool
  ) -> CandidateSet {
    candidates(
      found.sorted { a, b in
        if a.differing != b.differing { return a.differing < b.differing }
        if byDistance, a.distance != b.distance { return a.distance < b.distance }
        return a.prefix != b.prefix ? a.prefix > b.prefix : a.node < b.node
      }, budget, mask, hasDistances: byDistance)
  }

  /// Takes what was found, in its order, until the budget is filled.
  private func candidates(
    _ found: [NodePaths.Mark], _ budget: Int, _ mask: ItemMask?, hasDistances: Bool = false
  ) -> CandidateSet {
    let last = trie.levels.count - 1
    var entries: [CandidateSet.Entry] = []
    entries.reserveCapacity(found.count)
    var count = 0
    for mark in found where count < budget {
      let items = trie.items(of: .init(level: last, index: Int(mark.node)))
      count += mask?.count(in: items) ?? items.count
      entries.append(
        .init(
          node: Int(mark.node), items: items, prefix: Int(mark.prefix), differing: Int(mark.differing),
          distance: hasDistances ? mark.distance : nil))
    }
    return CandidateSet(
      entries: entries, count: count, mask: mask, isInCatalogue: found.first?.differing == 0,
      budgetExhausted: entries.count < found.count)
  }
}
