import ArgumentParser

struct Model: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Look at models, and write them in another form.",
    subcommands: [ModelInfo.self, ModelConvert.self, ModelVerify.self])
}
