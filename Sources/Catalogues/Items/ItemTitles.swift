package import Formats
import Vectors

/// Titles of items, found by id.
package struct ItemTitles: Sendable {
  private let titles: StringColumn
  /// By the bytes of ids: Swift takes texts for equal that Unicode normalization alone tells apart.
  private let rows: StringTable
  /// The columns that were read, and what they lack.
  package let summary: InputSummary

  package init(_ items: ItemTable) {
    titles = items.titles
    rows = StringTable(items.ids)
    summary = items.summary
  }

  /// Empty for an item that has none.
  package subscript(id: String) -> String { rows.find(id).map { titles[$0] } ?? "" }
}
