import Interactions
import Mustache
import Vectors

/// Fills templates with rows. Every text is escaped for JSON once; after that, rows copy bytes.
struct RowRenderer: Sendable {
  let histories: Histories
  let items: ItemCodes
  let ids: EncodedTexts
  let titles: EncodedTexts
  let descriptions: EncodedTexts
  let brands: EncodedTexts
  let categories: EncodedTexts
  let users: EncodedTexts
  private let idSeparator: [UInt8]
  private let titleSeparator: [UInt8]

  // Unescaped, for templates that the library renders.
  private let plainTexts: ItemTexts
  private let plainIDs: StringColumn
  private let separators: (ids: String, titles: String)

  init(
    _ histories: Histories, items: ItemCodes, texts: ItemTexts, vocabulary: TokenVocabulary, idSeparator: String,
    titleSeparator: String
  ) {
    self.histories = histories
    self.items = items
    plainTexts = texts
    plainIDs = items.texts(vocabulary)
    ids = EncodedTexts(escaping: plainIDs)
    titles = EncodedTexts(escaping: texts.titles)
    descriptions = EncodedTexts(escaping: texts.descriptions)
    brands = EncodedTexts(escaping: texts.brands)
    categories = EncodedTexts(escaping: texts.categories)
    users = EncodedTexts(escaping: histories.users)
    self.idSeparator = JSONBytes.escaped(idSeparator)
    self.titleSeparator = JSONBytes.escaped(titleSeparator)
    separators = (idSeparator, titleSeparator)
  }

  /// The item of a row.
  func item(of row: PlannedRow) -> Int {
    row.task.isOfHistories ? Int(histories.items[Int(row.target)]) : Int(row.target)
  }

  /// The interactions of a row.
  private func history(of row: PlannedRow) -> Range<Int> {
    guard row.task.isOfHistories else { return 0..<0 }
    return Int(row.first)..<Int(row.target) + (row.task == .historyDocument ? 1 : 0)
  }

  /// Appends a row's text as it stands inside the quotes of a JSON string.
  func append(_ template: TextTemplate, _ row: PlannedRow, to text: inout [UInt8]) {
    guard let parts = template.parts else {
      return JSONBytes.append(template.template.render(Context(renderer: self, row: row)), to: &text)
    }
    for part in parts {
      switch part {
      case .text(let bytes): text.append(contentsOf: bytes)
      case .variable(let variable): append(variable, row, to: &text)
      }
    }
  }

  private func append(_ variable: TemplateVariable, _ row: PlannedRow, to text: inout [UInt8]) {
    switch variable {
    case .item: ids.append(item(of: row), to: &text)
    case .title: titles.append(item(of: row), to: &text)
    case .description: descriptions.append(item(of: row), to: &text)
    case .brand: brands.append(item(of: row), to: &text)
    case .categories: categories.append(item(of: row), to: &text)
    case .user: users.append(Int(row.user), to: &text)
    case .historyLength: text.append(contentsOf: String(history(of: row).count).utf8)
    case .history:
      var isFirst = true
      for event in history(of: row) {
        if !isFirst { text.append(contentsOf: idSeparator) }
        isFirst = false
        ids.append(Int(histories.items[event]), to: &text)
      }
    case .historyTitles:
      var isFirst = true
      for event in history(of: row) {
        let item = Int(histories.items[event])
        guard !titles.isEmpty(item) else { continue }
        if !isFirst { text.append(contentsOf: titleSeparator) }
        isFirst = false
        titles.append(item, to: &text)
      }
    case .historyTitled:
      var isFirst = true
      for event in history(of: row) {
        let item = Int(histories.items[event])
        if !isFirst { text.append(contentsOf: titleSeparator) }
        isFirst = false
        let start = text.count
        titles.append(item, to: &text)
        if text.count > start { text.append(0x20) }
        ids.append(item, to: &text)
      }
    case .items: break
    }
  }

  /// A row, as the library reads it.
  private struct Context: MustacheParent {
    let renderer: RowRenderer
    let row: PlannedRow

    func child(named name: String) -> Any? {
      guard let variable = TemplateVariable(rawValue: name) else { return nil }
      let texts = renderer.plainTexts
      let item = renderer.item(of: row)
      let events = renderer.history(of: row).map { Int(renderer.histories.items[$0]) }
      func text(_ text: String) -> Any { text.isEmpty ? TextTemplate.Nothing() : text }
      switch variable {
      case .item: return renderer.plainIDs[item]
      case .title: return text(texts.titles[item])
      case .description: return text(texts.descriptions[item])
      case .brand: return text(texts.brands[item])
      case .categories: return text(texts.categories[item])
      case .user: return text(renderer.histories.users[Int(row.user)])
      case .historyLength: return events.count
      case .history: return text(events.map { renderer.plainIDs[$0] }.joined(separator: renderer.separators.ids))
      case .historyTitles:
        return text(
          events.map { texts.titles[$0] }.filter { !$0.isEmpty }.joined(separator: renderer.separators.titles))
      case .historyTitled:
        return text(
          events.map { item in
            let title = texts.titles[item]
            return title.isEmpty ? renderer.plainIDs[item] : title + " " + renderer.plainIDs[item]
          }.joined(separator: renderer.separators.titles))
      case .items:
        return events.enumerated().map { index, item in
          TextTemplate.ListItem(
            item: renderer.plainIDs[item], title: texts.titles[item], brand: texts.brands[item], number: index + 1)
        }
      }
    }
  }
}
