import Interactions
import Vectors

/// What corpora of text have in common: rows are planned, rendered side by side, audited and written.
struct TextCorpus: Sendable {
  let histories: Histories
  let items: ItemCodes
  let texts: ItemTexts
  let vocabulary: TokenVocabulary
  let templates: TemplateLibrary
  let options: TextRowOptions
  let keepsSharedTitles: Bool
  let heldOut: HeldOutDocuments
  let renderer: RowRenderer

  init(
    _ histories: Histories, items: ItemCodes, texts: ItemTexts?, vocabulary: TokenVocabulary,
    templates: TemplateLibrary?, options: TextRowOptions, keepsSharedTitles: Bool, heldOut: HeldOutDocuments
  ) throws {
    try items.check(vocabulary)
    self.histories = histories
    self.items = items
    self.texts = texts ?? .none(items.count)
    self.vocabulary = vocabulary
    self.templates = try templates ?? .standard()
    self.options = options
    self.keepsSharedTitles = keepsSharedTitles
    self.heldOut = heldOut
    renderer = RowRenderer(
      histories, items: items, texts: self.texts, vocabulary: vocabulary, idSeparator: options.separator,
      titleSeparator: options.titleSeparator)
  }

  /// - Parameter line: appends one row with its line end, and returns where in the buffer its prompt stands.
  func write(
    kind: String, form: String, sources: [CorpusManifest.Source], to path: String, pool: ThreadPool,
    progress: (Int) throws -> Void,
    line: @Sendable (PlannedRow, TemplateLibrary.Wording, inout [UInt8]) -> Range<Int>
  ) throws -> CorpusManifest {
    let weights = try CorpusTask.allCases.compactMap { task in
      try options.weights[task].map { weight in
        guard weight.isFinite, (0...1000).contains(weight) else {
          throw InputError(.usage, "weight of \(task.rawValue)", expected: "0 to 1,000", found: "\(weight)")
        }
        return (task: task, weight: weight)
      }
    }
    var manifest = CorpusManifest(
      kind: kind, form: form, histories, items, vocabulary, sources: sources)
    manifest.seed = options.seed
    manifest.windows = options.windows
    manifest.texts = texts.report
    return try CorpusDirectory.write(to: path, manifest, pool: pool) { directory in
      let plan = RowPlan(
        histories: histories, items: items, texts: texts, templates: templates, options: options,
        keepsSharedTitles: keepsSharedTitles, heldOut: heldOut)
      var leftOut = WindowReport()
      var training = plan.training(weights, report: &leftOut)
      if options.isShuffled { plan.shuffle(&training) }
      directory.manifest.tasks = Dictionary(training.map { ($0.task.rawValue, 1) }, uniquingKeysWith: +)
      guard !training.isEmpty else { throw nothingToWrite(weights.filter { $0.weight > 0 }.map(\.task)) }
      let wordings = CorpusTask.allCases.map { templates.wordings[$0] ?? [] }
      var done = 0
      var audit = AuditReport()
      audit.hidesHeldOutTexts = options.hidesHeldOutTexts
      for split in Split.allCases {
        let rows = split == .train ? training : plan.evaluation(split, weights, report: &leftOut)
        guard !rows.isEmpty || split == .train else { continue }
        if options.isAudited {
          if split == .train { try self.audit(rows) }
          audit.trainingRows += split == .train ? rows.count : 0
          audit.prompts += rows.count { !$0.task.isDocument }
        }
        let base = done
        try directory.writeRows(
          split.rawValue, split: split, rows: rows.count, shardRows: options.shardRows,
          progress: { try progress(base + $0) }
        ) { index, text in
          let row = rows[index]
          let wording = wordings[Int(row.task.stream)][Int(row.wording)]
          let prompt = line(row, wording, &text)
          if options.isAudited, !row.task.isDocument { try self.audit(row, wording, text, prompt, index, split) }
        }
        done += rows.count
        if split != .train { tell(rows, directory) }
      }
      directory.manifest.leftOut = leftOut
      if options.isAudited { directory.manifest.audit = audit }
    }
  }

  /// Says in the manifest how much of the documents of validation or test is held out.
  private func tell(_ rows: [PlannedRow], _ directory: CorpusDirectory) {
    let documents = rows.filter { $0.task == .historyDocument }
    guard !documents.isEmpty, let file = directory.manifest.files.last else { return }
    var report = HeldOutReport(file: file.name, heldOut)
    let before = documents.reduce(0) { $0 + Int($1.target - $1.first) }
    report.targetItems = documents.count + (heldOut == .history ? 0 : before)
    report.contextItems = heldOut == .history ? before : 0
    directory.manifest.heldOut = (directory.manifest.heldOut ?? []) + [report]
  }

  private func nothingToWrite(_ tasks: [CorpusTask]) -> InputError {
    guard !tasks.isEmpty else {
      return InputError(.usage, "tasks", expected: "one with a weight above 0", found: "none")
    }
    let needTitles = tasks.allSatisfy { $0.needsTitle || $0 == .titlesNextItem }
    return InputError(
      .mismatch, "corpus", expected: "training rows",
      found: "none for " + tasks.map(\.rawValue).joined(separator: ", "),
      remedy: needTitles && texts.report.itemsWithoutTitle == items.count
        ? "give the items' titles" : "users need at least two items to be trained on")
  }

  /// Checks training rows against the parts of the input.
  private func audit(_ rows: [PlannedRow]) throws {
    let audit = LeakageAudit(histories, items: items, hidesHeldOutTexts: options.hidesHeldOutTexts)
    for (index, row) in rows.enumerated() {
      if row.task.isOfHistories {
        try audit.check(events: Int(row.first)..<Int(row.target) + 1, user: Int(row.user), row: index)
      } else {
        try audit.check(textOf: Int(row.target), row: index)
      }
    }
  }

  /// Searches a row's prompt for its answer.
  private func audit(
    _ row: PlannedRow, _ wording: TemplateLibrary.Wording, _ text: [UInt8], _ prompt: Range<Int>, _ index: Int,
    _ split: Split
  ) throws {
    let item = renderer.item(of: row)
    let completion = wording.completion?.variables ?? []
    var answers: [ArraySlice<UInt8>] = []
    // Where IDs differ in length, a shorter one may begin a longer one; the plan has compared whole IDs.
    if completion.contains(.item), items.lengths == nil { answers.append(renderer.ids[item]) }
    if completion.contains(.title) {
      // A title such as "Item" may stand in the template itself, or be a part of the ID.
      let title = renderer.titles[item]
      let isWord =
        LeakageAudit.contains(wording.prompt.literal[...], title) || LeakageAudit.contains(renderer.ids[item], title)
      if !isWord { answers.append(title) }
    }
    for answer in answers {
      try LeakageAudit.check(
        prompt: text[prompt], answer: answer, row: index, file: split.rawValue, task: row.task.rawValue)
    }
  }
}
