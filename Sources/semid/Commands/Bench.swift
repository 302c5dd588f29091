import ArgumentParser

struct Bench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure on your data, beside the exact ceiling.",
    subcommands: [BenchRecall.self, BenchIndex.self, BenchMasks.self, BenchFilters.self, BenchUpdates.self])
}
