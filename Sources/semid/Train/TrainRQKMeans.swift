import ArgumentParser
import SemanticID

struct TrainRQKMeans: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "rq-kmeans", abstract: "Residual k-means: a codebook for the vectors, then for what it leaves over.",
    discussion: """
      Example: semid train rq-kmeans embeddings.npy --output model

      For a lower error from the same bits, at the cost of some seconds:

        semid train rq-kmeans embeddings.npy --output model --refine 10 --beam 5

      --refine moves the codebooks of all levels together once they are trained; --beam keeps the best few partial codes \
      of every vector when it is encoded, and is recorded in the model. The error of the last level falls; that of the \
      first levels alone, which nothing is optimized for any more, rises.

      A level whose perplexity is far below its number of codes has collapsed: most items share few codes. The command \
      says so, and what would help.

      The squared error per item is the mean of |x − x̂|², the squared distance between an item's vector and what its \
      codes decode to; relative is its share of the vectors' variance.

      --balance strict costs meaning: items go to codes that are not their nearest. On 62,666 packages of Debian, 3 × 256 \
      codes, the relative error rose from 0.470 to 0.485, recall@10 by prefix fell from 0.174 to 0.167, the share of items \
      whose section is the commonest of their first code from 61.8 to 59.2 %, and the overlap of tags below two codes from \
      0.449 to 0.437. Collisions fell there, from 17.5 to 16.7 %, but can rise: every level is even, whole IDs need not be.

      Same input, options and seed give the same model, whatever the number of threads.
      """)

  @OptionGroup var input: InputOptions
  @Option(name: .shortAndLong, help: ArgumentHelp("Directory to write the model to.", valueName: "directory"))
  var output: String
  @OptionGroup var shape: LevelOptions
  @Option(
    help: "What near means: l2 (default), or cosine, which scales vectors to unit length.",
    transform: KMeansMetric.parse)
  var metric = Metric.l2
  @Option(
    help: ArgumentHelp(
      "First centroids: random, k-means++, k-means||, or auto: k-means||, unless a trial on a sample shows a better start.",
      valueName: "start"))
  var start = KMeansOptions().start
  @Option(
    help: ArgumentHelp(
      "How far from the mean the first centroids lie, as a share of how far the rows drawn do; 1 leaves them there. "
        + "auto tries 1 as well.",
      valueName: "share"))
  var seedReach = KMeansOptions().seedReach
  @Option(
    help: ArgumentHelp(
      "How evenly codes are used: none, price (by learnt prices, item by item) or strict (⌊N/K⌋ to ⌈N/K⌉ items a code), "
        + "at the cost of neighbors that no longer share a prefix, and perhaps of more collisions.",
      valueName: "rule"))
  var balance = Balance.none
  @Option(help: ArgumentHelp("Rounds of k-means a level, at most.", valueName: "n"))
  var iterations = KMeansOptions().iterations
  @Option(
    help: ArgumentHelp(
      "End a level when a round lowers its error by less than this share; 0: never.", valueName: "share"))
  var tolerance = KMeansOptions().tolerance
  @Option(help: ArgumentHelp("Runs of k-means a level, of which the best is kept.", valueName: "n"))
  var restarts = KMeansOptions().restarts
  @Option(
    help: ArgumentHelp(
      "Train on this many rows, drawn evenly; by default on 1,024 a code, 262,144 at least, or all where codes are balanced.",
      valueName: "rows"))
  var sample: Int?
  @Option(help: ArgumentHelp("Seed of all random choices.", valueName: "n"))
  var seed = KMeansOptions().seed
  @Option(
    help: ArgumentHelp(
      "Partial codes kept of every vector when it is encoded; 1 takes the nearest codeword level by level.",
      valueName: "width"))
  var beam = RQKMeansOptions().beam
  @Option(
    help: ArgumentHelp(
      "Rounds that improve the codebooks of all levels together once they are trained, at most; with --beam, so many by "
        + "greedy codes and as many by the beam's.", valueName: "n"))
  var refine = RQKMeansOptions().refinement
  @Option(
    help: ArgumentHelp(
      "Make the last levels independent of one another: each quantizes a subspace of a learnt rotation (OPQ). "
        + "The error is higher than that of residual levels.", valueName: "n"))
  var opqLevels = RQKMeansOptions().subspaceLevels
  @Flag(help: "Scale every residual to unit length (such a model does not decode).")
  var normalizeResiduals = false
  @Flag(help: "Write the files of the Python package semantic-id instead of ours.")
  var semanticIDFormat = false
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func validate() throws {
    try InputError.check("--seed-reach", seedReach, in: Ranges.share)
    try InputError.check("--iterations", iterations, in: KMeansOptions.iterationRange)
    try InputError.check("--tolerance", tolerance, in: KMeansOptions.toleranceRange)
    try InputError.check("--restarts", restarts, in: KMeansOptions.restartRange)
    try InputError.check("--sample", sample, in: Ranges.items)
    try InputError.check("--beam", beam, in: RQKMeansOptions.beamRange)
    try InputError.check("--refine", refine, in: RQKMeansOptions.refinementRange)
    try InputError.check("--opq-levels", opqLevels, in: 0...shape.sizes.count)
  }

  func execute(_ console: Console) async throws {
    try Output.check(
      [.directory(output, semanticIDFormat ? .semanticIDPackage : .tokenizer)], reading: input.paths)
    let set = try input.open(console, readsIDs: false)
    let options = options
    let rounds = (options.kMeans.iterations + 1) * options.kMeans.restarts
    let refining = options.beam > 1 ? 2 * refine : refine
    let (model, report) = try await console.step(
      "training", total: rounds * options.levelSizes.count + refining, unit: "rounds"
    ) { step in
      try RQKMeans.train(set.vectors, options: options, pool: console.pool, source: set.source) { progress in
        let stage = progress.refinement > 0 ? "refining" : "level \(progress.level)"
        step.note("\(stage), relative error \(Text.figure(progress.relativeError))")
        step.update(
          to: progress.refinement > 0
            ? rounds * options.levelSizes.count + progress.refinement
            : progress.level * rounds + progress.restart * (progress.rounds + 1) + progress.round + 1)
      } warn: {
        console.warn($0.warning)
      }
    }
    if semanticIDFormat { try model.writeSemanticID(to: output) } else { try model.write(to: output) }
    let threads = console.pool.threads
    try console.print(
      Summary(
        model: output, fingerprint: model.fingerprint, rows: report.rows, dimension: report.dimension,
        threads: threads, seconds: report.seconds, levels: report.levels, refinement: report.refinement)
    ) {
      "trained \(output) on \(Text.count(report.rows)) × \(report.dimension) in \(Text.duration(seconds: report.seconds))"
    }
    if !console.isJSON { try console.print(report.levels, Self.columns) }
    for level in report.levels where level.isCollapsed {
      console.warn(level.collapseWarning(options))
    }
  }

  private var options: RQKMeansOptions {
    var options = RQKMeansOptions()
    options.levelSizes = shape.sizes
    options.metric = metric
    options.balance = balance
    options.normalizesResiduals = normalizeResiduals
    options.sampleSize = sample
    options.beam = beam
    options.refinement = refine
    options.subspaceLevels = opqLevels
    options.kMeans.start = start
    options.kMeans.iterations = iterations
    options.kMeans.tolerance = tolerance
    options.kMeans.restarts = restarts
    options.kMeans.seed = seed
    options.kMeans.seedReach = seedReach
    return options
  }

  struct Summary: Encodable {
    var model: String
    var fingerprint: String
    var rows: Int
    var dimension: Int
    var threads: Int
    /// Training alone, without reading and writing files.
    var seconds: Double
    var levels: [TrainingReport.Level]
    /// The relative error before refinement and after each round of it.
    var refinement: [Double]
  }

  static let columns: [Column<TrainingReport.Level>] = [
    Column("level", .right) { "\($0.level)" },
    Column("codes", .right) { Text.count($0.size) },
    Column("used", .right) { Text.count($0.used) },
    Column("perplexity", .right) { Text.fixed($0.perplexity, 1) },
    Column("squared error per item", .right) { Text.figure($0.squaredErrorPerItem) },
    Column("relative", .right) { Text.fixed($0.relativeError, 4) },
    Column("rounds", .right) { "\($0.rounds)" },
  ]
}
