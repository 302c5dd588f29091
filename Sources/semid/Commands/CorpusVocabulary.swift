import ArgumentParser
import SemanticID

struct CorpusVocabulary: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "vocabulary", abstract: "Write every token that IDs can be made of.",
    discussion: """
      Example: semid corpus vocabulary --model model --output tokens.txt
      Example: semid corpus vocabulary --model model --merge-into tokenizer.json --output merged/tokenizer.json

      All codes of every level in numeric order, then the special tokens; the list depends on the codebook sizes alone, so \
      it stays as it is when the catalogue grows. A .txt has a token a line; a .json has the entries of added_tokens with \
      ids from --first-id on (--mapping: an object of tokens and ids). --merge-into copies a Hugging Face tokenizer.json \
      and adds the tokens, so that each is one id there.
      """)

  @OptionGroup var spelling: SpellingOptions
  @Option(help: ArgumentHelp("Levels, where --codebook-size gives one number.", valueName: "n"))
  var levels: Int?
  @Option(name: .shortAndLong, help: ArgumentHelp("File to write: .txt or .json.", valueName: "file"))
  var output: String
  @Option(name: .customLong("first-id"), help: ArgumentHelp("Id of the first token, in a .json.", valueName: "n"))
  var firstID: Int?
  @Flag(help: "Write an object of tokens and ids instead of the entries of added_tokens.")
  var mapping = false
  @Option(
    help: ArgumentHelp("A tokenizer.json to copy with the tokens added.", valueName: "file"),
    completion: .file(extensions: ["json"]))
  var mergeInto: String?
  @Option(help: "Tokens that the tokenizer has already: error, or keep their ids.")
  var existing = TokenizerJSON.Existing.error
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func execute(_ console: Console) async throws {
    let vocabulary = try spelling.vocabulary(sizes())
    var merged: TokenizerJSON.Report?
    if let mergeInto {
      guard firstID == nil, !mapping else {
        throw InputError(
          .usage, "--merge-into", expected: "ids that follow the tokenizer's own", found: "--first-id or --mapping too")
      }
      merged = try TokenizerJSON.merge(vocabulary, into: mergeInto, output: output, existing: existing)
    } else if output.hasSuffix(".json") {
      guard let firstID else {
        throw InputError(
          .usage, "--first-id", expected: "the id of the first token", found: "none",
          remedy: "give the number of tokens that the model has already")
      }
      if mapping {
        try vocabulary.write(addedTokenIDs: output, firstID: firstID)
      } else {
        try vocabulary.write(addedTokens: output, firstID: firstID)
      }
    } else if output.hasSuffix(".txt") {
      try vocabulary.write(text: output)
    } else {
      throw InputError(.usage, "--output", expected: "a file that ends in .txt or .json", found: output)
    }
    let first = merged?.ids.first ?? firstID
    try console.print(
      Summary(
        output: output, tokens: vocabulary.count, levelSizes: vocabulary.levelSizes, specials: vocabulary.specials,
        firstID: first, added: merged?.added, kept: merged?.kept, vocabularySize: merged?.vocabularySize)
    ) {
      var text =
        "wrote \(output): \(Text.count(vocabulary.count, "token")), \(vocabulary[0]) … "
        + vocabulary[vocabulary.count - 1]
      if let merged {
        text += "\nadded \(Text.count(merged.added)), kept \(Text.count(merged.kept)); the model needs "
        text += "\(Text.count(merged.vocabularySize)) embeddings"
      }
      return text
    }
  }

  private func sizes() throws -> [Int] {
    guard let sizes = try spelling.sizes() else {
      throw InputError(
        .usage, "--model, --codebook-size", expected: "one of them", found: "neither",
        remedy: "the vocabulary has every code of every level, whether items have it or not")
    }
    guard let levels else { return sizes }
    guard sizes.count == 1 || sizes.count == levels, (1...256).contains(levels) else {
      throw InputError(.usage, "--levels", expected: "\(sizes.count), as there are sizes", found: "\(levels)")
    }
    return sizes.count == 1 ? Array(repeating: sizes[0], count: levels) : sizes
  }

  struct Summary: Encodable {
    var output: String
    var tokens: Int
    var levelSizes: [Int]
    var specials: [String]
    var firstID: Int?
    var added: Int?
    var kept: Int?
    var vocabularySize: Int?
  }
}
