import ArgumentParser
import SemanticID

struct TrainVQVAE: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "vq-vae", abstract: "An autoencoder whose latent vector is one codeword of a large codebook.",
    discussion: """
      Example: semid train vq-vae embeddings.npy --output model --codebook-size 8192

      As train rq-vae, with one level: an ID is one code.
      """)

  @OptionGroup var input: InputOptions
  @Option(name: .shortAndLong, help: ArgumentHelp("Directory to write the model to.", valueName: "directory"))
  var output: String
  @Option(
    help: ArgumentHelp(
      "Codes, 1 to 65,536; no more than there are vectors (default: 4,096, or fewer so that each has four vectors).",
      valueName: "k"))
  var codebookSize: Int?
  @Option(help: ArgumentHelp("Length of the vector that is quantized.", valueName: "n"))
  var codeDimension = 64
  @OptionGroup(title: "Training") var neural: NeuralOptions
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func validate() throws {
    try InputError.check("--code-dimension", codeDimension, in: Ranges.dimension)
    try InputError.check("--codebook-size", codebookSize, in: 1...65_536)
  }

  func execute(_ console: Console) async throws {
    try await NeuralTraining(
      kind: .vqVAE, input: input, output: output, initial: neural.initial
    ) { rows in
      neural.options(.vqVAE, rows: rows, sizes: codebookSize.map { [$0] }, codeDimension: codeDimension)
    }.run(console)
  }
}
