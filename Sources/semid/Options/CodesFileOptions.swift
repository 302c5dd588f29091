import ArgumentParser
import SemanticID

/// What is read as codes in a file that holds more, or that calls them otherwise.
struct CodesFileOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Columns of --codes that hold the codes, in the order of the levels: names or patterns such as 'level*', with "
        + "commas between; or one column of lists, or of IDs as text. By default those of known names: a number behind "
        + "\(KnownNames.codeColumns.listing); \(KnownNames.codes.listing), \(KnownNames.tokens.listing).",
      valueName: "name,name,…"))
  var codesColumns: String?

  @Option(
    name: .customLong("codes-ids"),
    help: ArgumentHelp(
      "Column of --codes with the items' ids; by default the first that is there of \(KnownNames.itemIDs.listing).",
      valueName: "name"))
  var codesIDs: String?

  func options(_ sizes: CodesTable.Sizes) -> CodesTable.Options {
    var options = CodesTable.Options()
    options.sizes = sizes
    options.columns = codesColumns?.split(separator: ",").map(String.init) ?? []
    options.idColumn = codesIDs
    return options
  }

  /// Opens a file of codes and tells what was read.
  func open(_ path: String, _ sizes: CodesTable.Sizes, _ console: Console) throws -> CodesTable {
    let table = try CodesTable(opening: path, options: options(sizes), pool: console.pool)
    console.tell(table.summary)
    return table
  }

  /// The codes of each row of `set`.
  func open(_ path: String, _ sizes: CodesTable.Sizes, of set: EmbeddingSet, _ console: Console) throws -> CodesTable {
    try open(path, sizes, console).joined(to: set)
  }
}
