import ArgumentParser

struct Embed: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Turn the texts of items into vectors, with a model's directory or without one.",
    discussion: """
      Example: semid embed all-MiniLM-L6-v2 --items items.parquet --output vectors.npy

      Without a model's weights: semid embed lsa --items items.parquet --output vectors.npy
      """,
    subcommands: [EmbedModel.self, EmbedLSA.self], defaultSubcommand: EmbedModel.self)
}
