import ArgumentParser
import SemanticID

/// Titles and other texts of the items whose vectors are read.
struct CatalogueTextOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Titles of the items: .parquet, .csv, .tsv, .jsonl or .json. By default none: items are known by their ids.",
      valueName: "file"), completion: .file())
  var items: String?

  @OptionGroup var names: ItemNameOptions

  @Option(
    name: .customLong("column"),
    help: ArgumentHelp(
      "A further column of --items that says what an item is, such as a brand. Repeatable; by default none.",
      valueName: "name"))
  var columns: [String] = []

  func validate() throws {
    if items == nil, !columns.isEmpty {
      throw ValidationError("--column: names a column of --items, which is not there")
    }
    guard Set(columns).count == columns.count else { throw ValidationError("--column: a column is given twice") }
  }

  /// nil without `--items`.
  func open(for set: EmbeddingSet, _ console: Console) throws -> CatalogueTexts? {
    guard let items else { return nil }
    let texts = try CatalogueTexts(
      opening: items, names: names.names, columns: columns, for: set, pool: console.pool)
    console.tell(texts.summary)
    return texts
  }
}
