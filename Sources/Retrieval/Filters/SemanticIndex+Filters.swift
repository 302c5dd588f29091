public import Vectors

extension SemanticIndex {
  /// A filter that allows the items of `rows`.
  ///
  /// - Throws: `InputError` naming the first number that is no row of this index.
  public func filter(rows: some Sequence<Int>) throws -> ItemFilter {
    try ItemFilter(masks: [
      ItemMask(capacity: count) { words in
        for row in rows {
          guard row >= 0, row < count else {
            throw InputError(
              .mismatch, "filter", expected: "rows below \(count), those of \(path)", found: "\(row)")
          }
          let position = Int(trie.positions[row])
          words[position >> 6] |= 1 << UInt64(position & 63)
        }
      }
    ])
  }

  /// A filter that allows the items with these ids.
  ///
  /// - Returns: the filter, and how many of the ids no item has.
  public func filter(ids: some Sequence<String>) -> (filter: ItemFilter, unknown: Int) {
    var unknown = 0
    let mask = ItemMask(capacity: count) { words in
      for id in ids {
        guard let row = row(id: id) else {
          unknown += 1
          continue
        }
        let position = Int(trie.positions[row])
        words[position >> 6] |= 1 << UInt64(position & 63)
      }
    }
    return (ItemFilter(masks: [mask]), unknown)
  }

  /// A filter that allows the items of the rows for which `isAllowed` holds.
  public func filter(pool: ThreadPool = ThreadPool(), where isAllowed: (_ row: Int) -> Bool) -> ItemFilter {
    ItemFilter(masks: [ItemMask(capacity: count, pool: pool) { isAllowed(Int(trie.rows[$0])) }])
  }

  /// The mask of a filter over this index's positions.
  ///
  /// - Throws: `InputError` for a filter of another index.
  func mask(of filter: ItemFilter?) throws -> ItemMask? {
    guard let filter else { return nil }
    guard let mask = filter.masks.first, filter.masks.count == 1, mask.capacity == count else {
      throw InputError(
        .mismatch, "filter", expected: "a filter of \(count) items, made by \(path)",
        found: "one of \(filter.masks.reduce(0) { $0 + $1.capacity })")
    }
    return mask
  }
}
