import ArgumentParser
import SemanticID

struct BenchFilters: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "filters", abstract: "Recall and speed of searches under filters, beside those without.",
    discussion: """
      Example: semid bench filters index --queries fashion-mnist-784-euclidean.hdf5

      Each filter leaves items at random. The truth is the exact search under the same filter; an item found counts when \
      it is no farther than the true k-th. Batches and single queries on one thread.
      """)

  @Argument(help: "Index directory.", completion: .directory)
  var index: String
  @Option(
    help: ArgumentHelp("Vectors to search for; of an ann-benchmarks file, its test set.", valueName: "file"),
    completion: .file())
  var queries: String
  @Option(help: ArgumentHelp("Queries taken, the first of the file.", valueName: "n"))
  var limit = 1000
  @Option(
    name: .customLong("filter-share"),
    help: ArgumentHelp(
      "Shares of the items that filters leave (default: \(ListArgument.list(FilterBenchmark().shares))).",
      valueName: "x,x,…"),
    transform: Self.shares)
  var shares = FilterBenchmark().shares
  @Option(
    help: ArgumentHelp(
      "Budgets: vectors compared a query (default: \(ListArgument.list(FilterBenchmark().candidates))).",
      valueName: "n,n,…"),
    transform: ListArgument.numbers("--candidates"))
  var candidates = FilterBenchmark().candidates
  @Option(name: .shortAndLong, help: ArgumentHelp("Items wanted a query.", valueName: "n"))
  var k = 10
  @Option(help: ArgumentHelp("Seed of the choice of items.", valueName: "n"))
  var seed: UInt64 = 1
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func validate() throws {
    try InputError.check("--k", k, in: Ranges.items)
    try InputError.check("--limit", limit, in: Ranges.items)
  }

  func execute(_ console: Console) async throws {
    let index = try SemanticIndex(opening: self.index, pool: console.pool)
    let isBenchmark = ["hdf5", "h5"].contains { queries.lowercased().hasSuffix("." + $0) }
    let vectors: Matrix
    if isBenchmark {
      vectors = try ANNBenchmark(path: queries).test
    } else {
      let (read, input) = try VectorSelector(parsing: queries).read(pool: console.pool)
      console.tell(input)
      vectors = read
    }
    let taken = vectors[rows: 0..<min(limit, vectors.rows)]
    if index.metric == .cosine { try taken.checkDirections(source: queries, pool: console.pool) }
    var benchmark = FilterBenchmark()
    (benchmark.k, benchmark.shares, benchmark.candidates, benchmark.seed) = (k, shares, candidates, seed)
    let report = try await console.step(
      "searching", total: (shares.count + 1) * candidates.count, unit: "settings"
    ) { step in
      try benchmark.run(index, queries: taken, pool: console.pool) { _ in
        step.advance()
      }
    }
    try console.heading(
      """
      \(self.index): \(Text.count(report.items)) × \(report.dimension), \(Text.count(report.queries)) queries, \
      \(report.metric.rawValue), recall@\(report.k)
      """)
    try console.print(report.rows, Self.columns)
  }

  private static let columns: [Column<FilterReport.Row>] = [
    Column("left by the filter", .right) { $0.share.map { "\(Text.figure($0 * 100)) %" } ?? "no filter" },
    Column("items", .right) { Text.count($0.allowed) },
    Column("reranked", .right) { Text.figure($0.vectorsReranked) },
    Column("scanned", .right) { Text.figure($0.codesScanned) },
    Column("recall", .right) { Text.fixed($0.recall, 4) },
    Column("QPS, 1 thread", .right) { Text.figure($0.queriesPerSecond) },
    Column("p50", .right) { Text.duration(seconds: $0.p50 * 1e-6) },
  ]

  private static func shares(_ text: String) throws -> [Double] {
    try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
      guard let share = Double(part), share > 0, share <= 1 else {
        throw ValidationError("--filter-share: expected shares above 0 to 1 with commas between, found \"\(text)\"")
      }
      return share
    }
  }
}
