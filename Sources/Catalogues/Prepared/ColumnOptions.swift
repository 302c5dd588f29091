import Formats
package import Interactions
import Vectors

/// Which columns of tables hold what; nil: the first known name that the table has.
package struct ColumnOptions: Hashable, Sendable {
  package var user: String?
  package var item: String?
  /// Of interactions; `none`: their order is that of their rows.
  package var time: String?
  package var rating: String?
  /// The items' ids in the table of items.
  package var itemID: String?
  package var title: String?
  package var description: String?
  package var brand: String?
  package var categories: String?
  /// The unit of times that do not say theirs; nil: told by their size.
  package var timeUnit: TimeUnit?

  /// What stands for a column of times that there is not.
  package static let noTime = "none"

  package init() {}

  var hasNoTime: Bool { time == Self.noTime }
}

extension KnownNames {
  static let ratings = KnownNames("ratings", "the rating of each interaction", ["rating", "overall", "stars", "score"])

  /// Prepared items take more names than other readers, since what was taken is told and the result can be looked at.
  static let preparedTitles = KnownNames(
    "titles", "the title of each item", titles.names + ["movie_title", "item_name", "name"])

  static let preparedCategories = KnownNames(
    "categories", "the categories of each item", categories.names + ["category", "genres", "genre", "class"])
}

/// Which of a table's columns are the five that all items have, and which are written behind them.
struct ItemColumns {
  let id: String
  let title: String?
  let description: String?
  let brand: String?
  let categories: String?
  /// The other columns, and their names in `items.parquet`, which must not be one of the five.
  let more: [(name: String, written: String)]

  /// - Parameters:
  ///   - names: the columns of the table.
  ///   - pick: finds a column by meaning; nil where there is none.
  /// - Throws: `InputError` when a column is named and not there, or no column holds ids.
  init(_ names: [String], _ options: ColumnOptions, source: String) throws {
    func pick(_ known: KnownNames, _ asked: String?, _ flag: String) throws -> String? {
      guard let asked else { return known.first(in: names) }
      guard names.contains(asked) else {
        throw InputError(
          .missing, source, at: "column \"\(asked)\"", found: "no such column",
          remedy: "it has \(names.joined(separator: ", ")); \(flag) names one of them")
      }
      return asked
    }
    guard let id = try pick(.itemIDs, options.itemID, "--item-id-column") else {
      throw InputError(
        .missing, source, expected: "the id of each item under a known name: \(KnownNames.itemIDs.listing)",
        found: names.joined(separator: ", "), remedy: "name the column with --item-id-column")
    }
    self.id = id
    title = try pick(.preparedTitles, options.title, "--title-column")
    description = try pick(.descriptions, options.description, "--description-column")
    brand = try pick(.brands, options.brand, "--brand-column")
    categories = try pick(.preparedCategories, options.categories, "--categories-column")
    let taken = Set([id, title, description, brand, categories].compactMap(\.self))
    more = names.filter { !taken.contains($0) }.map { name in
      (name, ItemSchema.texts.contains(name) ? "source_" + name : name)
    }
  }

  /// The five columns, in their order; nil where the table has none.
  var five: [String?] { [id, title, description, brand, categories] }

  func tell(_ summary: inout InputSummary) {
    summary.use(.itemIDs, id)
    for (known, name) in [
      (KnownNames.preparedTitles, title), (.descriptions, description), (.brands, brand),
      (.preparedCategories, categories),
    ] { if let name { summary.use(known, name) } }
    if !more.isEmpty { summary.use("more about items", more.map(\.name).joined(separator: ", ")) }
  }
}
