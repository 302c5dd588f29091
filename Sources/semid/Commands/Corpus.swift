import ArgumentParser

struct Corpus: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Keep what language models generate inside a catalogue: constraints, and audits of what they wrote.",
    subcommands: [CorpusConstraint.self, CorpusAudit.self])
}
