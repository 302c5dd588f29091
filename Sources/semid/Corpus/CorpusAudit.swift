import ArgumentParser
import Foundation
import SemanticID

struct CorpusAudit: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "Count how much of what a model generated are IDs of the catalogue.",
    discussion: """
      Examples:
        semid corpus audit generated.txt --index index
        semid corpus audit beams.jsonl --field output --index index --end "<|im_end|>"
        semid corpus audit results.json --field predict --index index
        semid corpus audit generated.txt --index index --filter "price < 20"

      The input is a text a line; with --field, an object a line or a JSON array of objects, whose member has a string or \
      a list of strings; or a JSON array of strings.

      A text has to be one ID and nothing else. It is valid; or its prefix is unknown, from some level on; or it is \
      incomplete, the beginning of IDs, as is an empty one, in which nothing was generated; or it is malformed, no ID at \
      all. With a filter, an ID whose items it does not allow is filtered out, which is not valid; prefixes are looked up \
      in the whole catalogue all the same.
      """)

  @Argument(
    help: "Generated texts: lines, JSON lines or a JSON array; standard input by default.", completion: .file())
  var generated: String?
  @OptionGroup var catalogue: CatalogueOptions
  @Option(
    help: ArgumentHelp(
      "The input is JSON; this member has the text, or a list of texts; by default lines are texts.", valueName: "name")
  )
  var field: String?
  @Flag(help: "Leave empty texts out, such as blank lines between groups; by default they count as incomplete.")
  var skipEmpty = false
  @OptionGroup var text: GeneratedTextOptions
  @Option(help: ArgumentHelp("Examples to show of each kind.", valueName: "n"))
  var examples = 3
  @OptionGroup(title: "Filters") var filters: FilterOptions
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func validate() throws {
    try InputError.check("--examples", examples, in: Ranges.roundsOrNone)
  }

  func execute(_ console: Console) async throws {
    let index = try catalogue.open(console)
    let filter = try filters.resolved(in: index, console)
    var audit = GeneratedAudit(
      index, reader: try text.reader(index), filter: filter, skipsEmpty: skipEmpty, examples: examples)
    let form = try await console.step("auditing", unit: "texts") { step in
      try TextInput.read(generated).withUnsafeBytes { bytes in
        let texts = try GeneratedTexts(bytes, field: field, source: generated ?? "standard input")
        let members = texts.membersOfFirstLine
        if !members.isEmpty {
          console.warn(
            "line 1 is a JSON object, read as text like all lines; name the member that has the text with --field: "
              + members.joined(separator: ", "))
        }
        try texts.forEach { number, text in
          try audit.add(text, line: number)
          if audit.report.texts % 4096 == 0 { step.update(to: audit.report.texts) }
        }
        return texts.form
      }
    }
    let report = audit.report
    if console.isJSON { return try console.print(Summary(report)) { "" } }
    try console.print(Self.rows(report, isFiltered: filter != nil), Row.columns)
    var found = "\n\(Text.count(report.distinctIDs, "different ID")) of \(Text.count(report.distinctItems, "item"))"
    found += " (of \(Text.count(try filter.map { try index.count(under: $0) } ?? index.count)))"
    if report.skipped > 0 { found += "; \(Text.count(report.skipped, "empty text")) left out" }
    try console.heading(found)
    guard !report.examples.isEmpty else { return }
    try console.heading("")
    try console.print(report.examples, Self.exampleColumns(form))
  }

  private static func rows(_ report: GeneratedAudit.Report, isFiltered: Bool) -> [Row] {
    func row(_ kind: String, _ count: Int) -> Row { Row(kind: kind, count: count, of: report.texts) }
    var rows = [row("valid", report.valid)]
    if isFiltered { rows.append(row("filtered out", report.filteredOut)) }
    rows.append(row("unknown prefix", report.unknownPrefix))
    for (level, count) in report.departures.enumerated() where count > 0 {
      rows.append(row("  from level \(level) (from 0)", count))
    }
    rows.append(row("incomplete", report.incomplete))
    if report.empty > 0 { rows.append(row("  empty", report.empty)) }
    return rows + [row("malformed", report.malformed)]
  }

  struct Row: Encodable {
    var kind: String
    var count: Int
    var of: Int

    static let columns: [Column<Self>] = [
      Column("") { $0.kind }, Column("texts", .right) { Text.count($0.count) },
      Column("share", .right) { $0.of == 0 ? "" : Text.percent(Double($0.count) / Double($0.of)) },
    ]
  }

  private static func exampleColumns(_ form: GeneratedTexts.Form) -> [Column<GeneratedAudit.Example>] {
    [
      Column(form == .jsonArray ? "result" : "line", .right) { "\($0.line)" },
      Column("text", shrinks: true) { $0.text },
      Column("outcome", shrinks: true) { example in
        switch example.kind {
        case .valid: (example.items ?? []).joined(separator: ", ")
        case .filteredOut: "filtered out: " + (example.items ?? []).joined(separator: ", ")
        case .unknownPrefix: "unknown prefix from level \(example.level ?? 0)"
        case .incomplete: example.text.utf8.contains { $0 > 0x20 } ? "incomplete" : "incomplete: empty"
        case .malformed: "malformed at character \(example.character ?? 1)"
        }
      },
    ]
  }

  struct Summary: Encodable {
    var report: GeneratedAudit.Report

    init(_ report: GeneratedAudit.Report) { self.report = report }

    enum CodingKeys: String, CodingKey { case invalid, validShare }

    func encode(to encoder: any Encoder) throws {
      try report.encode(to: encoder)
      var values = encoder.container(keyedBy: CodingKeys.self)
      try values.encode(report.invalid, forKey: .invalid)
      try values.encode(report.validShare, forKey: .validShare)
    }
  }
}
