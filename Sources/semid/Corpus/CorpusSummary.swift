import SemanticID

/// What a corpus came to, for people and for machines.
struct CorpusSummary: Encodable {
  var output: String
  var seconds: Double
  var corpus: CorpusManifest

  func text() -> String {
    var lines = [
      "wrote \(output): \(Text.count(corpus.rows, "row")), \(Text.bytes(corpus.files.reduce(0) { $0 + $1.bytes })), in "
        + "\(Text.duration(seconds: seconds)) (\(Text.figure(Double(corpus.rows) / seconds)) rows/s)"
    ]
    lines += Table(corpus.files, Self.columns).lines()
    if let tasks = corpus.tasks, !tasks.isEmpty {
      lines.append(
        "training rows: "
          + tasks.sorted { $0.key < $1.key }.map { "\($0.key) \(Text.count($0.value))" }.joined(separator: ", "))
    }
    lines += (corpus.heldOut ?? []).map(Self.heldOut)
    lines += findings.map { "\($0.name): \(Text.count($0.count))" }
    if let audit = corpus.audit {
      lines.append(
        "audited \(Text.count(audit.trainingRows, "training row")) and \(Text.count(audit.prompts, "prompt")): no leak")
    }
    return lines.joined(separator: "\n")
  }

  /// How much of a file is held out.
  private static func heldOut(_ report: HeldOutReport) -> String {
    let targets = "\(report.file): \(Text.count(report.targetItems, "held-out item"))"
    guard report.contextItems > 0 else { return targets + ", and nothing that is trained on" }
    let unit = report.targetTokens == nil ? "items" : "tokens"
    return targets + " behind \(Text.count(report.contextItems)) that are trained on, "
      + "\(Text.percent(report.contextShare)) of its \(unit)" + (report.mask.map { "; \($0) tells them apart" } ?? "")
  }

  /// What a reader of the corpus should know; nothing that did not happen.
  private var findings: [(name: String, count: Int)] {
    let interactions = corpus.interactions ?? InteractionReport()
    let leftOut = corpus.leftOut ?? WindowReport()
    let shared = corpus.items.map { $0.count - $0.distinctIDs } ?? 0
    let all = [
      ("items whose ID another has, too (semid resolve gives each its own)", shared),
      ("interactions with items that have no codes (left out)", interactions.rowsOfUnknownItems),
      ("repeats of a user and an item (left out)", interactions.repeats),
      ("interactions at the time of the one before (order of the file)", interactions.equalTimes),
      (
        "interactions later than a held-out one of their user (the given parts do not follow time)",
        interactions.laterThanHeldOut
      ),
      ("users without a known item (left out)", interactions.usersWithoutItems),
      ("users with one item", interactions.usersWithOneItem),
      ("items held out from training", interactions.heldOutItems),
      ("targets with too few items before them (left out)", leftOut.targetsWithoutHistory),
      ("items whose title is that of another ID (no row from title to ID)", leftOut.titlesOfSeveralIDs),
      ("targets whose ID stands in their own history (left out)", leftOut.answersInHistory),
      ("users without one target of each part (left out)", leftOut.usersWithoutTargets),
      ("items without a title", corpus.texts?.itemsWithoutTitle ?? 0),
      ("texts of items that have no codes (not used)", corpus.texts?.textsWithoutCodes ?? 0),
      ("items whose title another has, too", corpus.texts?.itemsWithSharedTitle ?? 0),
      ("texts with tabs or line ends (made spaces)", corpus.texts?.cleanedTexts ?? 0),
      ("texts with character references of HTML (decoded)", corpus.texts?.decodedTexts ?? 0),
      ("texts with tokens of the vocabulary (broken up)", corpus.texts?.textsWithTokens ?? 0),
      ("texts with tokens of a chat template (broken up)", corpus.texts?.textsWithChatTokens ?? 0),
    ]
    return all.map { (name: $0.0, count: $0.1) }.filter { $0.count > 0 }
  }

  private static let columns: [Column<CorpusManifest.File>] = [
    Column("file") { $0.name },
    Column("rows", .right) { Text.count($0.rows) },
    Column("size", .right) { Text.bytes($0.bytes) },
    Column("SHA-256") { String($0.sha256.prefix(12)) + "…" },
  ]
}
