import SemanticID

/// An offline evaluation as a table for people, or as JSON.
struct OfflineTable {
  private let report: OfflineReport
  /// All measures; otherwise those that fit a terminal.
  private let isWide: Bool

  init(_ report: OfflineReport, isWide: Bool) {
    self.report = report
    self.isWide = isWide
  }

  func print(_ console: Console) throws {
    if console.isJSON { return try console.print(report, text: { "" }) }
    try console.results.line(
      """
      \(Text.count(report.cases, "held-out interaction")), \(Text.count(report.items, "item")), \
      \(Text.count(report.budget)) candidates wanted
      """)
    if report.cases < 100 {
      console.warn("\(Text.count(report.cases, "held-out interaction")): too few to compare rows of the table by")
    }
    if report.coldStartSkipped > 0 {
      let text =
        "left out: \(Text.count(report.withoutVector)) interactions of items without a vector, "
        + "\(Text.count(report.withoutHistory)) of users without a history"
      // So many, that vectors and interactions may be of other data sets.
      if report.withoutVector * 10 > report.cases + report.withoutVector {
        console.warn(text)
      } else {
        console.note(text)
      }
    }
    if report.repeated > 0, !report.keepsSeen {
      console.note(
        "\(Text.count(report.repeated)) held-out items stand in their user's history, and cannot be found: --seen kept")
    }
    for line in Table(report.rows, isWide ? Self.allColumns(report) : Self.columns(report)).lines() {
      try console.results.line(line)
    }
  }

  private static func names() -> [Column<OfflineReport.Row>] {
    [Column("model") { $0.model ?? "" }, Column("profile") { $0.profile ?? "" }, Column("method") { $0.rule }]
  }

  private static func interval() -> Column<OfflineReport.Row> {
    Column("95 %", .right) { "\(Text.fixed($0.recall[0].low, 3))–\(Text.fixed($0.recall[0].high, 3))" }
  }

  private static func columns(_ report: OfflineReport) -> [Column<OfflineReport.Row>] {
    names() + [
      Column("R@\(report.cutoffs[0])", .right) { Text.fixed($0.recall[0].mean, 4) }, interval(),
      Column("N@\(report.cutoffs[0])", .right) { Text.fixed($0.ndcg[0].mean, 4) },
      Column("candidates", .right) { $0.candidates.map(Text.figure) ?? "" },
      Column("of ceiling", .right) { $0.ofCeiling.map { Text.percent($0) } ?? "" },
    ]
  }

  private static func allColumns(_ report: OfflineReport) -> [Column<OfflineReport.Row>] {
    var columns = names()
    for (place, k) in report.cutoffs.enumerated() {
      columns.append(Column("R@\(k)", .right) { Text.fixed($0.recall[place].mean, 4) })
      if place == 0 { columns.append(interval()) }
    }
    for (place, k) in report.cutoffs.enumerated() {
      columns.append(Column("N@\(k)", .right) { Text.fixed($0.ndcg[place].mean, 4) })
    }
    return columns + [
      Column("MRR", .right) { Text.fixed($0.reciprocalRank.mean, 4) },
      Column("found", .right) { $0.candidateRecall.map { Text.fixed($0, 4) } ?? "" },
      Column("candidates", .right) { $0.candidates.map(Text.figure) ?? "" },
      Column("of items", .right) { $0.candidates.map { Text.percent($0 / Double(report.items)) } ?? "" },
      Column("without", .right) { $0.withoutCandidates.map { Text.percent($0) } ?? "" },
      Column("of ceiling", .right) { $0.ofCeiling.map { Text.percent($0) } ?? "" },
    ]
  }
}
