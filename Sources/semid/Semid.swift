import ArgumentParser

@main
struct Semid: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "semid", abstract: "Semantic IDs for generative recommenders: train, encode, index, search, measure.")
}
