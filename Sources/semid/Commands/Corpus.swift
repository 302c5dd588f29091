import ArgumentParser

struct Corpus: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write what language models train on: vocabularies, sequences, instructions, documents.",
    subcommands: [
      CorpusVocabulary.self, CorpusMap.self, CorpusSequences.self, CorpusInstructions.self, CorpusPretrain.self,
      CorpusTemplates.self, CorpusMiniOneRec.self, CorpusLCRec.self,
    ])
}
