public import Catalogues
public import Formats
public import Vectors

/// The texts of items: row `i` is item `i` of the codes. Empty where nothing is known.
public struct ItemTexts: Sendable {
  /// The title of each item, cleaned.
  public let titles: StringColumn
  /// The description of each item, cleaned; all empty where the file has no such column.
  public let descriptions: StringColumn
  package let brands: StringColumn
  package let categories: StringColumn
  package let report: Report
  /// For each item, whether its title is also that of items with other IDs, so that a title has several answers.
  let hasTitleOfSeveralIDs: [Bool]
  /// The columns that were read, and warnings.
  public let summary: InputSummary

  /// What was found, and what was done about it.
  package struct Report: Hashable, Sendable, Codable {
    /// Items with codes that have no title.
    package var itemsWithoutTitle = 0
    /// Items of the texts that have no codes; their texts are not used.
    package var textsWithoutCodes = 0
    /// Texts in which tabs, line ends and other control characters became spaces.
    package var cleanedTexts = 0
    /// Texts that held tokens of the vocabulary, which were broken up by a space.
    package var textsWithTokens = 0
    /// Texts that held tokens of a chat template, which were broken up by a space.
    package var textsWithChatTokens = 0
    /// Texts in which character references of HTML became characters.
    package var decodedTexts = 0
    /// Items whose title another item has, too.
    package var itemsWithSharedTitle = 0
    /// Items whose title an item with another ID has, too.
    package var itemsWithTitleOfSeveralIDs = 0
  }

  /// Reads texts of the items that have codes, from any file that `ItemTable` opens.
  ///
  /// - Throws: `InputError` when there are no ids or titles, when ids repeat, or when no item of the file has codes.
  public static func read(
    path: String, names: ItemTable.Names = .init(), items: ItemCodes, vocabulary: TokenVocabulary,
    cleaning: TextCleaningOptions = .init()
  ) throws -> ItemTexts {
    try read(DataTable(opening: path), names: names, items: items, vocabulary: vocabulary, cleaning: cleaning)
  }

  /// Takes texts from a table: see `read(path:names:items:vocabulary:cleaning:)`.
  package static func read(
    _ table: DataTable, names: ItemTable.Names = .init(), items: ItemCodes, vocabulary: TokenVocabulary,
    cleaning: TextCleaningOptions = .init()
  ) throws -> ItemTexts {
    let path = table.path
    let file = try ItemTable(table, names: names)
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
    var summary = file.summary
    let known = file.count - report.textsWithoutCodes
    guard known > 0 else {
      throw InputError(
        .mismatch, path, expected: "items of \(items.source), such as \"\(items.ids[0])\"",
        found: "none of them, but \"\(file.ids[0])\"",
        remedy: "check that both files name items alike, or name the column with --items-ids")
    }
    if known * 2 < items.count {
      summary.warn(
        "\(path): \(known * 100 / items.count) % of the items of \(items.source) (\(known) of \(items.count)) are in it; "
          + "check that both files name items alike")
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
      hasTitleOfSeveralIDs: shared.hasSeveralIDs, summary: summary)
  }

  /// No text for any of `count` items.
  static func none(_ count: Int) -> ItemTexts {
    let empty = StringColumn(repeatElement("", count: count))
    var report = Report()
    report.itemsWithoutTitle = count
    return ItemTexts(
      titles: empty, descriptions: empty, brands: empty, categories: empty, report: report,
      hasTitleOfSeveralIDs: Array(repeating: false, count: count), summary: InputSummary())
  }
}
