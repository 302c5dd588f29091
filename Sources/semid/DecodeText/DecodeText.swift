import ArgumentParser
import Foundation
import SemanticID

struct DecodeText: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "decode-text", abstract: "Find the IDs in generated text and say which items they are.",
    discussion: """
      Examples:
        semid decode-text answer.txt --index index --titles items.parquet
        generate | semid decode-text --index index --repair hamming
        semid decode-text answer.txt --index index --titles items.parquet --replace

      Strict: an ID that no item has is listed as such, and the verb exits with a fault. With --repair it becomes the \
      nearest ID: prefix, the one with the longest common prefix; hamming, one that differs at one or two levels, and \
      where there is none, as prefix.
      """)

  @Argument(help: "Text; standard input by default.", completion: .file())
  var text: String?
  @OptionGroup var catalogue: CatalogueOptions
  @Option(
    help: ArgumentHelp(
      "Titles of the items: .parquet, .csv, .tsv, .jsonl or .json, the texts also as .gz; by default none.",
      valueName: "file"),
    completion: .file())
  var titles: String?
  @OptionGroup var itemNames: ItemNameOptions
  @Option(help: "Take the nearest ID for one that no item has: prefix or hamming; by default such an ID is a fault.")
  var repair: IDRepair?
  @Flag(help: "Print the text, with titles (or the items' ids) in the place of IDs.")
  var replace = false
  @OptionGroup var style: GeneratedTextOptions
  @Option(help: ArgumentHelp("Items to show of an ID that several have.", valueName: "n"))
  var items = 3
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func validate() throws {
    try InputError.check("--items", items, in: Ranges.items)
  }

  func execute(_ console: Console) async throws {
    let index = try catalogue.open(console)
    let finder = IDFinder(try style.reader(index), index, repair: repair)
    let titles = try self.titles.map {
      ItemTitles(try ItemTable(opening: $0, names: itemNames.names, pool: console.pool))
    }
    if let titles { console.tell(titles.summary) }
    var unresolved = 0
    var found: [Line] = []
    try TextInput.read(text).withUnsafeBytes { input in
      try GeneratedTexts.lines(input) { number, line in
        let mentions = try finder.find(in: line).map { Line($0, line: number, index, titles, most: items) }
        let replaced = replace ? Self.replaced(line, mentions) : nil
        unresolved += mentions.count { $0.items.isEmpty }
        if let replaced, !console.isJSON { try console.results.line(replaced) }
        found += mentions
      }
    }
    if !replace || console.isJSON {
      try console.print(found, Line.columns(withTitles: titles != nil))
      if found.isEmpty { console.note("no ID found") }
    }
    if unresolved > 0 {
      throw InputError(
        .mismatch, text ?? "standard input", expected: "IDs that items have",
        found: "\(Text.count(unresolved)) of \(Text.count(found.count)) that none has",
        remedy: repair == nil ? "--repair takes the nearest" : nil)
    }
  }

  /// The text with titles, or else items, in the place of IDs.
  static func replaced(_ text: String, _ lines: [Line]) -> String {
    IDFinder.replacing(
      lines.map { ($0.bytes, $0.titles?.first { !$0.isEmpty } ?? $0.items.first ?? $0.text) }, in: text)
  }

  /// An ID in the text.
  struct Line: Encodable {
    var line: Int
    /// From 1, in characters.
    var column: Int
    var text: String
    var kind: IDOutcome.Kind
    /// The level, from 0, at which an unknown prefix departs.
    var level: Int?
    /// The ID that was taken: the text's own, or the nearest.
    var id: String?
    var repaired: Bool
    var items: [String]
    /// Items of the ID, of which some are shown.
    var itemCount: Int
    var titles: [String]?
    var bytes: Range<Int>

    enum CodingKeys: CodingKey {
      case line, column, text, kind, level, id, repaired, items, itemCount, titles
    }

    init(_ found: FoundID, line: Int, _ index: SemanticIndex, _ titles: ItemTitles?, most: Int) {
      self.line = line
      bytes = found.bytes
      column = found.column
      text = found.text
      kind = found.outcome.kind
      level = found.outcome.level
      repaired = found.isRepaired
      let positions = found.positions
      id = positions.isEmpty ? nil : index.shape.text(index.trie.codes(at: positions.lowerBound))
      itemCount = positions.count
      items = index.rows(at: positions.prefix(most)).map(index.id(ofRow:))
      self.titles = titles.map { titles in items.map { titles[$0] } }
    }

    var outcome: String {
      switch kind {
      case _ where repaired: "nearest: \(id ?? "")"
      case .valid: itemCount == 1 ? "" : Text.count(itemCount, "item")
      case .unknownPrefix: "unknown prefix from level \(level ?? 0) (from 0)"
      case .incomplete: "incomplete"
      case .malformed: "malformed"
      }
    }

    static func columns(withTitles: Bool) -> [Column<Self>] {
      var columns: [Column<Self>] = [
        Column("line", .right) { "\($0.line)" }, Column("column", .right) { "\($0.column)" },
        Column("found") { $0.text }, Column("item", shrinks: true) { $0.items.joined(separator: ", ") },
      ]
      if withTitles { columns.append(Column("title", shrinks: true) { ($0.titles ?? []).joined(separator: "; ") }) }
      return columns + [Column("") { $0.outcome }]
    }
  }
}
