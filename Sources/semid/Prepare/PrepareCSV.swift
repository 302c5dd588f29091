import ArgumentParser
import SemanticID

struct PrepareCSV: SemidCommand {
  static let configuration = CommandConfiguration(
    commandName: "csv",
    abstract: "Interactions and items from tables: .csv, .tsv, .jsonl, .json, .parquet, the texts also as .gz.",
    discussion: """
      Example: semid prepare csv --interactions ratings.csv --items movies.csv --item-column movieId \
      --item-id-column movieId -o movies

      Tables are read whole into memory.
      """)

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Interactions: a table, or a folder of .parquet files; one or more.", valueName: "file"),
    completion: .file())
  var interactions: [String]
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Items: tables of the same kinds; by default none, and items have ids alone.", valueName: "file"),
    completion: .file())
  var items: [String] = []
  @OptionGroup var columns: ColumnArguments
  @OptionGroup var preparation: PreparationArguments
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func validate() throws { try columns.check(hasItems: !items.isEmpty) }

  func execute(_ console: Console) async throws {
    guard !preparation.skipFaulty else {
      throw InputError(
        .usage, "--skip-faulty", expected: "a source of lines: amazon, recbole",
        found: "csv, whose tables are whole or none")
    }
    try await preparation.run(
      TableSource(interactions: interactions, items: items, options: columns.options()), columns.recorded,
      hasItems: !items.isEmpty, console)
  }
}
