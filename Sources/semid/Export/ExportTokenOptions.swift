import ArgumentParser
import SemanticID

/// The tokens that a language model has for codes.
struct ExportTokenOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Where the model's tokens are: the folder of a tokenizer, its tokenizer.json, or an object of tokens and numbers. "
        + "It has to hold every code's. By default none, see --first-token.", valueName: "path"),
    completion: .file(extensions: ["json"]))
  var tokenizer: String?
  @Option(
    help: ArgumentHelp(
      "With a tokenizer: spelling of its tokens, as with semid corpus vocabulary; by default levels.",
      valueName: "name|pattern"))
  var spelling: String?
  @Option(
    help: ArgumentHelp(
      "Without a tokenizer: the token of the first code; the others follow, level after level; by default none.",
      valueName: "n"))
  var firstToken: Int?
  @Option(help: ArgumentHelp("Tokens of the model; by default no more than there must be.", valueName: "n"))
  var vocabularySize: Int?

  func validate() throws {
    try InputError.check("--first-token", firstToken, in: 0...ConstraintTokens.largestVocabulary - 1)
    try InputError.check("--vocabulary-size", vocabularySize, in: 1...ConstraintTokens.largestVocabulary)
    if spelling != nil, tokenizer == nil { throw ValidationError("--spelling: expected --tokenizer beside it") }
    if tokenizer != nil, firstToken != nil {
      throw ValidationError("expected one of --tokenizer and --first-token, found both")
    }
  }

  /// Whether tokens are those of a language model.
  var areGiven: Bool { tokenizer != nil || firstToken != nil }

  /// The tokens of codes; without a tokenizer and a first token, the codes themselves.
  func tokens(_ levelSizes: [Int]) throws -> ConstraintTokens {
    let vocabulary = try TokenVocabulary(
      spelling: TokenSpelling(argument: spelling ?? "levels"), levelSizes: levelSizes)
    var tokens =
      try tokenizer.map {
        try TokenizerTokens(path: $0).tokens(levelSizes: levelSizes, spelling: vocabulary.token)
      } ?? ConstraintTokens(firstToken.map { .offset(from: $0) } ?? .codes)
    if let vocabularySize { tokens.vocabularySize = vocabularySize }
    return tokens
  }
}
