import ArgumentParser

struct Corpus: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write what language models train on, and keep what they generate inside the catalogue.",
    subcommands: [
      CorpusVocabulary.self, CorpusMap.self, CorpusSequences.self, CorpusInstructions.self, CorpusPretrain.self,
      CorpusTemplates.self, CorpusMiniOneRec.self, CorpusLCRec.self, CorpusConstraint.self, CorpusAudit.self,
    ])
}
