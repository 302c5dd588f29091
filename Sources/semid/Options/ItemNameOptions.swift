import ArgumentParser
import SemanticID

/// What is read as ids and titles in a file of items.
struct ItemNameOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Column of the items' file with their ids; by default the first that is there of \(KnownNames.itemIDs.listing).",
      valueName: "name"))
  var itemsIds: String?

  @Option(
    help: ArgumentHelp(
      "Column of the items' file with their titles; by default \(KnownNames.titles.listing).", valueName: "name"))
  var itemsTitles: String?

  /// - Throws: where a column is named, and there is no file of items.
  func check(hasItems: Bool) throws {
    guard !hasItems else { return }
    for (option, name) in [("--items-ids", itemsIds), ("--items-titles", itemsTitles)] where name != nil {
      throw InputError(.usage, option, expected: "--items beside it, whose column it names", found: "none")
    }
  }

  var names: ItemTable.Names { ItemTable.Names(id: itemsIds, title: itemsTitles) }
}
