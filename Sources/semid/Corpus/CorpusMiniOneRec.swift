import ArgumentParser
import SemanticID

struct CorpusMiniOneRec: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "mini-onerec", abstract: "Write the files that MiniOneRec's trainers open.",
    discussion: """
      Example: semid corpus mini-onerec --train train.parquet --valid valid.parquet --test test.parquet \
      --codes codes.parquet --items items.parquet --category Industrial_and_Scientific --output data/Amazon

      The folders of its data/Amazon: index (NAME.index.json, NAME.item.json, and .inter tables for its own converter), \
      info, train, valid and test. Items are numbered by their row in the codes. Its readers join three levels: others are \
      refused, with the number of items that would have the answer of another. The trainers look categories up by name: \
      \(MiniOneRecFiles.categories.joined(separator: ", ")).
      """)

  @OptionGroup var interactions: InteractionOptions
  @OptionGroup var items: CorpusItemOptions
  @OptionGroup var windows: WindowArguments
  @Option(
    name: .customLong("items"),
    help: ArgumentHelp(
      "Titles and more (.parquet, .csv, .tsv, .jsonl, .json, the texts also as .gz); by default items are called "
        + "Item_0, Item_1, …", valueName: "file"),
    completion: .file())
  var texts: String?
  @OptionGroup var cleaning: TextCleaningArguments
  @OptionGroup var itemNames: ItemNameOptions
  @Option(help: ArgumentHelp("Category, which names the files.", valueName: "name"))
  var category: String
  @Flag(help: "Write IDs of other than three levels, too, for readers that were changed; by default they are refused.")
  var anyLevels = false
  @Flag(inversion: .prefixedNo, help: "Hold training rows against the targets of validation and test.")
  var audit = true
  @Option(name: .shortAndLong, help: ArgumentHelp("Directory to write.", valueName: "directory"))
  var output: String
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func execute(_ console: Console) async throws {
    try Output.check(
      [.directory(output, .corpus)], reading: items.paths + interactions.paths + [texts].compactMap(\.self))
    var options = MiniOneRecFiles.Options(category: category)
    options.windows = try windows.options(maximum: options.windows.maximumHistory)
    options.isAudited = audit
    options.allowsAnyLevels = anyLevels
    let (manifest, seconds) = try await timed {
      let inputs = try CorpusInputs(items, interactions, texts: texts, itemNames, cleaning, console)
      return try MiniOneRecFiles.write(
        inputs.histories, items: inputs.items, texts: inputs.texts, vocabulary: inputs.vocabulary, options: options,
        sources: inputs.sources, to: output, pool: console.pool)
    }
    for warning in manifest.warnings ?? [] { console.warn(warning) }
    let summary = CorpusSummary(output: output, seconds: seconds, corpus: manifest)
    try console.print(summary, text: summary.text)
  }
}
