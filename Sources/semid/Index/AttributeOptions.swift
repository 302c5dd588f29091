import ArgumentParser
import SemanticID

/// What is known of the items that are indexed.
struct AttributeOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Table of the items' attributes, by which searches may be filtered, joined by item id: .parquet, a folder of such, "
        + ".csv, .tsv, .jsonl or .json; by default none.", valueName: "file"),
    completion: .file())
  var attributes: String?
  @Option(
    help: ArgumentHelp(
      "Its columns to keep: text, numbers, booleans, dates, timestamps and lists of them; all of them by default.",
      valueName: "name,name,…"))
  var attributeColumns: String?
  @Option(
    help: ArgumentHelp(
      "Its column of ids; by default the first that is there of \(KnownNames.itemIDs.listing).", valueName: "name"))
  var attributeIds: String?

  func validate() throws {
    guard attributes != nil || (attributeColumns == nil && attributeIds == nil) else {
      throw ValidationError("--attribute-columns, --attribute-ids: expected --attributes beside them")
    }
  }

  /// Reads the table and tells what was kept.
  ///
  /// - Parameter ids: of the items; nil where they are known by their rows.
  func table(of ids: StringColumn?, count: Int, _ console: Console) throws -> AttributeTable? {
    guard let attributes else { return nil }
    let names = attributeColumns?.split(separator: ",").map(String.init)
    var table = try AttributeTable(opening: attributes, columns: names, idColumn: attributeIds)
    table.checkMatches(ids, count: count)
    console.tell(table.summary)
    return table
  }
}
