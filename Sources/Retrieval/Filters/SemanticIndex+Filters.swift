public import Vectors

extension SemanticIndex {
  /// A filter that allows the items of `rows`. Rows of deleted items may be among them, and are never found.
  ///
  /// - Throws: `InputError` naming the first number that is no row of this index.
  public func filter(rows: some Sequence<Int>) throws -> ItemFilter {
    try filter { allow in
      for row in rows {
        guard row >= 0, row < rowLimit else {
          throw InputError(
            .mismatch, "filter", expected: "rows below \(rowLimit), those of \(path)", found: "\(row)")
        }
        allow(row)
      }
    }
  }

  /// A filter that allows the items with these ids.
  ///
  /// - Returns: the filter, and how many of the ids no item has.
  public func filter(ids: some Sequence<String>) -> (filter: ItemFilter, unknown: Int) {
    var unknown = 0
    let filter = filter { allow in
      for id in ids {
        if let row = row(id: id) { allow(row) } else { unknown += 1 }
      }
    }
    return (filter, unknown)
  }

  /// A filter that allows the items of the rows for which `isAllowed` holds.
  public func filter(pool: ThreadPool = ThreadPool(), where isAllowed: (_ row: Int) -> Bool) -> ItemFilter {
    ItemFilter(
      masks: segments.map { segment in
        ItemMask(capacity: segment.count, pool: pool) { position in
          isAllowed(segment.firstRow + Int(segment.trie.rows[position]))
        }
      })
  }

  /// How many items a filter allows that are not deleted.
  ///
  /// - Throws: `InputError` for a filter of another index.
  public func count(under filter: ItemFilter) throws -> Int { try searched(filter).reduce(0) { $0 + $1.count } }

  /// - Parameter body: calls the function that it is given with every allowed row; all are below `rowLimit`.
  private func filter(_ body: ((Int) -> Void) throws -> Void) rethrows -> ItemFilter {
    var words = segments.map { [UInt64](repeating: 0, count: ItemMask.wordCount(capacity: $0.count)) }
    try body { row in
      let number = segment(ofRow: row)
      let position = Int(segments[number].trie.positions[row - segments[number].firstRow])
      words[number][position >> 6] |= 1 << UInt64(position & 63)
    }
    return ItemFilter(
      masks: zip(segments, words).map { segment, words in
        ItemMask(capacity: segment.count) { target in
          for word in target.indices { target[word] = words[word] }
        }
      })
  }
}
