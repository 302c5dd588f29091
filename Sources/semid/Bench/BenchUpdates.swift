import ArgumentParser
import SemanticID

struct BenchUpdates: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "updates", abstract: "Search an index from several threads while it changes, and check every answer.",
    discussion: """
      Example: semid bench updates --searches 100000 --add 50000 --delete 20000

      Without a file the vectors are made up: clusters of normal vectors. The index is built of all but the last \
      vectors, which are then added in batches, while other items are deleted. Every search is for the vector of an item \
      that must be there; its answer must hold no item whose deletion was published before. Exits with a fault when an \
      answer is wrong.
      """)

  @Argument(help: "Embeddings; made up by default.", completion: .file())
  var input: String?
  @Option(help: ArgumentHelp("Items of the index at the start, where they are made up.", valueName: "n"))
  var items = 100_000
  @Option(help: ArgumentHelp("Dimension, where vectors are made up.", valueName: "n"))
  var dimension = 64
  @Option(help: ArgumentHelp("Searches, at least.", valueName: "n"))
  var searches = 100_000
  @Option(help: ArgumentHelp("Threads that search.", valueName: "n"))
  var searchThreads = 4
  @Option(help: ArgumentHelp("Items to add.", valueName: "n"))
  var add = 50_000
  @Option(help: ArgumentHelp("Items to delete.", valueName: "n"))
  var delete = 20_000
  @Option(help: ArgumentHelp("Items that one publication adds.", valueName: "n"))
  var batch = 500
  @Option(help: ArgumentHelp("Items reranked, the best by estimated distance.", valueName: "n"))
  var candidates = SearchOptions().candidates
  @OptionGroup var shape: LevelOptions
  @Option(help: ArgumentHelp("Seed of the made-up vectors and of the choice of items.", valueName: "n"))
  var seed: UInt64 = 1
  @OptionGroup var merging: MergeOption
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func validate() throws {
    try InputError.check("--items", items, in: Ranges.items)
    try InputError.check("--dimension", dimension, in: Ranges.dimension)
    try InputError.check("--searches", searches, in: 1...1 << 40)
    try InputError.check("--search-threads", searchThreads, in: 1...GlobalOptions.mostThreads)
    try InputError.check("--add", add, in: Ranges.itemsOrNone)
    try InputError.check("--delete", delete, in: Ranges.itemsOrNone)
    try InputError.check("--batch", batch, in: Ranges.items)
    try InputError.check("--candidates", candidates, in: Ranges.items)
    if input == nil { try Ranges.checkMemory("--items and --add", bytes: items + add, dimension, 8) }
    guard delete < items else { throw ValidationError("--delete: expected fewer than there are --items") }
  }

  func execute(_ console: Console) async throws {
    let set = try input.map { try EmbeddingSet(opening: $0, options: .init(readsIDs: false), pool: console.pool) }
    if let set { console.tell(set.input) }
    let vectors = set?.vectors ?? madeUp(console.pool)
    guard vectors.rows > add + delete else {
      throw InputError(
        .mismatch, input ?? "vectors", expected: "more than \(Text.count(add + delete)) vectors",
        found: Text.count(vectors.rows))
    }
    let scratch = try ScratchDirectory()
    let path = scratch.path("index")
    let initial = vectors[rows: 0..<vectors.rows - add]
    var options = RQKMeansOptions()
    options.levelSizes = shape.sizes
    let model = try RQKMeans.train(initial, options: options, pool: console.pool).model
    try IndexBuilder(metric: .l2).build(
      IndexContents(
        codes: model.encode(initial, pool: console.pool), vectors: initial,
        ids: StringColumn((0..<initial.rows).map(String.init)), tokenizer: model), at: path, pool: console.pool)

    var benchmark = UpdateBenchmark()
    benchmark.threads = searchThreads
    benchmark.searches = searches
    benchmark.added = add
    benchmark.deleted = delete
    benchmark.batch = batch
    benchmark.search = SearchOptions(candidates: candidates)
    benchmark.merging = merging.options.merging
    benchmark.seed = seed
    let report = try await console.step("searching", unit: "searches") { step in
      try benchmark.run(path, vectors, pool: console.pool) { step.update(to: $0) }
    }
    let (_, seconds) = try await timed {
      try SemanticIndex(opening: path, pool: console.pool).verify(pool: console.pool)
    }
    try console.print(report) { Self.text(report, verifySeconds: seconds) }
    guard report.isRight else {
      throw InputError(
        .io, "semid bench updates", expected: "every answer right",
        found: report.firstError ?? "\(report.missing) missing, \(report.deletedReturned) deleted ones returned")
    }
  }

  /// 1,000 clusters whose own spread is a fifth of the spread between them.
  private func madeUp(_ pool: ThreadPool) -> Matrix {
    let clusters = 1000
    func normals(_ rows: Int, stream: UInt64, scale: Double, around centers: Matrix?) -> Matrix {
      Matrix(rows: rows, columns: dimension) { target in
        let target = target
        pool.run(over: rows, inPiecesOf: 1024) { piece in
          var random = CounterRandom(seed: seed, stream: stream + UInt64(piece.lowerBound))
          for row in piece {
            let center = random.below(clusters)
            for column in 0..<dimension {
              target[row * dimension + column] =
                Float(random.normals().0 * scale) + (centers?[center, column] ?? 0)
            }
          }
        }
      }
    }
    return normals(
      items + add, stream: 1 << 40, scale: 0.2, around: normals(clusters, stream: 0, scale: 1, around: nil))
  }

  private static func text(_ report: UpdateBenchmarkReport, verifySeconds: Double) -> String {
    func line(_ name: String, _ quantiles: UpdateBenchmarkReport.Quantiles) -> String {
      let values = [quantiles.p50, quantiles.p95, quantiles.p99, quantiles.longest].map { Text.duration(seconds: $0) }
      return "\(name)\(values[0]) (p95 \(values[1]), p99 \(values[2]), longest \(values[3]))"
    }
    return """
      \(Text.count(report.searches, "search", plural: "searches")) in \(Text.duration(seconds: report.seconds)) \
      (\(Text.figure(Double(report.searches) / report.seconds))/s) while \(Text.count(report.added, "item")) were added \
      and \(Text.count(report.deleted)) deleted, in \(Text.count(report.publications, "publication"))
      \(line("search before the changes  ", report.quiet))
      \(line("search during the changes  ", report.searching))
      \(line("to publish                 ", report.publishing))
      \(line("with the merges after it   ", report.updating))
      \(Text.count(report.merges, "merge")) wrote \(Text.count(report.rewritten, "item")) anew; \
      \(Text.count(report.itemsAfter, "item")) in \(Text.count(report.segments, "segment")) then; whole \
      (verified in \(Text.duration(seconds: verifySeconds)))
      \(line("search after the changes   ", report.settled))
      \(line("and in one segment         ", report.compacted)), made in \(Text.duration(seconds: report.compactSeconds))
      errors \(Text.count(report.errors)), published items missing \(Text.count(report.missing)), deleted items returned \
      \(Text.count(report.deletedReturned)); \(Text.count(report.beyondBudget)) searches ended on their budget before \
      their own item
      """
  }
}
