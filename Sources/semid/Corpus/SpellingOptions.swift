import ArgumentParser
import SemanticID

/// How tokens are spelt, and how many there are of each level.
struct SpellingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Model directory, for the codebook size of every level; by default none, see --codebook-size.",
      valueName: "directory"))
  var model: String?

  @Option(
    help: ArgumentHelp(
      "Codes of every level: one number, or one a level: 256,256,256,8; by default the model's, and without a model each "
        + "level's largest code plus one, where that will do.", valueName: "k"),
    transform: LevelOptions.sizes)
  var codebookSize: [Int] = []

  @Option(
    help: ArgumentHelp(
      "Spelling of tokens: levels (<a_3>), openonerec (<s_a_3>), offset (<|sid_259|>), rectokens (<item_L0_C3>), or a "
        + "pattern with {letter}, {level}, {code} and {id}.", valueName: "name|pattern"))
  var spelling = "levels"

  @Option(help: ArgumentHelp("Token before an ID; by default the spelling's own.", valueName: "token"))
  var begin: String?

  @Option(help: ArgumentHelp("Token behind an ID; by default the spelling's own.", valueName: "token"))
  var end: String?

  @Option(
    name: .customLong("special"), parsing: .singleValue,
    help: ArgumentHelp("One more special token; may be given again; by default none.", valueName: "token"))
  var specials: [String] = []

  /// nil: neither a model nor sizes were named.
  func sizes() throws -> [Int]? {
    if let model {
      guard codebookSize.isEmpty else {
        throw InputError(.usage, "--codebook-size", expected: "a model or sizes", found: "both")
      }
      return try TokenizerModel.open(model).levelSizes
    }
    return codebookSize.isEmpty ? nil : codebookSize
  }

  /// What the codes of items must lie below.
  func codeSizes() throws -> CodesTable.Sizes {
    guard let sizes = try sizes() else { return .observed }
    return model == nil ? .given(sizes) : .model(sizes)
  }

  func vocabulary(_ sizes: [Int]) throws -> TokenVocabulary {
    var tokens = try TokenSpelling(argument: spelling)
    if begin != nil || end != nil { tokens = tokens.surrounded(begin: begin ?? tokens.begin, end: end ?? tokens.end) }
    return try TokenVocabulary(spelling: tokens, levelSizes: sizes, specials: specials)
  }
}
