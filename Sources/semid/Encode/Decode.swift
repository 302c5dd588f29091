import ArgumentParser
import SemanticID

struct Decode: SemidCommand {
  static let configuration = CommandConfiguration(
    abstract: "Turn codes back into the vectors they stand for.",
    discussion: "Example: semid decode codes.npy --model model --output vectors.npy")

  @Argument(
    help: "Codes: an .npy of N × L integers, or a table with them: .parquet, .jsonl, .csv or .tsv.",
    completion: .file(extensions: ["npy", "parquet", "jsonl"]))
  var codes: String
  @Option(name: .shortAndLong, help: ArgumentHelp("Model directory.", valueName: "directory"))
  var model: String
  @Option(name: .shortAndLong, help: ArgumentHelp(".npy file to write, N × d float32.", valueName: "file"))
  var output: String
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func validate() throws {
    guard output.lowercased().hasSuffix(".npy") else {
      throw ValidationError("--output: expected a file that ends in .npy, found \(output)")
    }
  }

  func execute(_ console: Console) async throws {
    try Output.check([.file(output)], reading: [codes, model])
    let model = try TokenizerModel.open(model)
    let table = try CodesTable(opening: codes, levelSizes: model.levelSizes, pool: console.pool)
    console.tell(table.summary)
    let codes = try table.rectangular()
    let (vectors, seconds) = try await timed { try model.decode(codes, pool: console.pool) }
    try NPY.write(vectors, to: output)
    try console.print(
      Summary(
        output: output, model: model.fingerprint, rows: vectors.rows, dimension: vectors.columns, seconds: seconds)
    ) { "decoded \(Text.count(vectors.rows)) × \(vectors.columns) in \(Text.duration(seconds: seconds)) to \(output)" }
  }

  struct Summary: Encodable {
    var output: String
    var model: String
    var rows: Int
    var dimension: Int
    var seconds: Double
  }
}
