import ArgumentParser
import SemanticID

/// How IDs stand in generated text.
struct GeneratedTextOptions: ParsableArguments {
  @Flag(help: "IDs are numbers, 12-4-9, not tokens.")
  var plain = false

  @Option(help: ArgumentHelp("Between the numbers of a plain ID.", valueName: "text"))
  var separator = "-"

  @Option(
    help: ArgumentHelp("Spelling of tokens, as with semid corpus vocabulary.", valueName: "name|pattern"))
  var spelling = "levels"

  @Option(
    help: ArgumentHelp("Token that may stand before an ID; by default the spelling's own.", valueName: "text"))
  var begin: String?

  @Option(
    help: ArgumentHelp("Token that may stand behind an ID; by default the spelling's own.", valueName: "text"))
  var end: String?

  @Flag(help: "Accept spaces between tokens, as some tokenizers write them.")
  var spaces = false

  func reader(_ index: SemanticIndex) throws -> IDTextReader {
    var style = IDTextReader.Style()
    style.isPlain = plain
    style.separator = separator
    let tokens = try TokenSpelling(argument: spelling)
    style.begin = begin ?? (plain ? "" : tokens.begin)
    style.end = end ?? (plain ? "" : tokens.end)
    style.allowsSpaces = spaces
    let vocabulary = try TokenVocabulary(spelling: tokens, levelSizes: index.shape.levelSizes)
    return try IDTextReader(shape: index.shape, style: style, spelling: vocabulary.token)
  }
}
