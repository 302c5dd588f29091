package import Formats
package import Vectors

/// Items with a text each, as a template makes it from the columns of a table.
package struct TextItems: Sendable {
  package let ids: StringColumn
  package let texts: StringColumn
  /// Items whose fields are all empty; their text is empty.
  package let withoutText: Int
  package let template: TextTemplate
  package let summary: InputSummary

  package init(
    ids: StringColumn, texts: StringColumn, withoutText: Int, template: TextTemplate, summary: InputSummary
  ) {
    self.ids = ids
    self.texts = texts
    self.withoutText = withoutText
    self.template = template
    self.summary = summary
  }

  /// The template where none is given: title and description, or the title alone where there is no description.
  package static let standard = "{title}. {description}"

  /// Reads items of any table that `DataTable` opens.
  ///
  /// - Parameters:
  ///   - template: nil: `{title}. {description}`, of the columns that the table has.
  ///   - idColumn: nil: the first of `KnownNames.itemIDs` that the table has.
  ///   - keepsEmpty: whether items without text stay.
  /// - Throws: `InputError` for a column that is not there, and for ids that are empty or repeat.
  package static func read(
    _ path: String, template: TextTemplate?, idColumn: String? = nil, keepsEmpty: Bool = true, pool: ThreadPool
  ) throws -> TextItems {
    let table = try DataTable(opening: path, pool: pool)
    guard table.rows > 0 else { throw InputError(.malformed, path, expected: "items", found: "no rows") }
    let idName = try table.name(.itemIDs, named: idColumn, flag: "--id-column")
    let template = try template ?? usual(table)
    let names = Array(Set(template.fields)).sorted()
    for name in names where !table.has(name) {
      throw InputError(
        .missing, path, at: "column \"\(name)\" of the template", found: "no such column",
        remedy: "it has \(table.listing)")
    }
    let columns = Dictionary(uniqueKeysWithValues: zip(names, try table.texts(names).map(\.texts)))
    let ids = try table.texts(idName).texts
    try Identifiers.check(ids, source: path)
    let fields = template.fields.map { columns[$0] ?? StringColumn([]) }
    var rows: [Int] = [], texts: [String] = []
    var withoutText = 0
    for row in 0..<table.rows {
      let text = template.render(fields.map { $0[row] })
      if text.isEmpty {
        withoutText += 1
        guard keepsEmpty else { continue }
      }
      rows.append(row)
      texts.append(text)
    }
    guard !rows.isEmpty else {
      throw InputError(
        .malformed, path, expected: "an item with text", found: "none in \(table.rows)",
        remedy: "name columns that hold text with --template")
    }
    var summary = InputSummary()
    summary.use(.itemIDs, idName)
    summary.use("texts", template.text, detail: "of \(names.joined(separator: ", "))")
    return TextItems(
      ids: rows.count == ids.count ? ids : ids.gathered(rows), texts: StringColumn(texts), withoutText: withoutText,
      template: template, summary: summary)
  }

  private static func usual(_ table: DataTable) throws -> TextTemplate {
    let title = try table.name(.titles, named: nil, flag: "--template")
    guard let description = KnownNames.descriptions.first(in: table.columns.map(\.name)) else {
      return try TextTemplate("{\(title)}")
    }
    return try TextTemplate("{\(title)}. {\(description)}")
  }
}
