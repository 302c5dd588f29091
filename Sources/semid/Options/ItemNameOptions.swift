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

  var names: ItemTable.Names { ItemTable.Names(id: itemsIds, title: itemsTitles) }
}
