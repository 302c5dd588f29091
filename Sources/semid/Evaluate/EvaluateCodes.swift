import ArgumentParser
import SemanticID

struct EvaluateCodes: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "codes", abstract: "Collisions, usage, reconstruction and neighbors of codes, of one set or several.",
    discussion: """
      Examples:
        semid evaluate codes embeddings.npy --model model
        semid evaluate codes embeddings.npy --model rq-kmeans --model rq-vae --report report.html
        semid evaluate codes embeddings.npy --codes codes.npy --codes resolved.npy --model model

      Models without --codes encode the embeddings. With --codes, the model (one for all, or one for each) says what the \
      codes decode to. Several sets make a table of one row each: the same queries, the same pairs.

      Neighbors by code come in ties: all items under one prefix are equally near. Items at equal distance count as \
      standing in every order equally often, on both sides, and what is printed is the exact mean over all those orders. \
      An item is not its own neighbor.

      --definitions semantic-id prints what the Python package's evaluate() does, by its formulas, samples and names \
      (those of 0.2.4 and 0.2.5; semantic-id-0.2.3 for the ones before). Recall and NDCG are equal to it where they do \
      not depend on the order in which scikit-learn returns ties.
      """)

  @Argument(
    help: ArgumentHelp(
      "Embeddings: .npy, .npz, .safetensors, .pt, .h5, .hdf5, .parquet, .csv or .tsv, the last two also as .gz. Without: "
        + "what the codes alone tell."),
    completion: .file())
  var input: String?
  @Option(
    help: ArgumentHelp(
      "Array, tensor, dataset or column with the vectors; by default a known name or the only one there.",
      valueName: "name"))
  var vectors: String?
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Codes to judge: .npy, .parquet or .jsonl. Repeatable; by default what the models give.", valueName: "file"),
    completion: .file(extensions: ["npy", "parquet", "jsonl"]))
  var codes: [String] = []
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Model to encode with, or that the codes are of. Repeatable; by default none.", valueName: "directory"))
  var model: [String] = []
  @Option(
    help: ArgumentHelp(
      "Codebook size of each level of codes without a model (default: the largest code and one).", valueName: "k,k,…"),
    transform: LevelOptions.sizes)
  var codebookSize: [Int]?
  @Option(name: .customLong("k"), help: ArgumentHelp("Neighbors of recall and NDCG.", valueName: "n"))
  var k = CodeEvaluator().k
  @Option(help: ArgumentHelp("Items whose neighbors are looked at.", valueName: "n"))
  var sample = 1000
  @Flag(help: "Look at the neighbors of every item.")
  var all = false
  @Option(
    help: ArgumentHelp(
      "Pairs of items of the distance correlation (default: 100000; semantic-id: 2000).", valueName: "n"))
  var pairs: Int?
  @Option(help: "What near means between vectors: l2 (default) or cosine.", transform: KMeansMetric.parse)
  var metric = CodeEvaluator().metric
  @Option(help: ArgumentHelp("Seed of the samples.", valueName: "n"))
  var seed: UInt32 = 42
  @Option(help: "Whose definitions: own, semantic-id or semantic-id-0.2.3.")
  var definitions = Definitions.own
  @Option(
    help: "With --definitions semantic-id: distance of codes, prefix or hamming; by default prefix, for 0.2.3 hamming.",
    transform: Self.distance)
  var distance: CodeDistance?
  @Option(
    name: [.customLong("report"), .customLong("html")],
    help: ArgumentHelp("Write a page with charts, which needs no other file; by default none.", valueName: "file.html"),
    completion: .file(extensions: ["html"]))
  var report: String?
  @OptionGroup(title: "Common options") var common: GlobalOptions

  enum Definitions: String, ExpressibleByArgument, CaseIterable {
    case own
    case semanticID = "semantic-id"
    case semanticID023 = "semantic-id-0.2.3"

    var version: SemanticIDMetrics.Version? { .init(rawValue: rawValue) }
  }

  func validate() throws {
    try InputError.check("--k", k, in: Ranges.items)
    try InputError.check("--sample", sample, in: Ranges.items)
    try InputError.check("--pairs", pairs, in: 1...1_000_000_000)
    if definitions != .own {
      if report != nil { throw ValidationError("--report: shows our own definitions; leave --definitions out") }
      if metric != .l2 { throw ValidationError("--metric: semantic-id knows l2 only") }
    } else if distance != nil {
      throw ValidationError("--distance: expected --definitions semantic-id beside it; our own measurements have both")
    }
  }

  private static func distance(_ name: String) throws -> CodeDistance {
    guard let distance = CodeDistance(rawValue: name) else {
      throw ValidationError("expected prefix or hamming, found \(name)")
    }
    return distance
  }

  func execute(_ console: Console) async throws {
    if let report {
      try Output.check([.file(report)], reading: [input].compactMap(\.self) + codes + model)
    }
    let set = try input.map { path in
      try EmbeddingSet(
        opening: path, options: .init(vectors: vectors, readsIDs: codes.contains { !$0.hasSuffix(".npy") }),
        pool: console.pool)
    }
    if let set { console.tell(set.input) }
    if metric == .cosine { try set?.checkDirections(pool: console.pool) }
    let candidates = try CodesToCompare(files: codes, models: model, levelSizes: codebookSize)
      .open(set, pool: console.pool)
    for candidate in candidates { candidate.summary.map(console.tell) }
    if let version = definitions.version {
      try await printSemanticID(candidates, set, version, console)
    } else {
      try await printOwn(candidates, set, console)
    }
  }

  private func printOwn(_ candidates: [CodesToCompare.Candidate], _ set: EmbeddingSet?, _ console: Console) async throws
  {
    let named = EvaluationTables.shortNames(candidates.map(\.name))
    let measured = zip(named, candidates).map {
      CodeEvaluator.Candidate(name: $0, codes: $1.codes, model: $1.tokenizer)
    }
    var evaluator = CodeEvaluator()
    evaluator.k = k
    evaluator.sample = all ? nil : sample
    evaluator.metric = metric
    evaluator.seed = UInt64(seed)
    if let pairs { evaluator.pairs = pairs }
    let queries = set.map { all ? $0.count : min(sample, $0.count) } ?? 0
    let (evaluations, seconds) = try await timed {
      guard let set else { return try CodeEvaluator.evaluate(measured, pool: console.pool) }
      return try await console.step("finding neighbors", total: queries, unit: "items") { step in
        try evaluator.evaluate(set.vectors, measured, pool: console.pool) { step.advance(by: $0) }
      }
    }
    if let report {
      var page = CodeReport(
        title: input.map { "Codes of \(EvaluationTables.shortNames([$0])[0])" } ?? "Codes", evaluations: evaluations,
        histograms: try measured.map { try CodeHistograms($0.codes, pool: console.pool) },
        dimension: set?.dimension)
      if candidates.contains(where: \.sizesAreInferred) { page.notes.append(EvaluationTables.inferredSizes) }
      try AtomicFile.write(try page.html(), to: report)
    }
    try EvaluationTables(candidates: candidates, evaluations: evaluations, set: set, seconds: seconds).print(console)
    if let report { console.note("report written to \(report)") }
  }

  private func printSemanticID(
    _ candidates: [CodesToCompare.Candidate], _ set: EmbeddingSet?, _ version: SemanticIDMetrics.Version,
    _ console: Console
  ) async throws {
    guard let set else {
      throw InputError(.usage, "--definitions \(version.rawValue)", expected: "embeddings", found: "none")
    }
    let results = try candidates.map {
      try SemanticIDMetrics(
        set.vectors, $0.codes, model: $0.tokenizer, version: version, k: k, sample: all ? set.count : sample,
        pairs: pairs ?? 2000, distance: distance, seed: seed, pool: console.pool)
    }
    try EvaluationTables.print(results, candidates, console)
  }
}
