import ArgumentParser
import SemanticID

/// The tokens that a language model has for codes, and around an ID.
struct ConstraintOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Where the model's tokens are: the folder of a tokenizer, its tokenizer.json, or an object of tokens and numbers. "
        + "It has to hold every code's. By default none: tokens are codes.", valueName: "path"),
    completion: .file(extensions: ["json"]))
  var tokenizer: String?

  @Option(
    help: ArgumentHelp("Spelling of tokens, as with semid corpus vocabulary.", valueName: "name|pattern"))
  var spelling = "levels"

  @Option(
    help: ArgumentHelp(
      "Without a tokenizer: the token of the first code; the others follow, level after level; by default tokens are codes.",
      valueName: "n"))
  var firstToken: Int?

  @Option(help: ArgumentHelp("Tokens of the model; by default no more than there must be.", valueName: "n"))
  var vocabularySize: Int?

  @Option(
    name: .customLong("begin"), parsing: .singleValue,
    help: ArgumentHelp(
      "Token before an ID: its number, or its text in the tokenizer; may be repeated. By default the spelling's own; "
        + "\"\" for none.", valueName: "token"))
  var begin: [String] = []

  @Option(
    name: .customLong("end"), parsing: .singleValue,
    help: ArgumentHelp(
      "Token behind an ID; may be repeated. By default the spelling's own, then the end of a text that "
        + "tokenizer_config.json beside the tokenizer names; \"\" for none.", valueName: "token"))
  var end: [String] = []

  @Option(
    name: .customLong("padding"), parsing: .singleValue,
    help: ArgumentHelp(
      "Token that may follow the end again and again; may be repeated. By default the one that tokenizer_config.json "
        + "names; \"\" for none.", valueName: "token"))
  var padding: [String] = []

  @Option(
    name: .customLong("trigger"), parsing: .singleValue,
    help: ArgumentHelp(
      "Token behind which an ID begins, wherever it stands in a text; may be repeated. Before it, and behind the end, "
        + "every token may follow. By default an ID begins where writing does.", valueName: "token"))
  var trigger: [String] = []

  func validate() throws {
    try InputError.check("--first-token", firstToken, in: 0...ConstraintTokens.largestVocabulary - 1)
    try InputError.check("--vocabulary-size", vocabularySize, in: 1...ConstraintTokens.largestVocabulary)
    if tokenizer != nil, firstToken != nil {
      throw ValidationError("expected one of --tokenizer and --first-token, found both")
    }
  }

  /// Whether anything was said that a format of codes alone cannot hold.
  var namesTokens: Bool { tokenizer != nil || firstToken != nil || !(begin + end + padding + trigger).isEmpty }

  /// - Returns: the tokens, and lines about those that were not named here.
  func tokens(levelSizes: [Int]) throws -> (tokens: ConstraintTokens, told: [String]) {
    let vocabulary = try TokenVocabulary(spelling: TokenSpelling(argument: spelling), levelSizes: levelSizes)
    func given(_ names: [String]) -> [String]? { names.isEmpty ? nil : names }
    var (tokens, told) = try TokenNames(
      begin: given(begin), end: given(end), padding: given(padding), triggers: trigger
    ).resolved(
      vocabulary, tokenizer: try tokenizer.map { try TokenizerTokens(path: $0) }, firstToken: firstToken)
    if let vocabularySize { tokens.vocabularySize = vocabularySize }
    return (tokens, told)
  }
}
