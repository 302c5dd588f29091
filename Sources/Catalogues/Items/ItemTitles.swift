package import Formats
import Vectors

/// Titles of items, found by id.
package struct ItemTitles: Sendable {
  private let titles: StringColumn
  private let rows: [String: Int]
  /// The columns that were read, and what they lack.
  package let summary: InputSummary

  package init(_ items: ItemTable) {
    titles = items.titles
    rows = Dictionary(uniqueKeysWithValues: items.ids.enumerated().map { ($1, $0) })
    summary = items.summary
  }

  /// Empty for an item that has none.
  package subscript(id: String) -> String { rows[id].map { titles[$0] } ?? "" }
}
