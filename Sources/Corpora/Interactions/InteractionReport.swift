/// What was found in interactions, and done about it.
package struct InteractionReport: Hashable, Sendable, Codable {
  /// Rows of the files.
  package var rows = 0
  /// Rows whose item has no codes; left out before anything else.
  package var rowsOfUnknownItems = 0
  /// Different items without codes.
  package var unknownItems = 0
  /// Rows left out because their user had met their item before.
  package var repeats = 0
  /// Interactions at the time of the same user's one before; they keep the order of the file.
  package var equalTimes = 0
  /// Interactions later than one that the same user has in a later part: what is to be foretold has been already.
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
  /// Items that no training interaction is of, but a later one.
  package var heldOutItems = 0

  package init() {}
}
