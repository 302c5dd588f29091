import ArgumentParser
import SemanticID

struct Encode: SemidCommand {
  static let configuration = CommandConfiguration(
    abstract: "Turn embeddings into codes.",
    discussion: """
      Example: semid encode embeddings.npy --model model --output codes.npy

      The output's extension says its form: .npy holds N × L integers; .parquet the columns item_id, c1 … cL and tokens; \
      .jsonl an object a line with the item's id, its codes and its tokens.

      All codes that are to be compared should be made with one beam.
      """)

  @OptionGroup var input: InputOptions
  @Option(name: .shortAndLong, help: ArgumentHelp("Model directory.", valueName: "directory"))
  var model: String
  @Option(name: .shortAndLong, help: ArgumentHelp("File to write: .npy, .parquet or .jsonl.", valueName: "file"))
  var output: String
  @Option(
    help: ArgumentHelp(
      "Partial codes kept of every vector (RQ-KMeans): more lower the error; 1 is greedy. By default the model's own.",
      valueName: "width"))
  var beam: Int?
  @Option(
    help: ArgumentHelp(
      "strict: share the rows out evenly, ⌊N/K⌋ to ⌈N/K⌉ to a code; price: each row by itself, by the model's prices; "
        + "none: each row's nearest codewords. By default what the model was trained for.", valueName: "rule"))
  var balance: Balance?
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func validate() throws {
    try InputError.check("--beam", beam, in: RQKMeansOptions.beamRange)
  }

  func execute(_ console: Console) async throws {
    let form = try CodesForm(path: output)
    try Output.check([.file(output)], reading: input.paths + [model])
    let model = try TokenizerModel.open(model)
    let set = try input.open(console, readsIDs: form.namesItems)
    let (codes, seconds) = try await timed {
      try model.encode(
        set.vectors, beam: beam, balance: balance, pool: console.pool, source: set.source, model: self.model)
    }
    try form.write(codes, ids: set.ids, to: output)
    let statistics = try CodeStatistics(codes, pool: console.pool)
    try console.print(
      Summary(
        output: output, model: model.fingerprint, rows: codes.count, threads: console.pool.threads, seconds: seconds,
        codes: statistics)
    ) {
      """
      encoded \(Text.count(codes.count)) vectors in \(Text.duration(seconds: seconds)) \
      (\(Text.figure(Double(codes.count) / seconds))/s) to \(output)
      \(CodeTables.summary(statistics))
      \(CodeTables.lines(statistics))
      """
    }
  }

  struct Summary: Encodable {
    var output: String
    var model: String
    var rows: Int
    var threads: Int
    /// Encoding alone, without reading and writing files.
    var seconds: Double
    var codes: CodeStatistics
  }
}
