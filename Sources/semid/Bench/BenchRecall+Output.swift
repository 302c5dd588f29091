import SemanticID

extension BenchRecall {
  func show(_ report: RecallReport, _ making: BenchmarkOptions.Making?, _ console: Console) throws {
    try console.print(Setting(report, making, data: set.data)) { heading(report, making) }
    let settings = all ? report.settings : report.frontSettings
    let lines = [Line(report.exact)] + settings.map(Line.init)
    try console.print(lines, columns(report))
    let reach = Reach(report)
    try console.print(reach) { reach.text }
  }

  private func heading(_ report: RecallReport, _ making: BenchmarkOptions.Making?) -> String {
    let shape = report.levelSizes.map(String.init).joined(separator: "×")
    var lines = [
      "\(set.data): \(Text.count(report.items)) × \(report.dimension), "
        + "\(Text.count(report.queries, "query", plural: "queries")), "
        + "\(report.metric.rawValue); best of \(Text.count(report.rounds, "round"))"
    ]
    if let making {
      lines.append(
        "trained \(shape) in \(Text.duration(seconds: making.trainSeconds)), relative error "
          + "\(Text.fixed(making.relativeError, 4)); encoded in \(Text.duration(seconds: making.encodeSeconds)); "
          + "index built in \(Text.duration(seconds: making.buildSeconds)), opened in \(Text.duration(seconds: report.openSeconds))"
      )
    } else {
      lines.append("index of \(shape), opened in \(Text.duration(seconds: report.openSeconds))")
    }
    lines.append(
      "index \(Text.bytes(report.indexBytes)), \(Text.bytes(report.bytesBesideVectors)) of it beside the vectors "
        + "(\(Text.figure(Double(report.bytesBesideVectors) / Double(max(1, report.items)))) bytes an item); "
        + "peak memory \(Text.bytes(report.peakMemoryBytes))")
    if let making { lines.append(CodeTables.summary(making.codes)) }
    return lines.joined(separator: "\n") + "\n"
  }

  private func columns(_ report: RecallReport) -> [Column<Line>] {
    var columns: [Column<Line>] = [
      Column("reranked", .right) { $0.candidates.map { Text.count($0) } ?? "exact" },
      Column("scanned", .right) { $0.candidates == nil ? "" : Text.figure($0.codesScanned) },
      Column("recall@\(report.k)", .right) { Text.fixed($0.recall, 4) },
    ]
    if report.exact.recallByRow != nil {
      columns.append(Column("by row", .right) { $0.recallByRow.map { Text.fixed($0, 4) } ?? "" })
    }
    for mode in [RecallReport.Mode.single, .batch] {
      for threads in report.threads {
        columns.append(
          Column("\(mode.rawValue) QPS" + (threads == 1 ? "" : " ×\(threads)"), .right) { line in
            line.speeds.first { $0.mode == mode && $0.threads == threads }
              .map { Text.figure($0.queriesPerSecond) } ?? ""
          })
      }
    }
    let latencies: [(String, @Sendable (RecallReport.Speed) -> Double?)] = [
      ("p50", { $0.p50 }), ("p95", { $0.p95 }), ("p99", { $0.p99 }),
    ]
    for (title, value) in latencies {
      columns.append(
        Column(title, .right) { line in
          line.speeds.lazy.compactMap(value).first.map { Text.duration(seconds: $0 * 1e-6) } ?? ""
        })
    }
    return columns
  }

  private struct Setting: Encodable {
    var data: String
    var items: Int
    var dimension: Int
    var queries: Int
    var metric: String
    var k: Int
    var rounds: Int
    var levelSizes: [Int]
    var trainSeconds: Double?
    var encodeSeconds: Double?
    var buildSeconds: Double?
    var openSeconds: Double
    var indexBytes: Int
    var bytesBesideVectors: Int
    var peakMemoryBytes: Int
    var relativeError: Double?
    var codes: CodeStatistics?

    init(_ report: RecallReport, _ making: BenchmarkOptions.Making?, data: String) {
      self.data = data
      items = report.items
      dimension = report.dimension
      queries = report.queries
      metric = report.metric.rawValue
      k = report.k
      rounds = report.rounds
      levelSizes = report.levelSizes
      trainSeconds = making?.trainSeconds
      encodeSeconds = making?.encodeSeconds
      buildSeconds = making?.buildSeconds
      openSeconds = report.openSeconds
      indexBytes = report.indexBytes
      bytesBesideVectors = report.bytesBesideVectors
      peakMemoryBytes = report.peakMemoryBytes
      relativeError = making?.relativeError
      codes = making?.codes
    }
  }

  /// One setting, by the names of its figures.
  private struct Line: Encodable {
    var exact: Bool
    var candidates: Int?
    var scan: Int?
    var recall: Double
    var recallByRow: Double?
    var speeds: [RecallReport.Speed]
    var nodesVisited: Double
    var codesScanned: Double
    var vectorsReranked: Double
    var budgetExhausted: Double

    init(_ setting: RecallReport.Setting) {
      exact = setting.options == nil
      candidates = setting.options?.candidates
      scan = setting.options?.scan
      recall = setting.recall
      recallByRow = setting.recallByRow
      speeds = setting.speeds
      nodesVisited = setting.nodesVisited
      codesScanned = setting.codesScanned
      vectorsReranked = setting.vectorsReranked
      budgetExhausted = setting.budgetExhausted
    }
  }

  /// The speed at round recalls, between the settings around them.
  private struct Reach: Encodable {
    var atRecall: [RecallReport.Reach]

    init(_ report: RecallReport) { atRecall = report.reach() }

    var text: String {
      var lines: [String] = []
      for (number, entry) in atRecall.enumerated() {
        let speed = entry.queriesPerSecond.map { Text.figure($0) } ?? "not reached"
        let part = "\(Text.fixed(entry.recall, 2)): \(speed)"
        let isNew =
          number == 0 || atRecall[number - 1].mode != entry.mode || atRecall[number - 1].threads != entry.threads
        if isNew {
          lines.append("QPS at recall, \(entry.mode.rawValue), \(Text.count(entry.threads, "thread")): \(part)")
        } else {
          lines[lines.count - 1] += " · " + part
        }
      }
      return "\n" + lines.joined(separator: "\n")
    }
  }
}
