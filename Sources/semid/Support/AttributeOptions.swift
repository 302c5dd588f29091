import ArgumentParser
import SemanticID

/// What is known of the items that are indexed.
struct AttributeOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Parquet table of the items' attributes, by which searches may be filtered; joined by item id.",
      valueName: "file"),
    completion: .file(extensions: ["parquet"]))
  var attributes: String?
  @Option(
    help: ArgumentHelp(
      "Its columns to keep: text, numbers, booleans, dates and timestamps; all of them by default.",
      valueName: "name,name,…"))
  var attributeColumns: String?

  func validate() throws {
    guard attributeColumns == nil || attributes != nil else {
      throw ValidationError("--attribute-columns: expected --attributes beside it")
    }
  }

  func table() throws -> AttributeTable? {
    let names = attributeColumns?.split(separator: ",").map(String.init)
    return try attributes.map { try AttributeTable(parquet: $0, columns: names) }
  }
}
