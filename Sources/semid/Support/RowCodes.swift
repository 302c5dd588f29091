import SemanticID

/// Codes of embeddings' rows, from a file of any form that encode and resolve write.
enum RowCodes {
  /// The codes of each row of `set`: by item id where both files name items, by place where they do not.
  ///
  /// - Throws: `InputError` when the file has codes of other items, or some that `levelSizes` do not allow.
  static func read(
    _ path: String, levelSizes: [Int], of set: EmbeddingSet, pool: ThreadPool
  ) throws -> Codes {
    let table = try CodesTable(opening: path, levelSizes: levelSizes, pool: pool)
    guard table.codes.count == set.count else {
      throw InputError(
        .mismatch, path, expected: "codes of \(Text.count(set.count)) items, as many as \(set.source) has",
        found: Text.count(table.codes.count), remedy: "encode these embeddings")
    }
    guard let ids = table.ids, let wanted = set.ids, ids.indices.contains(where: { ids[$0] != wanted[$0] }) else {
      return table.codes
    }
    let places = try ItemIDs(ids, source: path)
    let levels = levelSizes.count
    let values = try Buffer<UInt16>(count: set.count * levels) { values in
      for row in wanted.indices {
        guard let place = places.row(of: wanted[row]) else {
          throw InputError(
            .mismatch, path, expected: "codes of \"\(wanted[row])\", row \(row) (from 0) of \(set.source)",
            found: "none", remedy: "encode these embeddings")
        }
        for level in 0..<levels { values[row * levels + level] = table.codes[place][level] }
      }
    }
    return try Codes(levelSizes: levelSizes, values: values, source: path)
  }
}
