import ArgumentParser
import SemanticID

struct TrainRQVAE: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "rq-vae", abstract: "An autoencoder whose latent vector is quantized residually.",
    discussion: """
      Example: semid train rq-vae embeddings.npy --output model

      The autoencoder learns alone for the first tenth of the steps; then residual k-means on what its encoder gives \
      starts the codebooks. The model that is written is the best of those evaluated by greedy encoding. history.jsonl \
      beside it has a line an epoch: losses, usage, perplexity and collision rate. Same input, options and seed give \
      the same model, whatever the number of threads.
      """)

  @OptionGroup var input: InputOptions
  @Option(name: .shortAndLong, help: ArgumentHelp("Directory to write the model to.", valueName: "directory"))
  var output: String
  @OptionGroup var shape: LevelOptions
  @Option(help: ArgumentHelp("Length of the vector that is quantized.", valueName: "n"))
  var codeDimension = 32
  @OptionGroup(title: "Training") var neural: NeuralOptions
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func validate() throws {
    try InputError.check("--code-dimension", codeDimension, in: Ranges.dimension)
  }

  func execute(_ console: Console) async throws {
    try await NeuralTraining(
      kind: .rqVAE, input: input, output: output, initial: neural.initial
    ) { rows in
      neural.options(.rqVAE, rows: rows, sizes: shape.sizes, codeDimension: codeDimension)
    }.run(console)
  }
}
