import ArgumentParser
import SemanticID

/// Which columns of tables hold what.
struct ColumnArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Column of users; by default the first that is there of \(KnownNames.users.listing).", valueName: "name"))
  var userColumn: String?
  @Option(
    help: ArgumentHelp(
      "Column of the interactions' items; by default of \(KnownNames.interactionItems.listing).", valueName: "name"))
  var itemColumn: String?
  @Option(
    help: ArgumentHelp(
      "Column of times; none: the order of the rows; by default of \(KnownNames.times.listing).", valueName: "name"))
  var timeColumn: String?
  @Option(help: ArgumentHelp("Column of ratings; by default rating, overall, stars or score.", valueName: "name"))
  var ratingColumn: String?
  @Option(
    help: ArgumentHelp(
      "Unit of times that are numbers: s, ms, us or ns since 1970; by default told by their size.", valueName: "unit"))
  var timeUnit: String?
  @Option(
    help: ArgumentHelp(
      "Column of ids in the items; by default of \(KnownNames.itemIDs.listing).", valueName: "name"))
  var itemIdColumn: String?
  @Option(help: ArgumentHelp("Column of titles; by default title, movie_title, item_name or name.", valueName: "name"))
  var titleColumn: String?
  @Option(help: ArgumentHelp("Column of descriptions; by default description.", valueName: "name"))
  var descriptionColumn: String?
  @Option(help: ArgumentHelp("Column of brands; by default brand or store.", valueName: "name"))
  var brandColumn: String?
  @Option(
    help: ArgumentHelp(
      "Column of categories; by default categories, section, main_category, category, genres, genre or class.",
      valueName: "name"))
  var categoriesColumn: String?

  func options() throws -> ColumnOptions {
    var options = ColumnOptions()
    options.user = userColumn
    options.item = itemColumn
    options.time = timeColumn
    options.rating = ratingColumn
    options.itemID = itemIdColumn
    options.title = titleColumn
    options.description = descriptionColumn
    options.brand = brandColumn
    options.categories = categoriesColumn
    options.timeUnit = try timeUnit.map { text in
      guard let unit = TimeUnit(named: text) else {
        throw InputError(.usage, "--time-unit", expected: "s, ms, us or ns", found: text)
      }
      return unit
    }
    return options
  }

  func validate() throws { _ = try options() }

  /// - Throws: where a column of items is named, and there are no items.
  func check(hasItems: Bool) throws {
    guard !hasItems else { return }
    let ofItems = [
      ("--item-id-column", itemIdColumn), ("--title-column", titleColumn), ("--description-column", descriptionColumn),
      ("--brand-column", brandColumn), ("--categories-column", categoriesColumn),
    ]
    if let (option, _) = ofItems.first(where: { $0.1 != nil }) {
      throw ValidationError("\(option): expected --items beside it, whose column it names")
    }
  }

  /// What was asked for, for the manifest.
  var recorded: [String: String] {
    let all = [
      "userColumn": userColumn, "itemColumn": itemColumn, "timeColumn": timeColumn, "ratingColumn": ratingColumn,
      "timeUnit": timeUnit, "itemIDColumn": itemIdColumn, "titleColumn": titleColumn,
      "descriptionColumn": descriptionColumn, "brandColumn": brandColumn, "categoriesColumn": categoriesColumn,
    ]
    return all.compactMapValues(\.self)
  }
}
