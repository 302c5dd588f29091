package import Formats
package import Vectors

/// Titles of items and further columns of text, brought to the order of their vectors.
package struct CatalogueTexts: Sendable {
  package struct Column: Sendable {
    package let name: String
    package let texts: StringColumn
  }

  /// An element for each vector; empty where an item has no title.
  package let titles: StringColumn
  package let others: [Column]
  /// The columns that were read, and the vectors that have no row.
  package let summary: InputSummary

  /// Reads a table of items, and finds the row of each vector: by id, or by number where vectors have no ids.
  ///
  /// - Parameters:
  ///   - columns: names of further columns; text, whole numbers or lists of text.
  /// - Throws: `InputError` for a column that is not there, where no vector has a row, and where vectors without ids are not
  ///   as many as rows.
  package init(
    opening path: String, names: ItemTable.Names = .init(), columns: [String] = [], for set: EmbeddingSet,
    pool: ThreadPool = ThreadPool()
  ) throws {
    let table = try DataTable(opening: path, pool: pool)
    for name in columns where !table.has(name) {
      throw InputError(
        .missing, path, at: "column \"\(name)\"", found: "no such column", remedy: "it has \(table.listing)")
    }
    let items = try ItemTable(
      table, id: table.name(.itemIDs, named: names.id, flag: "--items-ids"),
      title: table.name(.titles, named: names.title, flag: "--items-titles"))
    var summary = items.summary
    let rows = try Self.rows(items, set, &summary)
    func ordered(_ column: StringColumn) -> StringColumn {
      guard rows.enumerated().contains(where: { $0 != $1 }) || rows.count != column.count else { return column }
      var builder = StringColumnBuilder(rows: rows.count, bytes: column.bytes.count)
      for row in rows {
        if row >= 0 { column.withUTF8(at: row) { builder.bytes.append(contentsOf: $0) } }
        builder.endRow()
      }
      return builder.column()
    }
    titles = ordered(items.titles)
    others = zip(columns, try table.texts(columns)).map { Column(name: $0, texts: ordered($1.texts)) }
    self.summary = summary
  }

  /// The row of each vector; −1 for none.
  private static func rows(_ items: ItemTable, _ set: EmbeddingSet, _ summary: inout InputSummary) throws -> [Int] {
    guard let ids = set.ids else {
      guard items.count == set.count else {
        throw InputError(
          .mismatch, items.source,
          expected: "\(set.count) items, one for each vector of \(set.source), which has no ids",
          found: "\(items.count)", remedy: "name the vectors' ids with --ids")
      }
      return Array(0..<items.count)
    }
    let places = StringTable(items.ids)
    let rows = ids.indices.map { row in ids.withUTF8(at: row) { places.find($0) } ?? -1 }
    guard let first = rows.firstIndex(of: -1) else { return rows }
    let missing = rows.count { $0 < 0 }
    guard missing < rows.count else {
      throw InputError(
        .mismatch, items.source, expected: "the items of \(set.source), such as \"\(ids[0])\"",
        found: "others, such as \"\(items.ids[0])\"",
        remedy: "name the column with these ids with --items-ids, or the vectors' ids with --ids")
    }
    summary.warn(
      "\(items.source): \(missing) of \(rows.count) vectors have no row there, \"\(ids[first])\" for one; "
        + "they have no title")
    return rows
  }
}
