import ArgumentParser
import SemanticID

struct CorpusMiniOneRec: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "mini-onerec", abstract: "Write the files that MiniOneRec's trainers open.",
    discussion: """
      Example: semid corpus mini-onerec --train train.parquet --valid valid.parquet --test test.parquet \
      --codes codes.parquet --items items.parquet --category Industrial_and_Scientific --output Amazon

      NAME.index.json, NAME.item.json, info/, train/, valid/ and test/, and .inter tables for its own converter. Items \
      are numbered by their row in the codes. The trainers look categories up by name: Industrial_and_Scientific, \
      Office_Products, Toys_and_Games, Sports, Books.
      """)

  @OptionGroup var interactions: InteractionOptions
  @OptionGroup var items: CorpusItemOptions
  @OptionGroup var windows: WindowArguments
  @Option(
    name: .customLong("items"), help: ArgumentHelp("Titles and more (.parquet, .jsonl).", valueName: "file"),
    completion: .file())
  var texts: String?
  @Option(help: ArgumentHelp("Category, which names the files.", valueName: "name"))
  var category: String
  @Flag(inversion: .prefixedNo, help: "Hold training rows against the targets of validation and test.")
  var audit = true
  @Option(name: .shortAndLong, help: ArgumentHelp("Directory to write.", valueName: "directory"))
  var output: String
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func execute(_ console: Console) async throws {
    var options = MiniOneRecFiles.Options(category: category)
    options.windows = try windows.options(maximum: options.windows.maximumHistory)
    options.isAudited = audit
    let (manifest, seconds) = try await timed {
      let inputs = try CorpusInputs(items, interactions, texts: texts)
      return try MiniOneRecFiles.write(
        inputs.histories, items: inputs.items, texts: inputs.texts, vocabulary: inputs.vocabulary, options: options,
        sources: inputs.sources, to: output, pool: console.pool)
    }
    let summary = CorpusSummary(output: output, seconds: seconds, corpus: manifest)
    try console.print(summary, text: summary.text)
  }
}

struct CorpusLCRec: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "lc-rec", abstract: "Write the files that LC-Rec opens.",
    discussion: """
      Example: semid corpus lc-rec --train train.parquet --valid valid.parquet --test test.parquet \
      --codes codes.parquet --items items.parquet --name Industrial --output data/Industrial

      NAME.inter.json, NAME.index.json and NAME.item.json. LC-Rec splits by itself: a user's last item is for its test, \
      the one before for validation; users whose own parts are different are left out. Run it with --tasks \
      seqrec,item2index,index2item,fusionseqrec: its other tasks need texts that a language model wrote.
      """)

  @OptionGroup var interactions: InteractionOptions
  @OptionGroup var items: CorpusItemOptions
  @Option(
    name: .customLong("items"), help: ArgumentHelp("Titles and more (.parquet, .jsonl).", valueName: "file"),
    completion: .file())
  var texts: String?
  @Option(help: ArgumentHelp("Name of the data set, which names the files.", valueName: "name"))
  var name: String
  @Flag(inversion: .prefixedNo, help: "Hold training histories against the targets of validation and test.")
  var audit = true
  @Option(name: .shortAndLong, help: ArgumentHelp("Directory to write.", valueName: "directory"))
  var output: String
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func execute(_ console: Console) async throws {
    let (manifest, seconds) = try await timed {
      let inputs = try CorpusInputs(items, interactions, texts: texts)
      return try LCRecFiles.write(
        inputs.histories, items: inputs.items, texts: inputs.texts, vocabulary: inputs.vocabulary, name: name,
        isAudited: audit, sources: inputs.sources, to: output, pool: console.pool)
    }
    let summary = CorpusSummary(output: output, seconds: seconds, corpus: manifest)
    try console.print(summary, text: summary.text)
  }
}
