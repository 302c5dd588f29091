import ArgumentParser

struct Evaluate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure how good semantic IDs are.", subcommands: [EvaluateCodes.self, EvaluateOffline.self])
}
