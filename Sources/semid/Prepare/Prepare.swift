import ArgumentParser

struct Prepare: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Make one form of interactions and items of many sources: filtered, split, with a count of all that was dropped.",
    subcommands: [PrepareAmazon.self, PrepareRecBole.self, PrepareCSV.self, PrepareDebian.self])
}
