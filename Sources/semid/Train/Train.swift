import ArgumentParser

struct Train: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Learn a tokenizer from embeddings.",
    subcommands: [TrainRQKMeans.self, TrainRQVAE.self, TrainVQVAE.self, TrainRQKMeansPlus.self])
}
