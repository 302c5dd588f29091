import Catalogues
import Formats
public import Vectors

/// What is said of items: row `i` is item `i` of the codes. Empty where nothing is known.
public struct ItemTexts: Sendable {
  public let titles: StringColumn
  public let descriptions: StringColumn
  public let brands: StringColumn
  public let categories: StringColumn
  public let report: Report
  /// Whether each item's title is that of items with other IDs, too: asked for its ID, a model has several answers.
  let hasTitleOfSeveralIDs: [Bool]

  /// What was found, and done about it.
  public struct Report: Hashable, Sendable, Codable {
    /// Items with codes that have no title.
    public var itemsWithoutTitle = 0
    /// Items of the texts that have no codes; their texts are not used.
    public var textsWithoutCodes = 0
    /// Texts in which tabs, line ends and other control characters became spaces.
    public var cleanedTexts = 0
    /// Texts that held tokens of the vocabulary, which were broken up by a space.
    public var textsWithTokens = 0
    /// Texts that held tokens of a chat template, which were broken up, too.
    public var textsWithChatTokens = 0
    /// Texts in which character references of HTML became characters.
    public var decodedTexts = 0
    /// Items whose title another item has, too.
    public var itemsWithSharedTitle = 0
    /// Those of them whose title is that of items with other IDs.
    public var itemsWithTitleOfSeveralIDs = 0
  }

  /// Reads texts from a `.parquet` (item_id, title; description, brand, categories where there are such; nulls are no
  /// text) or a `.jsonl` (an object a line with those members, or those of Amazon Reviews 2023).
  ///
  /// - Throws: `InputError` when there are no ids or titles, or ids repeat.
  public static func read(
    path: String, items: ItemCodes, vocabulary: TokenVocabulary, cleaning: TextCleaningOptions = .init()
  ) throws -> ItemTexts {
    let file = path.lowercased().hasSuffix(".parquet") ? try table(path) : try lines(path)
    let cleaning = TextCleaning(vocabulary, cleaning)
    var report = Report()
    var rows = [Int](repeating: -1, count: items.count)
    for row in file.ids.indices {
      if let item = file.ids.withUTF8(at: row, { items.find($0) }) {
        rows[item] = row
      } else {
        report.textsWithoutCodes += 1
      }
    }
    func gather(_ column: StringColumn?) -> StringColumn {
      var builder = StringColumnBuilder(rows: items.count)
      for row in rows {
        if row >= 0, let column {
          let found = column.withUTF8(at: row) { cleaning.append($0, to: &builder.bytes) }
          if found.controls { report.cleanedTexts += 1 }
          if found.tokens { report.textsWithTokens += 1 }
          if found.chatTokens { report.textsWithChatTokens += 1 }
          if found.entities { report.decodedTexts += 1 }
        }
        builder.endRow()
      }
      return builder.column()
    }
    let titles = gather(file.titles)
    let descriptions = gather(file.descriptions)
    let brands = gather(file.brands)
    let categories = gather(file.categories)
    report.itemsWithoutTitle = titles.indices.count { titles.withUTF8(at: $0) { $0.isEmpty } }
    let shared = SharedTitles(titles, items)
    report.itemsWithSharedTitle = shared.items
    report.itemsWithTitleOfSeveralIDs = shared.hasSeveralIDs.count(where: \.self)
    return ItemTexts(
      titles: titles, descriptions: descriptions, brands: brands, categories: categories, report: report,
      hasTitleOfSeveralIDs: shared.hasSeveralIDs)
  }

  /// No text for any of `count` items.
  static func none(_ count: Int) -> ItemTexts {
    let empty = StringColumn(repeatElement("", count: count))
    var report = Report()
    report.itemsWithoutTitle = count
    return ItemTexts(
      titles: empty, descriptions: empty, brands: empty, categories: empty, report: report,
      hasTitleOfSeveralIDs: Array(repeating: false, count: count))
  }

  private struct Columns {
    var ids: StringColumn
    var titles: StringColumn
    var descriptions: StringColumn?
    var brands: StringColumn?
    var categories: StringColumn?
  }

  private static func table(_ path: String) throws -> Columns {
    let file = try ParquetFile(path: path)
    func column(_ names: String...) throws -> StringColumn? {
      guard let name = names.first(where: { name in file.columns.contains { $0.name == name && $0.kind == .string } })
      else { return nil }
      return try file.strings(name, nullsAreEmpty: true)
    }
    guard let titles = try column("title") else {
      throw InputError(
        .malformed, path, expected: "a column \"title\" of strings",
        found: file.columns.map(\.name).joined(separator: ", "))
    }
    return Columns(
      ids: try Identifiers.read(file), titles: titles, descriptions: try column("description"),
      brands: try column("brand", "store"), categories: try column("categories", "section"))
  }

  private static func lines(_ path: String) throws -> Columns {
    let keys: [JSONLinesCatalogue.Keys] = [.init(id: "item_id", section: "categories"), .init(), .amazonReviews2023]
    var fault: (any Error)?
    var read: Catalogue?
    for keys in keys where read == nil {
      do { read = try JSONLinesCatalogue.read(path: path, keys: keys) } catch { fault = fault ?? error }
    }
    guard let catalogue = read else { throw fault ?? InputError(.malformed, path) }
    return Columns(
      ids: catalogue.ids, titles: catalogue.titles, descriptions: catalogue.descriptions, brands: nil,
      categories: catalogue.sections)
  }
}
