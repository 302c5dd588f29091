import ArgumentParser
import SemanticID

/// `semid`. The entry point is in `Main.swift`.
@main
struct Semid: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "semid", abstract: "Semantic IDs for generative recommenders: train, encode, index, search, measure.",
    version: EngineVersion.current,
    subcommands: [
      Prepare.self, Embed.self, Train.self, Model.self, Encode.self, Decode.self, Resolve.self, RegistryCommand.self,
      Index.self,
      Search.self,
      Evaluate.self, ReportCommand.self, Export.self, Corpus.self, DecodeText.self, Serve.self, Bench.self, Run.self,
      Demo.self,
    ])
}
