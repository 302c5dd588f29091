import ArgumentParser
import SemanticID

struct TrainRQKMeansPlus: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "rq-kmeans-plus", abstract: "Residual k-means on x + MLP(x), which is learnt.",
    discussion: """
      Example: semid train rq-kmeans-plus embeddings.npy --output model --init rq-kmeans-model

      The encoder starts as the identity and the codebooks as those of residual k-means, which --init brings or which is \
      trained first; so does the decoder, unless --decoder says plain.
      """)

  enum Decoder: String, ExpressibleByArgument, CaseIterable {
    case residual, plain
  }

  @OptionGroup var input: InputOptions
  @Option(name: .shortAndLong, help: ArgumentHelp("Directory to write the model to.", valueName: "directory"))
  var output: String
  @OptionGroup var shape: LevelOptions
  @Option(help: "The decoder: residual, x = q + MLP(q), or plain, MLP(q).")
  var decoder = Decoder.residual
  @OptionGroup(title: "Training") var neural: NeuralOptions
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func execute(_ console: Console) async throws {
    try await NeuralTraining(
      kind: .rqKMeansPlus, input: input, output: output, initial: neural.initial
    ) { rows in
      var options = neural.options(.rqKMeansPlus, rows: rows, sizes: shape.sizes)
      options.network.skip = decoder == .residual ? .both : .encoder
      return options
    }.run(console)
  }
}
