package import Formats
package import Vectors

/// What people know of their items: ids, titles and more, from any file that `DataTable` opens.
///
/// Row `i` of every column is the same item. Values that are missing are empty texts, and a missing title is counted.
public struct ItemTable: Sendable {
  /// The columns to read; nil: the first known name that the file has.
  public struct Names: Hashable, Sendable {
    /// The column with the item ids.
    public var id: String?
    /// The column with the titles.
    public var title: String?

    /// Names both columns, one or none of them.
    public init(id: String? = nil, title: String? = nil) {
      self.id = id
      self.title = title
    }
  }

  package let source: String
  /// All different.
  package let ids: StringColumn
  package let titles: StringColumn
  package let descriptions: StringColumn?
  package let brands: StringColumn?
  /// Lists have commas between their elements.
  package let categories: StringColumn?
  package let tags: StringColumn?
  /// Items whose title is null, not there, or empty.
  package let itemsWithoutTitle: Int
  /// The columns that were read, and what they lack.
  package let summary: InputSummary

  package var count: Int { ids.count }

  /// Opens `.parquet`, a folder of such, `.csv`, `.tsv`, `.jsonl` or `.json`; the texts also as `.gz`.
  ///
  /// - Throws: `InputError` that lists the columns where no id or title has a known name, and that names the row of an id
  ///   that is missing or repeated.
  package init(opening path: String, names: Names = Names(), pool: ThreadPool = ThreadPool()) throws {
    try self.init(DataTable(opening: path, pool: pool), names: names)
  }

  /// Takes the columns of a table: see `init(opening:names:pool:)`.
  package init(_ table: DataTable, names: Names) throws {
    func known(_ names: KnownNames) -> String? { names.first(in: table.columns.map(\.name)) }
    try self.init(
      table, id: table.name(.itemIDs, named: names.id, flag: "--items-ids"),
      title: table.name(.titles, named: names.title, flag: "--items-titles"),
      description: known(.descriptions), brand: known(.brands), categories: known(.categories), tags: known(.tags))
  }

  /// Reads named columns; nil leaves one out.
  init(
    _ table: DataTable, id: String, title: String, description: String? = nil, brand: String? = nil,
    categories: String? = nil, tags: String? = nil
  ) throws {
    source = table.path
    var summary = InputSummary()
    let meanings: [(known: KnownNames, name: String?)] = [
      (.itemIDs, id), (.titles, title), (.descriptions, description), (.brands, brand), (.categories, categories),
      (.tags, tags),
    ]
    var read: [String: DataTable.Texts] = [:]
    let names = Set(meanings.compactMap(\.name)).sorted()
    for (name, column) in zip(names, try table.texts(names)) { read[name] = column }
    // A column that is both categories and tags is told once.
    for (known, name) in meanings where known != .tags || name != categories {
      if let name { summary.use(known, name) }
    }
    func texts(_ name: String?) -> StringColumn? { name.flatMap { read[$0]?.texts } }
    let titles = texts(title) ?? StringColumn([])
    ids = try Self.ids(table, id, read[id])
    self.titles = titles
    descriptions = texts(description)
    brands = texts(brand)
    self.categories = texts(categories)
    self.tags = texts(tags)
    itemsWithoutTitle = titles.indices.count { titles.withUTF8(at: $0) { $0.isEmpty } }
    if itemsWithoutTitle > 0 {
      summary.warn("\(table.path): \(itemsWithoutTitle) of \(titles.count) items have no title")
    }
    self.summary = summary
  }

  private static func ids(_ table: DataTable, _ name: String, _ column: DataTable.Texts?) throws -> StringColumn {
    func fault(_ row: Int, _ expected: String, _ found: String) -> InputError {
      InputError(.malformed, table.path, at: table.place(row, name), expected: expected, found: found)
    }
    let expected = "an id: text or a whole number"
    if let row = column?.firstList { throw fault(row, expected, "a list") }
    guard let ids = column?.texts, let present = column?.present, !ids.isEmpty else {
      throw InputError(.malformed, table.path, expected: "items", found: "none")
    }
    // The number of an id is its row, until one comes again: by its bytes, as everywhere.
    var rows = StringTable()
    for row in ids.indices {
      let first = try ids.withUTF8(at: row) { id in
        guard !id.isEmpty else { throw fault(row, expected, present[row] == 0 ? "none" : "an empty string") }
        return rows.number(of: id)
      }
      guard first == row else {
        throw fault(row, "ids that differ", "\"\(ids[row].prefix(60))\" again, first on \(table.place(first))")
      }
    }
    return ids
  }
}
