import ArgumentParser
import SemanticID

/// How IDs stand in generated text.
struct GeneratedTextOptions: ParsableArguments {
  @Flag(help: "IDs are numbers, 12-4-9, not tokens.")
  var plain = false

  @Option(help: ArgumentHelp("Between the numbers of a plain ID.", valueName: "text"))
  var separator = "-"

  @Option(help: ArgumentHelp("Token that may stand before an ID.", valueName: "text"))
  var begin = ""

  @Option(help: ArgumentHelp("Token that may stand behind an ID.", valueName: "text"))
  var end = ""

  @Flag(help: "Accept spaces between tokens, as some tokenizers write them.")
  var spaces = false

  func reader(_ index: SemanticIndex) throws -> IDTextReader {
    var style = IDTextReader.Style()
    style.isPlain = plain
    style.separator = separator
    style.begin = begin
    style.end = end
    style.allowsSpaces = spaces
    return try IDTextReader(levelSizes: index.trie.levelSizes, style: style)
  }
}
