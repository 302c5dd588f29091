import ArgumentParser

struct Bench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure on your data, beside the exact ceiling.",
    subcommands: [
      BenchRecall.self, BenchCandidates.self, BenchExpansion.self, BenchFilters.self, BenchGrowth.self, BenchIndex.self,
      BenchMasks.self, BenchUpdates.self,
    ])
}
