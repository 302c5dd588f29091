import ArgumentParser
import SemanticID

struct Resolve: SemidCommand {
  static let configuration = CommandConfiguration(
    abstract: "Give every item an ID of its own.",
    discussion: """
      Example: semid resolve embeddings.npy --model model --output ids.parquet

      Items that the model gave the same codes are told apart, by default at the least added distortion: they take free \
      codes of the last level, so that IDs keep their length and their vocabulary. The other strategies are those of other \
      systems: sinkhorn (LC-Rec, MiniOneRec), extra-level (RQ-VAE-Recommender, GRID, MiniOneRec), suffix (semantic-id).

      The result does not depend on the order of the rows. To keep IDs when the catalogue changes, use semid registry.

      The output's extension says its form, as with semid encode; .parquet and .jsonl have also what a strategy puts \
      behind the codes, as "suffix".
      """)

  @OptionGroup var input: InputOptions
  @Option(name: .shortAndLong, help: ArgumentHelp("Model directory.", valueName: "directory"))
  var model: String
  @Option(name: .shortAndLong, help: ArgumentHelp("File to write: .npy, .parquet or .jsonl.", valueName: "file"))
  var output: String
  @Option(
    help: ArgumentHelp(
      "Codes of the items, made by this model: .npy, .parquet, .csv, .tsv, .jsonl, .json; encoded anew by default.",
      valueName: "file"),
    completion: .file())
  var codes: String?
  @OptionGroup var codesFile: CodesFileOptions
  @Option(help: "How items are told apart.")
  var strategy = CollisionStrategy.minimumDistortion
  @Option(help: ArgumentHelp("minimum-distortion: the most items an ID.", valueName: "n"))
  var capacity = 1
  @Option(
    help: "minimum-distortion: who may change codes. all adds the least distortion, colliding moves the fewest items.")
  var moves = CollisionOptions.Moves.colliding
  @Option(help: "extra-level: who gets which number.")
  var numbering = CollisionOptions.Numbering.always
  @Option(help: "suffix: a count, the item's id, or the count as one more level.")
  var suffix = CollisionOptions.Suffix.count
  @Option(help: "suffix, extra-level: which item of a group comes first.")
  var order = CollisionOptions.Order.itemID
  @Option(help: ArgumentHelp("sinkhorn: the temperature.", valueName: "x"))
  var epsilon = SinkhornOptions().epsilon
  @Option(help: ArgumentHelp("sinkhorn: scalings of rows and columns.", valueName: "n"))
  var iterations = SinkhornOptions().iterations
  @Option(help: ArgumentHelp("sinkhorn: the most rounds.", valueName: "n"))
  var rounds = SinkhornOptions().rounds
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func validate() throws {
    try InputError.check("--capacity", capacity, in: CollisionOptions.capacityRange)
    try InputError.check("--iterations", iterations, in: Ranges.rounds)
    try InputError.check("--rounds", rounds, in: Ranges.rounds)
    try InputError.check("--epsilon", epsilon, in: Double.leastNormalMagnitude...1e9)
  }

  func execute(_ console: Console) async throws {
    let form = try CodesForm(path: output)
    if form == .npy,
      (strategy == .suffix && suffix != .level) || (strategy == .extraLevel && numbering == .collidingOnly)
    {
      throw InputError(
        .usage, "--output", expected: "a .jsonl or .parquet file, since IDs differ in length", found: output,
        remedy: "or choose --suffix level or --numbering always")
    }
    try Output.check([.file(output)], reading: input.paths + [model] + [codes].compactMap(\.self))
    let options = CollisionOptions(
      strategy: strategy, capacity: capacity, moves: moves, numbering: numbering, suffix: suffix,
      sinkhorn: SinkhornOptions(epsilon: epsilon, iterations: iterations, rounds: rounds), order: order)
    let model = try TokenizerModel.open(model)
    let set = try input.open(console)
    if model.needsDirections { try set.checkDirections(pool: console.pool) }
    let codes =
      try self.codes.map {
        try codesFile.open($0, .given(model.levelSizes), of: set, console).rectangular()
      }
      ?? model.encode(set.vectors, pool: console.pool, source: set.source)
    let (resolution, seconds) = try await console.step("resolving", unit: "items") { _ in
      try await timed {
        try CollisionResolver(options).resolve(
          codes, of: set.vectors, ids: set.ids, tokenizer: model, pool: console.pool, source: set.source)
      }
    }
    try form.write(resolution.codes, ids: set.ids, tail: resolution.ids.tail, to: output)
    try console.print(
      Summary(
        output: output, model: model.fingerprint, levelSizes: resolution.codes.levelSizes,
        threads: console.pool.threads, seconds: seconds, report: resolution.report)
    ) { CollisionTables.text(resolution.report, seconds: seconds, output: output) }
  }

  struct Summary: Encodable {
    var output: String
    var model: String
    /// Of the IDs written.
    var levelSizes: [Int]
    var threads: Int
    /// Resolving and reporting, without encoding, reading and writing.
    var seconds: Double
    var report: ResolutionReport
  }
}
