import ArgumentParser
import Foundation
import SemanticID

struct BenchRecall: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "recall", abstract: "Recall against speed, from training to search, on an ann-benchmarks file.",
    discussion: """
      Example: semid bench recall --data fashion-mnist-784-euclidean.hdf5 --levels 4

      Trains on `train`, encodes and indexes it, then searches for every row of `test` with budgets from small to \
      large. A returned item counts when it is no farther than the true k-th neighbour, so that ties count. The first \
      row is FAISS's exact search: the ceiling.
      """)

  @Option(
    help: ArgumentHelp("ann-benchmarks HDF5: train, test, neighbors, distances.", valueName: "file"),
    completion: .file(extensions: ["hdf5", "h5"]))
  var data: String
  @OptionGroup var shape: LevelOptions
  @Option(help: ArgumentHelp("Rounds of k-means a level, at most.", valueName: "n"))
  var iterations = KMeansOptions().iterations
  @Option(help: ArgumentHelp("How FAISS holds the vectors: a factory string.", valueName: "factory"))
  var faiss = "Flat"
  @Option(
    help: ArgumentHelp("Budgets: vectors compared a query (default: 50 to 25,600).", valueName: "n,n,…"),
    transform: Self.numbers)
  var candidates: [Int] = []
  @Option(help: ArgumentHelp("Keep the model and the index here.", valueName: "directory"))
  var keep: String?
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func execute(_ console: Console) async throws {
    let file = try ANNBenchmark(path: data)
    let metric: SearchMetric =
      switch file.distance {
      case .euclidean: .l2
      case .angular: .cosine
      case .dot: .innerProduct
      }
    let scratch = try Scratch(keeping: keep)
    var options = RQKMeansOptions()
    options.levelSizes = shape.sizes
    options.metric = metric == .cosine ? .cosine : .l2
    options.kMeans.iterations = iterations
    let (model, training) = try await console.step(
      "training", total: (iterations + 1) * options.levelSizes.count, unit: "rounds"
    ) { step in
      try RQKMeans.train(file.train, options: options, pool: console.pool, source: data) { progress in
        step.update(to: progress.level * (progress.rounds + 1) + progress.round + 1)
      }
    }
    try model.write(to: scratch.path("model"))
    let (codes, encoding) = try await timed { try model.encode(file.train, pool: console.pool, source: data) }
    let builder = IndexBuilder(metric: metric, faiss: faiss)
    let (_, building) = try await timed {
      try builder.build(
        IndexContents(codes: codes, vectors: file.train, codebooks: model.codebooks, model: model.fingerprint),
        at: scratch.path("index"), pool: console.pool)
    }
    var benchmark = RecallBenchmark(pool: console.pool)
    if !candidates.isEmpty { benchmark.sweep = candidates.map { SearchOptions(candidates: $0) } }
    let truth = file.distances.map { GroundTruth(annBenchmarks: $0, metric: metric) }
    let report = try await console.step("searching", total: benchmark.sweep.count + 1, unit: "budgets") { step in
      try benchmark.run(scratch.path("index"), queries: file.test, truth: truth, buildSeconds: building) { _ in
        step.advance()
      }
    }
    try show(report, training, encoding, try CodeStatistics(codes, pool: console.pool), console)
  }

  private func show(
    _ report: RecallReport, _ training: TrainingReport, _ encoding: Double, _ codes: CodeStatistics, _ console: Console
  ) throws {
    try console.print(
      Setting(
        data: data, items: report.items, dimension: report.dimension, queries: report.queries,
        metric: report.metric.rawValue, levelSizes: report.levelSizes, faiss: faiss,
        trainSeconds: training.seconds, encodeSeconds: encoding, buildSeconds: report.buildSeconds ?? 0,
        openSeconds: report.openSeconds, indexBytes: report.indexBytes, bytesBesideVectors: report.bytesBesideVectors,
        peakMemoryBytes: report.peakMemoryBytes, relativeError: training.levels.last?.relativeError ?? 1, codes: codes)
    ) {
      """
      \(data): \(Text.count(report.items)) × \(report.dimension), \(Text.count(report.queries)) queries, \
      \(report.metric.rawValue)
      trained \(report.levelSizes.map(String.init).joined(separator: "×")) in \
      \(Text.duration(seconds: training.seconds)), relative error \
      \(Text.fixed(training.levels.last?.relativeError ?? 1, 4)); encoded in \(Text.duration(seconds: encoding)); \
      index built in \(Text.duration(seconds: report.buildSeconds ?? 0)), opened in \
      \(Text.duration(seconds: report.openSeconds))
      index \(Text.bytes(report.indexBytes)), \(Text.bytes(report.bytesBesideVectors)) of it beside the vectors \
      (\(Text.figure(Double(report.bytesBesideVectors) / Double(max(1, report.items)))) bytes an item); \
      peak memory \(Text.bytes(report.peakMemoryBytes))
      \(CodeTables.summary(codes))

      """
    }
    let threads = report.rows.first?.throughput.map(\.threads) ?? []
    if console.isJSON {
      for row in report.rows { try console.results.line(JSON.line(Line(row, report))) }
      return
    }
    var columns: [Column<RecallReport.Row>] = [
      Column("reranked", .right) { $0.options.map { Text.count($0.candidates) } ?? "exact" },
      Column("scanned", .right) { $0.options == nil ? "" : Text.figure($0.codesScanned) },
    ]
    for (position, k) in report.ks.enumerated() {
      columns.append(Column("recall@\(k)", .right) { Text.fixed($0.recall[position], 4) })
    }
    for (position, count) in threads.enumerated() {
      columns.append(
        Column("QPS, \(Text.count(count, "thread"))", .right) { Text.figure($0.throughput[position].queriesPerSecond) })
    }
    columns.append(Column("p50", .right) { $0.p50.map { Text.duration(seconds: $0 * 1e-6) } ?? "" })
    columns.append(Column("p99", .right) { $0.p99.map { Text.duration(seconds: $0 * 1e-6) } ?? "" })
    try console.print(report.rows, columns)
  }

  private struct Setting: Encodable {
    var data: String
    var items: Int
    var dimension: Int
    var queries: Int
    var metric: String
    var levelSizes: [Int]
    var faiss: String
    var trainSeconds: Double
    var encodeSeconds: Double
    var buildSeconds: Double
    var openSeconds: Double
    var indexBytes: Int
    var bytesBesideVectors: Int
    var peakMemoryBytes: Int
    var relativeError: Double
    var codes: CodeStatistics
  }

  /// One budget, by the names of its figures.
  private struct Line: Encodable {
    var candidates: Int?
    var exact: Bool
    var recall: [String: Double]
    var queriesPerSecond: [String: Double]
    var p50Microseconds: Double?
    var p99Microseconds: Double?
    var nodesVisited: Double
    var codesScanned: Double
    var vectorsReranked: Double
    var budgetExhausted: Double

    init(_ row: RecallReport.Row, _ report: RecallReport) {
      candidates = row.options?.candidates
      exact = row.options == nil
      recall = Dictionary(uniqueKeysWithValues: zip(report.ks.map(String.init), row.recall))
      queriesPerSecond = Dictionary(
        row.throughput.map { (String($0.threads), $0.queriesPerSecond) }, uniquingKeysWith: max)
      p50Microseconds = row.p50
      p99Microseconds = row.p99
      nodesVisited = row.nodesVisited
      codesScanned = row.codesScanned
      vectorsReranked = row.vectorsReranked
      budgetExhausted = row.budgetExhausted
    }
  }

  private static func numbers(_ text: String) throws -> [Int] {
    try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
      guard let number = Int(part), number >= 1 else {
        throw ValidationError("--candidates: expected numbers from 1 with commas between, found \"\(text)\"")
      }
      return number
    }
  }
}
