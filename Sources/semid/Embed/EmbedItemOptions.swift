import ArgumentParser
import SemanticID

/// Which items are embedded, and of which of their columns a text is made.
struct EmbedItemOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Items: .parquet, .csv, .tsv, .jsonl or .json, the texts also as .gz, or a directory of .parquet files.",
      valueName: "file"), completion: .file())
  var items: String

  @Option(
    help: ArgumentHelp(
      "How a text is made of an item's columns. What stands between two fields is written when the second has text and "
        + "one before it had. By default '\(TextItems.standard)'.", valueName: "text"))
  var template: String?

  @Option(
    help: ArgumentHelp(
      "Column with the items' ids; by default the first that is there of \(KnownNames.itemIDs.listing).",
      valueName: "name"))
  var idColumn: String?

  @Flag(help: "Leave out items without text. By default they get the vector of the empty text.")
  var skipEmpty = false

  func read(_ console: Console) throws -> TextItems {
    let items = try TextItems.read(
      items, template: template.map { try TextTemplate($0) }, idColumn: idColumn, keepsEmpty: !skipEmpty,
      pool: console.pool)
    console.tell(items.summary)
    return items
  }

  /// `, 12 items without text left out`; empty where all have text.
  func emptyNote(_ count: Int) -> String {
    guard count > 0 else { return "" }
    let what = skipEmpty ? "left out" : "got the vector of the empty text"
    return "; \(Text.count(count, "item")) without text \(what)"
  }
}
