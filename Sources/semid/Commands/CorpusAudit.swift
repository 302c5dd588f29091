import ArgumentParser
import SemanticID

struct CorpusAudit: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "Count how much of what a model generated are IDs of the catalogue.",
    discussion: """
      Examples:
        semid corpus audit generated.txt --index index
        semid corpus audit beams.jsonl --field output --index index --end "<|im_end|>"

      A line, or a string of the field, has to be one ID and nothing else. It is valid; or its prefix is unknown, from \
      some level on; or it is incomplete, the beginning of IDs; or it is malformed, no ID at all.
      """)

  @Argument(help: "Generated lines; standard input by default.", completion: .file())
  var generated: String?
  @Option(help: ArgumentHelp("Index directory.", valueName: "directory"), completion: .directory)
  var index: String
  @Option(help: ArgumentHelp("Lines are JSON; this member has the text, or a list of texts.", valueName: "name"))
  var field: String?
  @OptionGroup var text: GeneratedTextOptions
  @Option(help: ArgumentHelp("Examples to show of each kind.", valueName: "n"))
  var examples = 3
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func validate() throws {
    if !(0...1_000_000).contains(examples) { throw ValidationError("--examples: expected 0 or more") }
  }

  func execute(_ console: Console) async throws {
    let index = try SemanticIndex(opening: self.index, pool: console.pool)
    var audit = GeneratedAudit(index, reader: try text.reader(index), examples: examples)
    let input = try TextInput.read(generated)
    try await console.step("auditing", unit: "lines") { step in
      try TextInput.lines(input) { number, line in
        if let field {
          guard line.utf8.contains(where: { $0 > 0x20 }) else { return }
          let source = generated ?? "standard input"
          for text in try TextInput.texts(line, field: field, source: source, number: number) {
            audit.add(text, line: number)
          }
        } else {
          audit.add(line, line: number)
        }
        if number % 4096 == 0 { step.update(to: number) }
      }
    }
    let report = audit.report
    if console.isJSON { return try console.print(Summary(report)) { "" } }
    try console.print(Self.rows(report), Row.columns)
    try console.heading(
      """

      \(Text.count(report.distinctIDs, "different ID")) of \(Text.count(report.distinctItems, "item")) \
      (of \(Text.count(index.count)))\(report.empty == 0 ? "" : "; \(Text.count(report.empty, "empty line")) left out")
      """)
    guard !report.examples.isEmpty else { return }
    try console.heading("")
    try console.print(report.examples, Self.exampleColumns)
  }

  private static func rows(_ report: GeneratedAudit.Report) -> [Row] {
    func row(_ kind: String, _ count: Int) -> Row { Row(kind: kind, count: count, of: report.texts) }
    return [row("valid", report.valid), row("unknown prefix", report.unknownPrefix)]
      + report.departures.enumerated().filter { $1 > 0 }.map { row("  from level \($0) (from 0)", $1) }
      + [row("incomplete", report.incomplete), row("malformed", report.malformed)]
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

  private static let exampleColumns: [Column<GeneratedAudit.Example>] = [
    Column("line", .right) { "\($0.line)" }, Column("text", shrinks: true) { $0.text },
    Column("outcome", shrinks: true) { example in
      switch example.kind {
      case .valid: (example.items ?? []).joined(separator: ", ")
      case .unknownPrefix: "unknown prefix from level \(example.level ?? 0)"
      case .incomplete: "incomplete"
      case .malformed: "malformed at character \(example.character ?? 1)"
      }
    },
  ]

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
