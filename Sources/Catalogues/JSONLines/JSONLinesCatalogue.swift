import Foundation
import Formats
import Vectors

/// A catalogue from a file of JSON lines: one object per line, UTF-8, blank lines allowed; a title may be missing.
///
///     {"id": "B01", "title": "Enamel kettle", "section": "kitchen", "tags": ["steel", "2 litres"]}
///
/// `Keys` says which members hold what, so files of other makers need no conversion.
package enum JSONLinesCatalogue {
  /// The members to read; nil leaves a column out. Only the id and the title must be there.
  ///
  /// An id is a string or an integer. Other members are strings, numbers, lists of them (joined by commas) or null.
  package struct Keys: Hashable, Sendable {
    package var id: String
    package var title: String
    package var description: String?
    package var section: String?
    package var tags: String?

    package init(
      id: String = "id", title: String = "title", description: String? = "description", section: String? = "section",
      tags: String? = "tags"
    ) {
      self.id = id
      self.title = title
      self.description = description
      self.section = section
      self.tags = tags
    }

    /// The item files (`meta_*.jsonl`) of Amazon Reviews 2023.
    package static let amazonReviews2023 = Keys(id: "parent_asin", section: "main_category", tags: "categories")
  }

  /// Reads `.jsonl`, also as `.gz`, or any other file that `DataTable` opens.
  ///
  /// - Parameter name: what the items are; by default the file's name.
  /// - Throws: `InputError` with the line when one is not an object, lacks an id, has a member of another type, or repeats
  ///   an id; or when the file holds no item, or no title at all.
  package static func read(path: String, keys: Keys = Keys(), name: String? = nil) throws -> Catalogue {
    try catalogue(DataTable(opening: path), keys, name ?? URL(fileURLWithPath: path).lastPathComponent)
  }

  /// Reads from memory; `source` names the bytes in errors.
  package static func read(_ bytes: UnsafeRawBufferPointer, source: String, keys: Keys = Keys(), name: String) throws
    -> Catalogue
  {
    try catalogue(DataTable(Buffer(bytes), format: "jsonl", source: source), keys, name)
  }

  private static func catalogue(_ table: DataTable, _ keys: Keys, _ name: String) throws -> Catalogue {
    guard table.rows > 0 else {
      throw InputError(.malformed, table.path, expected: "one JSON object a line", found: "no line with one")
    }
    for key in [keys.id, keys.title] where !table.has(key) {
      throw InputError(
        .malformed, table.path, at: table.place(0), expected: "a member \"\(key)\"", found: "none",
        remedy: "it has \(table.listing)")
    }
    func there(_ key: String?) -> String? { key.flatMap { table.has($0) ? $0 : nil } }
    // One member may be both, as in Amazon's files; each is read by itself.
    let items = try ItemTable(
      table, id: keys.id, title: keys.title, description: there(keys.description), categories: there(keys.section),
      tags: there(keys.tags))
    return Catalogue(
      name: name, ids: items.ids, titles: items.titles, descriptions: items.descriptions, sections: items.categories,
      tags: items.tags)
  }
}
