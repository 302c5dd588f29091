import Formats
import Vectors

/// Attributes of the items that a segment is made of.
struct ItemAttributes {
  var columns: [AttributeTable.Column]
  /// For the item of each row, its row in the columns; nil where it has none.
  var places: [Int?]

  /// Joins a table to items by their ids or, where they have none, by their row numbers.
  init(_ table: AttributeTable, ids: StringColumn?, count: Int) throws {
    try table.check()
    let known = try ItemIDs(table.ids, source: table.source)
    columns = table.columns
    places = ids.map { $0.map { known.row(of: $0) } } ?? (0..<count).map { known.row(of: String($0)) }
    guard count == 0 || table.ids.isEmpty || places.contains(where: { $0 != nil }) else {
      throw InputError(
        .mismatch, table.source, expected: "attributes of the items, such as \"\(ids?[0] ?? "0")\"",
        found: "none of them, but \"\(table.ids[0])\"", remedy: "check that both files name items alike")
    }
  }

  /// The attributes as a segment keeps them: O(N log N).
  func columns(over trie: CodeTrie, pool: ThreadPool) -> [AttributeColumn] {
    let rows = (0..<trie.count).map { places[Int(trie.rows[$0])] }
    var indexed = [AttributeColumn?](repeating: nil, count: columns.count)
    indexed.withUnsafeMutableBufferPointer { indexed in
      pool.run(tasks: columns.count) { column in
        indexed[column] = AttributeColumn(name: columns[column].name, columns[column].values, rows: rows)
      }
    }
    return indexed.compactMap(\.self)
  }
}
