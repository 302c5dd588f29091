package import Vectors

/// The items that get semantic IDs, as columns: one id and one title each, and what else is known of them.
///
/// Item `i` is element `i` of every column, and row `i` of the embeddings made from it.
package struct Catalogue: Sendable {
  /// What the items are, for people: `Debian packages`.
  package let name: String
  /// Unique.
  package let ids: StringColumn
  package let titles: StringColumn
  /// Longer texts; empty where an item has none.
  package let descriptions: StringColumn?
  /// One label per item: the shelf it stands on. Empty where an item has none.
  package let sections: StringColumn?
  /// Labels separated by commas; empty where an item has none.
  package let tags: StringColumn?

  /// - Precondition: every column has as many elements as `ids`, and the ids differ.
  package init(
    name: String, ids: StringColumn, titles: StringColumn, descriptions: StringColumn? = nil,
    sections: StringColumn? = nil, tags: StringColumn? = nil
  ) {
    for column in [titles, descriptions, sections, tags] {
      precondition(column.map { $0.count == ids.count } ?? true, "every column needs an element for each item")
    }
    self.name = name
    self.ids = ids
    self.titles = titles
    self.descriptions = descriptions
    self.sections = sections
    self.tags = tags
  }

  /// Number of items.
  package var count: Int { ids.count }

  /// The columns that say what an item is about, each with the weight its words deserve beside the others'.
  ///
  /// Ids are among them only where they are words, as the names of Debian packages are.
  package var texts: [(text: StringColumn, weight: Float)] {
    var texts: [(text: StringColumn, weight: Float)] = [(titles, 1)]
    if idsAreWords { texts.append((ids, 1)) }
    if let sections { texts.append((sections, 0.25)) }
    if let tags { texts.append((tags, 0.5)) }
    if let descriptions { texts.append((descriptions, 0.5)) }
    return texts
  }

  /// Whether the ids are names that say something (`python3-numpy`), not numbers or keys.
  package var idsAreWords = false
}
