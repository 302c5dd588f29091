import ArgumentParser
import SemanticID

/// The tokens that a language model has for codes, and around an ID.
struct ConstraintOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Where the model's tokens are: tokenizer.json, or an object of tokens and numbers. It has to hold every code's.",
      valueName: "file"),
    completion: .file(extensions: ["json"]))
  var tokenizer: String?

  @Option(
    help: ArgumentHelp("Spelling of tokens, as with semid corpus vocabulary.", valueName: "name|pattern"))
  var spelling = "levels"

  @Option(
    help: ArgumentHelp(
      "Without a tokenizer: the token of the first code; the others follow, level after level.", valueName: "n"))
  var firstToken: Int?

  @Option(help: ArgumentHelp("Tokens of the model; by default no more than there must be.", valueName: "n"))
  var vocabularySize: Int?

  @Option(
    name: .customLong("begin"), parsing: .singleValue,
    help: ArgumentHelp(
      "Token before an ID: its number, or its text in the tokenizer; may be repeated. By default the spelling's own.",
      valueName: "token"))
  var begin: [String] = []

  @Option(
    name: .customLong("end"), parsing: .singleValue,
    help: ArgumentHelp(
      "Token behind an ID; may be repeated, such as for the end of the text. By default the spelling's own.",
      valueName: "token"))
  var end: [String] = []

  @Option(
    name: .customLong("padding"), parsing: .singleValue,
    help: ArgumentHelp("Token that may follow the end again and again; may be repeated.", valueName: "token"))
  var padding: [String] = []

  func validate() throws {
    if tokenizer != nil, firstToken != nil {
      throw ValidationError("expected one of --tokenizer and --first-token, found both")
    }
  }

  /// Whether anything was said that a format of codes alone cannot hold.
  var namesTokens: Bool { tokenizer != nil || firstToken != nil || !(begin + end + padding).isEmpty }

  func tokens(levelSizes: [Int]) throws -> ConstraintTokens {
    let texts = try tokenizer.map { try TokenizerTokens(path: $0) }
    let vocabulary = try TokenVocabulary(spelling: TokenSpelling(argument: spelling), levelSizes: levelSizes)
    var tokens =
      try texts?.tokens(levelSizes: levelSizes, spelling: vocabulary.token)
      ?? ConstraintTokens(firstToken.map { .offset(from: $0) } ?? .codes)
    if let vocabularySize { tokens.vocabularySize = vocabularySize }
    func numbers(_ names: [String], _ option: String) throws -> [Int32] {
      try names.map { name in
        if let number = Int32(name) { return number }
        guard let texts else {
          throw InputError(
            .usage, option, expected: "a token's number", found: "\"\(name)\"",
            remedy: "give the --tokenizer that knows it")
        }
        return try texts.number(of: name)
      }
    }
    func own(_ token: String) -> [String] { texts == nil || token.isEmpty ? [] : [token] }
    tokens.begin = try numbers(begin.isEmpty ? own(vocabulary.spelling.begin) : begin, "--begin")
    tokens.end = try numbers(end.isEmpty ? own(vocabulary.spelling.end) : end, "--end")
    tokens.padding = try numbers(padding, "--padding")
    return tokens
  }
}
