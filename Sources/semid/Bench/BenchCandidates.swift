import ArgumentParser
import SemanticID

struct BenchCandidates: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "candidates", abstract: "How many true neighbors are among the candidates, by their number.",
    discussion: """
      Example: semid bench candidates --data fashion-mnist-784-euclidean.hdf5 --svg candidates.svg

      Widens the ID of every query (`test` of an ann-benchmarks file; of other files, rows that are held out) by \
      each rule, and says what share of its true k nearest are in the set: the ceiling of whatever ranks candidates \
      afterwards. The rules are those of `semid search --expand` (exact, prefix, hamming:R, per-level:M, product:M), \
      and distance: best first by the distance between the query and what the codes stand for. A set may be larger \
      than its budget, since the last ID is taken with all its items, and smaller where a rule finds no more; larger \
      budgets of such a rule are left out. Times are of one query on one thread; run with --threads 1 to quote them.
      """)

  @OptionGroup var set: BenchmarkOptions
  @Option(
    help: ArgumentHelp(
      "Rules, with commas between (default: \(ListArgument.list(CandidateRule.defaults.map(\.name)))).",
      valueName: "rule,…"), transform: ListArgument.rules)
  var rules: [CandidateRule] = CandidateRule.defaults
  @Option(
    help: ArgumentHelp(
      "Items wanted (default: \(ListArgument.list(CandidateBenchmark.defaultBudgets))).", valueName: "n,n,…"),
    transform: ListArgument.numbers("--budgets"))
  var budgets: [Int] = CandidateBenchmark.defaultBudgets
  @Option(name: .shortAndLong, help: ArgumentHelp("True neighbors looked for.", valueName: "n"))
  var k = 10
  @Option(
    help: ArgumentHelp("Draw recall against size here; by default nowhere.", valueName: "file"),
    completion: .file(extensions: ["svg"]))
  var svg: String?
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func validate() throws {
    try InputError.check("--k", k, in: Ranges.items)
  }

  func execute(_ console: Console) async throws {
    try Output.check([svg].compactMap(\.self).map { .file($0) }, reading: set.paths)
    let prepared = try await set.prepare(console)
    let index = try SemanticIndex(opening: prepared.index)
    let model = try prepared.model ?? index.tokenizer()
    let ids = try model.encode(prepared.data.queries, pool: console.pool, source: set.data)
    let truth =
      try prepared.data.truth
      ?? GroundTruth(exact: index, prepared.data.queries, k: min(k + 90, index.count), pool: console.pool)
    let scratch = try ScratchDirectory()
    let byCodes = rules.contains(.distance) ? try withoutVectors(index, model, scratch, console) : nil
    var benchmark = CandidateBenchmark()
    benchmark.k = k
    benchmark.rules = rules
    benchmark.budgets = budgets
    let report = try await console.step(
      "widening", unit: "budgets"
    ) { step in
      try benchmark.run(
        index, byCodes: byCodes, queries: prepared.data.queries, ids: ids, truth: truth, pool: console.pool
      ) { step.update(to: $0) }
    }
    if let svg { try AtomicFile.write(try report.plot(data: set.dataset), to: svg) }
    try show(report, console)
    if let svg { console.note("wrote \(svg)") }
  }

  /// The same items with their codes alone, which are then what is searched.
  private func withoutVectors(
    _ index: SemanticIndex, _ model: any Tokenizer, _ scratch: ScratchDirectory, _ console: Console
  ) throws -> SemanticIndex {
    let levels = index.trie.levelSizes.count
    let values = Buffer<UInt16>(count: index.count * levels) { values in
      index.trie.rows.withUnsafeBufferPointer { rows in
        index.trie.codes.withUnsafeBufferPointer { codes in
          for position in rows.indices {
            for level in 0..<levels { values[Int(rows[position]) * levels + level] = codes[position * levels + level] }
          }
        }
      }
    }
    let codes = try Codes(levelSizes: index.trie.levelSizes, values: values)
    try IndexBuilder(metric: index.metric).build(
      IndexContents(codes: codes, tokenizer: model), at: scratch.path("codes"), pool: console.pool)
    return try SemanticIndex(opening: scratch.path("codes"))
  }

  private func show(_ report: CandidateReport, _ console: Console) throws {
    try console.print(Setting(report, data: set.data)) {
      """
      \(set.data): \(Text.count(report.items, "item")), IDs of \
      \(report.levelSizes.map(String.init).joined(separator: "×")); \
      \(Text.count(report.queries, "query", plural: "queries")), \(Text.count(report.queriesWithoutItem)) of them with an \
      ID that no item has

      """
    }
    try console.print(
      report.rows,
      [
        Column("rule") { $0.rule }, Column("budget", .right) { Text.count($0.budget) },
        Column("items in the set", .right) { Text.figure($0.size) },
        Column("of the true \(report.k)", .right) { Text.fixed($0.recall, 4) },
        Column("by chance", .right) { Text.fixed($0.recallByChance, 4) },
        Column("time a query", .right) { Text.duration(seconds: $0.microseconds * 1e-6) },
      ])
  }

  private struct Setting: Encodable {
    var data: String
    var items: Int
    var levelSizes: [Int]
    var queries: Int
    var queriesWithoutItem: Int
    var k: Int

    init(_ report: CandidateReport, data: String) {
      self.data = data
      items = report.items
      levelSizes = report.levelSizes
      queries = report.queries
      queriesWithoutItem = report.queriesWithoutItem
      k = report.k
    }
  }
}
