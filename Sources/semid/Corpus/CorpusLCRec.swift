import ArgumentParser
import SemanticID

struct CorpusLCRec: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "lc-rec", abstract: "Write the files that LC-Rec opens.",
    discussion: """
      Example: semid corpus lc-rec --train train.parquet --valid valid.parquet --test test.parquet \
      --codes codes.parquet --items items.parquet --name Industrial --output data/Industrial

      NAME.inter.json, NAME.index.json and NAME.item.json. LC-Rec splits by itself: a user's last item is for its test, \
      the one before for validation; users whose own parts are different are left out. Run it with --tasks \
      seqrec,item2index,index2item,fusionseqrec: its other tasks need texts that a language model wrote. It opens \
      DATA_PATH/NAME/NAME.inter.json, so the directory has the name of the data set. Its tests generate IDs of one length \
      and of at most nine levels: others are refused.
      """)

  @OptionGroup var interactions: InteractionOptions
  @OptionGroup var items: CorpusItemOptions
  @Option(
    name: .customLong("items"),
    help: ArgumentHelp(
      "Titles and more (.parquet, .csv, .tsv, .jsonl, .json, the texts also as .gz); by default items are called "
        + "Item_0, Item_1, …", valueName: "file"),
    completion: .file())
  var texts: String?
  @OptionGroup var cleaning: TextCleaningArguments
  @OptionGroup var itemNames: ItemNameOptions
  @Option(help: ArgumentHelp("Name of the data set, which names the files.", valueName: "name"))
  var name: String
  @Flag(help: "Write IDs that its tests cannot generate, too; by default they are refused.")
  var anyLevels = false
  @Flag(inversion: .prefixedNo, help: "Hold training histories against the targets of validation and test.")
  var audit = true
  @Option(name: .shortAndLong, help: ArgumentHelp("Directory to write.", valueName: "directory"))
  var output: String
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func execute(_ console: Console) async throws {
    try Output.check(
      [.directory(output, .corpus)], reading: items.paths + interactions.paths + [texts].compactMap(\.self))
    let (manifest, seconds) = try await timed {
      let inputs = try CorpusInputs(items, interactions, texts: texts, itemNames, cleaning, console)
      return try LCRecFiles.write(
        inputs.histories, items: inputs.items, texts: inputs.texts, vocabulary: inputs.vocabulary, name: name,
        isAudited: audit, allowsAnyLevels: anyLevels, sources: inputs.sources, to: output, pool: console.pool)
    }
    for warning in manifest.warnings ?? [] { console.warn(warning) }
    let summary = CorpusSummary(output: output, seconds: seconds, corpus: manifest)
    try console.print(summary, text: summary.text)
  }
}
