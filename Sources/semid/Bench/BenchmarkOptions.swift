import ArgumentParser
import Foundation
import SemanticID

/// What a benchmark measures: a data set with its true neighbors, and an index of it, made here or built before.
struct BenchmarkOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "ann-benchmarks HDF5 (train, test, neighbors, distances); or embeddings, of which queries are held out.",
      valueName: "file"), completion: .file())
  var data: String
  @Option(
    help: ArgumentHelp(
      "Measure this index of the items, built before, such as --keep leaves as DIR/index; by default one is made.",
      valueName: "directory"))
  var index: String?
  @OptionGroup var shape: LevelOptions
  @Option(help: ArgumentHelp("Rounds of k-means a level, at most.", valueName: "n"))
  var iterations = KMeansOptions().iterations
  @Option(help: FaissHelp.factory)
  var faiss = "Flat"
  @Option(help: "What near means, of plain embeddings: l2, cosine or ip; l2 by default.")
  var metric: Metric?
  @Option(
    help: ArgumentHelp(
      "Queries: the first of `test`, all by default; or rows held out, 1,000 by default and a tenth at most.",
      valueName: "n"))
  var queries: Int?
  @Option(help: ArgumentHelp("Seed of the choice of rows that are held out.", valueName: "n"))
  var seed: UInt64 = 1
  @Option(help: ArgumentHelp("Keep the model and the index here; by default nowhere.", valueName: "directory"))
  var keep: String?

  func validate() throws {
    try InputError.check("--queries", queries, in: Ranges.items)
    try InputError.check("--iterations", iterations, in: KMeansOptions.iterationRange)
    if index != nil, keep != nil {
      throw ValidationError("--index measures an index that is there; leave out --keep")
    }
  }

  /// What is read.
  var paths: [String] { [data] + [index].compactMap(\.self) }

  /// A data set, and an index of it.
  struct Prepared {
    var data: BenchmarkData
    /// The index's directory.
    var index: String
    var model: (any Tokenizer)?
    var making: Making?
    /// Keeps a temporary folder until the value goes.
    var scratch: ScratchDirectory?
  }

  /// How the index was made.
  struct Making {
    var trainSeconds: Double
    var encodeSeconds: Double
    var buildSeconds: Double
    var relativeError: Double
    var codes: CodeStatistics
  }

  func prepare(_ console: Console) async throws -> Prepared {
    let data = try BenchmarkData(
      opening: self.data, metric: metric, queries: queries, seed: seed, pool: console.pool)
    console.tell(data.input)
    var prepared = Prepared(data: data, index: index ?? "")
    if let index {
      try check(index, data)
    } else {
      try data.checkTruth(faiss: faiss, source: self.data)
      try await make(&prepared, console)
    }
    return prepared
  }

  private func check(_ path: String, _ data: BenchmarkData) throws {
    let manifest = try SemanticIndex(opening: path).manifest
    func require(_ condition: Bool, _ expected: String, _ found: String) throws {
      guard condition else {
        throw InputError(
          .mismatch, path, expected: expected, found: found,
          remedy: "build the index of \(self.data), or leave out --index")
      }
    }
    let items = data.items
    try require(manifest.count == items.rows, "\(items.rows) items, the rows of the data", "\(manifest.count)")
    try require(manifest.dimension == items.columns, "vectors of length \(items.columns)", "\(manifest.dimension)")
    try require(manifest.metric == data.metric, "the metric \(data.metric.rawValue)", manifest.metric.rawValue)
    try data.checkTruth(faiss: manifest.faiss, source: self.data)
  }

  private func make(_ prepared: inout Prepared, _ console: Console) async throws {
    let scratch = try keep.map { try ScratchDirectory(keeping: $0) } ?? ScratchDirectory()
    let train = prepared.data.items
    var options = RQKMeansOptions()
    options.levelSizes = shape.sizes
    options.metric = prepared.data.metric == .cosine ? .cosine : .l2
    options.kMeans.iterations = iterations
    let (model, training) = try await console.step(
      "training", total: (iterations + 1) * options.levelSizes.count, unit: "rounds"
    ) { step in
      try RQKMeans.train(train, options: options, pool: console.pool, source: data) { progress in
        step.update(to: progress.level * (progress.rounds + 1) + progress.round + 1)
      }
    }
    try model.write(to: scratch.path("model"))
    let (codes, encoding) = try await timed {
      try await console.step("encoding", unit: "items") { _ in
        try model.encode(train, pool: console.pool, source: data)
      }
    }
    let (_, building) = try await timed {
      try await console.step("building", unit: "items") { step in
        try IndexBuilder(metric: prepared.data.metric, faiss: faiss).build(
          IndexContents(codes: codes, vectors: train, tokenizer: model), at: scratch.path("index"), pool: console.pool
        ) { stage, done, _ in
          step.note(stage.rawValue)
          step.update(to: done)
        }
      }
    }
    prepared.index = scratch.path("index")
    prepared.model = model
    prepared.scratch = scratch
    prepared.making = Making(
      trainSeconds: training.seconds, encodeSeconds: encoding, buildSeconds: building,
      relativeError: training.levels.last?.relativeError ?? 1,
      codes: try CodeStatistics(codes, pool: console.pool))
  }

  /// The name of the data set: the file's, without its extension.
  var dataset: String { URL(fileURLWithPath: data).deletingPathExtension().lastPathComponent }
}
