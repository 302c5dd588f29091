import Vectors

/// The order of the IDs that an expansion found: see `CandidateSet.entries`.
enum CandidateOrder {
  case prefix, differing, distance
}

extension SemanticIndex {
  /// Brings the finds of all segments into one order, and takes entries until the budget is filled.
  func candidates(
    _ found: [[NodePaths.Mark]], _ searched: [SearchedSegment], _ budget: Int, by order: CandidateOrder
  ) -> CandidateSet {
    let last = levelSizes.count - 1
    var all = found.enumerated().flatMap { segment, marks in marks.map { (segment: segment, mark: $0) } }
    // The finds of one segment already stand in the order by prefix.
    if order != .prefix || searched.count > 1 {
      all.sort { a, b in
        if order != .prefix, a.mark.differing != b.mark.differing { return a.mark.differing < b.mark.differing }
        if order == .distance, a.mark.distance != b.mark.distance { return a.mark.distance < b.mark.distance }
        if a.mark.prefix != b.mark.prefix { return a.mark.prefix > b.mark.prefix }
        if a.segment == b.segment { return a.mark.node < b.mark.node }
        let other = comparison(a.segment, Int(a.mark.node), b.segment, Int(b.mark.node))
        return other == 0 ? a.segment < b.segment : other < 0
      }
    }
    var entries: [CandidateSet.Entry] = []
    entries.reserveCapacity(all.count)
    var count = 0
    for (segment, mark) in all {
      if count >= budget {
        // The last ID is whole, in whichever segments its items are.
        guard searched.count > 1, let before = entries.last,
          comparison(before.segment, before.node, segment, Int(mark.node)) == 0
        else { break }
      }
      let items = searched[segment].trie.items(of: .init(level: last, index: Int(mark.node)))
      count += searched[segment].mask?.count(in: items) ?? items.count
      entries.append(
        .init(
          segment: segment, node: Int(mark.node), items: items, prefix: Int(mark.prefix),
          differing: Int(mark.differing), distance: order == .distance ? mark.distance : nil))
    }
    return CandidateSet(
      entries: entries, count: count, masks: searched.map(\.mask), isInCatalogue: all.first?.mark.differing == 0,
      budgetExhausted: entries.count < all.count)
  }

  /// Compares the IDs of two nodes of the last level: below, at or above 0.
  private func comparison(_ segment: Int, _ node: Int, _ other: Int, _ otherNode: Int) -> Int {
    let levels = levelSizes.count
    let (a, b) = (segments[segment].trie, segments[other].trie)
    let start = Int(a.levels[levels - 1].starts[node]) * levels
    let otherStart = Int(b.levels[levels - 1].starts[otherNode]) * levels
    for level in 0..<levels {
      let (x, y) = (a.codes[start + level], b.codes[otherStart + level])
      if x != y { return x < y ? -1 : 1 }
    }
    return 0
  }
}
