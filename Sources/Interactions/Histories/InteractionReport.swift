/// What was found in interactions, and what was done about it.
package struct InteractionReport: Hashable, Sendable, Codable {
  /// Rows of the files.
  package var rows = 0
  /// Rows whose item has no codes; left out before anything else.
  package var rowsOfUnknownItems = 0
  /// Different items without codes.
  package var unknownItems = 0
  /// Rows left out because the user had an interaction with the item before.
  package var repeats = 0
  /// Interactions at the same time as the user's interaction before; they keep the order of the file.
  package var equalTimes = 0
  /// Interactions that are later than one of the same user in a later part: training on them tells the future.
  package var laterThanHeldOut = 0
  /// Users with at least one known item.
  package var users = 0
  /// Users whose items are all unknown.
  package var usersWithoutItems = 0
  /// Users whose only interaction leaves nothing to learn from.
  package var usersWithOneItem = 0
  /// Interactions of each part.
  package var train = 0
  package var valid = 0
  package var test = 0
  /// Items without a training interaction that have a later one.
  package var heldOutItems = 0

  package init() {}
}
