import ArgumentParser
import Foundation
import SemanticID

struct Demo: SemidCommand {
  static let configuration = CommandConfiguration(
    abstract: "The whole path on the packages that this machine's apt knows: text, embeddings, IDs, index, search.",
    discussion: "Where there is no apt, a small catalogue that comes with the engine serves.")

  @Option(
    help: ArgumentHelp(
      "A catalogue of your own: JSON lines with id, title, …; by default the packages that apt knows.",
      valueName: "file"), completion: .file())
  var catalogue: String?
  @Option(
    name: .customLong("query"), help: ArgumentHelp("What to search for; may be given several times.", valueName: "text")
  )
  var queries: [String] = ["video editor", "rust compiler", "chess game", "python web framework"]
  @Option(
    help: ArgumentHelp(
      "Keep the model, the index, the vectors and the titles here; by default nowhere.", valueName: "directory"))
  var keep: String?
  @OptionGroup var shape: LevelOptions
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func execute(_ console: Console) async throws {
    let start = ContinuousClock.now
    let scratch = try keep.map { try ScratchDirectory(keeping: $0) } ?? ScratchDirectory()
    let catalogue = try await read(console)
    let ((embedder, vectors), embedding) = try await timed {
      try await console.step("embedding", unit: "texts") { _ in
        try LSAEmbedder.fitAndEmbed(
          fields: catalogue.texts.map { TextField($0.text, weight: $0.weight) }, options: Self.embedding(catalogue),
          pool: console.pool)
      }
    }
    try note(
      console, "embed", embedding,
      "\(Text.count(embedder.vocabularySize)) hashed features to \(vectors.columns) dimensions")
    let model = try await train(vectors, console)
    let (codes, encoding) = try await timed { try model.encode(vectors, pool: console.pool) }
    let statistics = try CodeStatistics(codes, pool: console.pool)
    try note(console, "encode", encoding, CodeTables.summary(statistics))
    let (index, building) = try await timed {
      try model.write(to: scratch.path("model"))
      var contents = IndexContents(codes: codes, vectors: vectors, ids: catalogue.ids, tokenizer: model)
      contents.attributes = Self.attributes(of: catalogue)
      try IndexBuilder().build(contents, at: scratch.path("index"), pool: console.pool)
      return try SemanticIndex(opening: scratch.path("index"), model: model.fingerprint, pool: console.pool)
    }
    try note(console, "index", building, "\(Text.bytes(index.manifest.bytes)) on disk, mapped")
    if keep != nil {
      try NPY.write(vectors, to: scratch.path("vectors.npy"))
      try Self.write(catalogue, to: scratch.path("items.jsonl"))
    }

    for query in queries { try search(query, embedder, index, catalogue, console) }
    try measure(index, vectors, console)
    try note(console, "total", Stopwatch.seconds(since: start), keep.map { "kept in \($0)" } ?? "")
  }

  /// The section of each item, to filter by.
  private static func attributes(of catalogue: Catalogue) -> AttributeTable? {
    guard let sections = catalogue.sections else { return nil }
    let present = Buffer((0..<sections.count).map { UInt8(sections[$0].isEmpty ? 0 : 1) })
    return AttributeTable(
      source: catalogue.name, ids: catalogue.ids,
      columns: [.init(name: "section", values: .init(values: .strings(sections), present: present))])
  }

  /// Ids and titles, as `semid serve --titles` reads them.
  private static func write(_ catalogue: Catalogue, to path: String) throws {
    var lines = ""
    for item in 0..<catalogue.count {
      lines += "{\"id\":\(jsonString(catalogue.ids[item])),\"title\":\(jsonString(catalogue.titles[item]))}\n"
    }
    try AtomicFile.write(lines, to: path)
  }

  // MARK: Steps

  private func read(_ console: Console) async throws -> Catalogue {
    let (catalogue, seconds) = try await timed { () throws -> Catalogue in
      if let path = self.catalogue { return try JSONLinesCatalogue.read(path: path) }
      do {
        return try DebianPackages.available().catalogue
      } catch let error as InputError where error.kind == .missing {
        console.note("\(error); the small catalogue that comes with the engine serves instead")
        return try Catalogue.small()
      }
    }
    try note(console, "read", seconds, "\(catalogue.name): \(Text.count(catalogue.count, "item"))")
    return catalogue
  }

  /// The small catalogue has fewer independent directions than the default asks for.
  private static func embedding(_ catalogue: Catalogue) -> LSAOptions {
    var options = LSAOptions()
    options.dimension = min(options.dimension, max(8, catalogue.count / 4))
    return options
  }

