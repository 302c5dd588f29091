import SemanticID

/// Titles of items, by id.
struct ItemTitles {
  private let ids: ItemIDs
  private let titles: StringColumn

  /// Reads `.parquet` (a column of ids and one called `title`) or JSON lines (`id` or `item_id` and `title`, or those of
  /// Amazon Reviews 2023).
  init(path: String) throws {
    let column: StringColumn
    if path.lowercased().hasSuffix(".parquet") {
      let file = try ParquetFile(path: path)
      column = try Identifiers.read(file)
      titles = try file.strings("title", nullsAreEmpty: true)
    } else {
      let catalogue = try Self.catalogue(path)
      column = catalogue.ids
      titles = catalogue.titles
    }
    ids = try ItemIDs(column, source: path)
  }

  private static func catalogue(_ path: String) throws -> Catalogue {
    var first: InputError?
    for keys in [JSONLinesCatalogue.Keys(), .init(id: "item_id"), .amazonReviews2023] {
      do {
        return try JSONLinesCatalogue.read(path: path, keys: keys)
      } catch let error as InputError {
        guard error.kind == .malformed else { throw error }
        first = first ?? error
      }
    }
    throw first ?? InputError(.malformed, path, expected: "items", found: "none")
  }

  /// Empty for an item that has none.
  subscript(id: String) -> String { ids.row(of: id).map { titles[$0] } ?? "" }
}
