import ArgumentParser
import SemanticID

/// The items of a corpus: their codes, how large the codebooks are, and how tokens are spelt.
struct CorpusItemOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Codes of the items: .parquet, .jsonl or .npy, as encode and resolve write them; .csv, .tsv; an index.json of "
        + "MiniOneRec or LC-Rec.", valueName: "file"),
    completion: .file())
  var codes: String

  @OptionGroup var codesFile: CodesFileOptions

  @Option(
    help: ArgumentHelp(
      "Ids of the rows (.json, .txt, .npy); of an .npy by default ids.json beside it.", valueName: "file"),
    completion: .file())
  var ids: String?

  @OptionGroup var spelling: SpellingOptions

  /// The files and the model that are read.
  var paths: [String] { [codes] + [ids, spelling.model].compactMap(\.self) }

  func open(_ console: Console) throws -> (items: ItemCodes, vocabulary: TokenVocabulary) {
    var options = codesFile.options(try spelling.codeSizes())
    options.idsPath = ids
    options.looksBeside = true
    let table = try CodesTable(opening: codes, options: options, pool: console.pool)
    console.tell(table.summary)
    let items = try ItemCodes(table)
    return (items, try spelling.vocabulary(items.levelSizes))
  }
}
