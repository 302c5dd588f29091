import ArgumentParser
import SemanticID

struct CorpusMap: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "map", abstract: "Write which item has which tokens.",
    discussion: """
      Example: semid corpus map --codes codes.parquet --output map.jsonl
      Example: semid corpus map --codes codes.parquet --output Beauty.index.json
      Example: semid corpus map --codes codes.parquet --items items.parquet --output Beauty.item.json

      The output's name says its form: .parquet (item_id, c1 … cL, code, tokens), .jsonl, .index.json and .item.json, the \
      files of MiniOneRec and LC-Rec, where an item is the number of its row in the codes.
      """)

  @OptionGroup var items: CorpusItemOptions
  @Option(
    name: .customLong("items"),
    help: ArgumentHelp(
      "Titles and more (.parquet, .csv, .tsv, .jsonl, .json, the texts also as .gz), for an .item.json; by default none.",
      valueName: "file"),
    completion: .file())
  var texts: String?
  @OptionGroup var cleaning: TextCleaningArguments
  @OptionGroup var itemNames: ItemNameOptions
  @Option(name: .shortAndLong, help: ArgumentHelp("File to write.", valueName: "file"))
  var output: String
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func execute(_ console: Console) async throws {
    try Output.check([.file(output)], reading: items.paths + [texts].compactMap(\.self))
    let (items, vocabulary) = try items.open(console)
    let map = try ItemMaps(items, vocabulary: vocabulary)
    if output.hasSuffix(".index.json") {
      try map.write(indexJSON: output)
    } else if output.hasSuffix(".item.json") {
      guard let texts else {
        throw InputError(.usage, "--items", expected: "a file of titles", found: "none")
      }
      let read = try ItemTexts.read(
        path: texts, names: itemNames.names, items: items, vocabulary: vocabulary, cleaning: cleaning.options())
      console.tell(read.summary)
      try map.write(itemJSON: output, texts: read)
    } else if output.hasSuffix(".jsonl") {
      try map.write(lines: output)
    } else if output.hasSuffix(".parquet") {
      try map.write(parquet: output)
    } else {
      throw InputError(
        .usage, "--output", expected: "a file that ends in .parquet, .jsonl, .index.json or .item.json", found: output)
    }
    try console.print(Summary(output: output, items: items.count, ids: items.distinctIDs)) {
      "wrote \(output): \(Text.count(items.count, "item")), \(Text.count(items.distinctIDs)) different IDs"
    }
  }

  struct Summary: Encodable {
    var output: String
    var items: Int
    var ids: Int
  }
}