  private func train(_ vectors: Matrix, _ console: Console) async throws -> RQKMeans {
    var options = RQKMeansOptions()
    // A codebook larger than an eighth of the catalogue would learn items by heart.
    options.levelSizes = shape.sizes.map { min($0, max(2, vectors.rows / 8)) }
    let (model, report) = try await console.step(
      "training", total: (options.kMeans.iterations + 1) * options.levelSizes.count, unit: "rounds"
    ) { step in
      try RQKMeans.train(vectors, options: options, pool: console.pool) { progress in
        step.update(to: progress.level * (progress.rounds + 1) + progress.round + 1)
      }
    }
    let levels = report.levels.map {
      "\($0.size) codes, \($0.used) used, perplexity \(Text.fixed($0.perplexity, 0)), error \(Text.fixed($0.relativeError, 3))"
    }
    try note(console, "train", report.seconds, levels.joined(separator: "\n" + String(repeating: " ", count: 19)))
    for level in report.levels where level.isCollapsed {
      console.warn(level.collapseWarning(options))
    }
    return model
  }

  private func search(
    _ query: String, _ embedder: LSAEmbedder, _ index: SemanticIndex, _ catalogue: Catalogue, _ console: Console
  ) throws {
    let vector = try embedder.embed(texts: [query], pool: console.pool)
    let hits = try index.search(vector.row(0), options: SearchOptions(k: 5)).hits
    func found(_ row: Int, distance: Float? = nil) -> Found {
      Found(
        query: query, item: catalogue.ids[row], title: catalogue.titles[row],
        tokens: TokenFormat.tokens.text(for: index.codes(ofRow: row)), distance: distance)
    }
    let results = hits.map { found($0.row, distance: $0.distance) }
    try console.heading("\n\"\(query)\"")
    try console.print(
      results,
      [
        Column("") { "  " + $0.item }, Column("", shrinks: true) { $0.title }, Column("") { $0.tokens },
        Column("", .right) { Text.fixed(Double($0.distance ?? 0), 3) },
      ])
    guard !console.isJSON, let best = hits.first else { return }
    let codes = index.codes(ofRow: best.row)
    for depth in stride(from: codes.count, through: 1, by: -1) {
      let prefix = Array(codes.prefix(depth))
      let rows = index.rows(prefix: prefix).filter { $0 != best.row }
      let names = rows.prefix(6).map { catalogue.ids[$0] }.joined(separator: ", ")
      let rest = rows.count > 6 ? ", …" : ""
      try console.results.line(
        "    \(TokenFormat.tokens.text(for: prefix)) is shared with \(Text.count(rows.count))"
          + (rows.isEmpty ? "" : ": \(names)\(rest)"))
    }
  }

  private func measure(_ index: SemanticIndex, _ vectors: Matrix, _ console: Console) throws {
    var random = CounterRandom(seed: 1)
    let sample = random.sample(min(500, vectors.rows), below: vectors.rows)
    let queries = vectors.gathered(sample)
    let k = min(10, vectors.rows)
    let truth = try GroundTruth(exact: index, queries, k: k, pool: console.pool)
    try console.heading("\nrecall@\(k) against exact search, \(Text.count(sample.count)) items as queries")
    var rows: [Recall] = []
    for candidates in [100, 400, 1600] {
      let clock = ContinuousClock.now
      let results = try index.search(
        queries, options: SearchOptions(k: k, candidates: candidates), pool: ThreadPool(threads: 1))
      let seconds = Stopwatch.seconds(since: clock)
      let recall = results.enumerated().reduce(0) { $0 + truth.recall(of: $1.element.hits, query: $1.offset, at: k) }
      rows.append(
        Recall(
          k: k, candidates: candidates, recall: recall / Double(sample.count),
          microsecondsPerQuery: seconds / Double(sample.count) * 1e6))
    }
    try console.print(
      rows,
      [
        Column("  reranked", .right) { Text.count($0.candidates) },
        Column("recall@\(k)", .right) { Text.fixed($0.recall, 4) },
        Column("a query, one thread", .right) { Text.duration(seconds: $0.microsecondsPerQuery * 1e-6) },
      ])
  }

  // MARK: Results

  private struct Step: Encodable {
    var step: String
    var seconds: Double
    var detail: String
  }

  private struct Found: Encodable {
    var query: String
    var item: String
    var title: String
    var tokens: String
    var distance: Float?
  }

  private struct Recall: Encodable {
    var k: Int
    var candidates: Int
    var recall: Double
    var microsecondsPerQuery: Double
  }

  private func note(_ console: Console, _ step: String, _ seconds: Double, _ detail: String) throws {
    try console.print(Step(step: step, seconds: seconds, detail: detail)) {
      let name = step.padding(toLength: 8, withPad: " ", startingAt: 0)
      let time = Text.duration(seconds: seconds)
      return name + String(repeating: " ", count: max(0, 9 - time.count)) + time + "  " + detail
    }
  }
}
