/// What was found in interactions, and done about it.
public struct InteractionReport: Hashable, Sendable, Codable {
  /// Rows of the files.
  public var rows = 0
  /// Rows whose item has no codes; left out before anything else.
  public var rowsOfUnknownItems = 0
  /// Different items without codes.
  public var unknownItems = 0
  /// Rows left out because their user had met their item before.
  public var repeats = 0
  /// Interactions at the time of the same user's one before; they keep the order of the file.
  public var equalTimes = 0
  /// Interactions later than one that the same user has in a later part: what is to be foretold has been already.
  public var laterThanHeldOut = 0
  /// Users with at least one known item.
  public var users = 0
  /// Users whose items are all unknown.
  public var usersWithoutItems = 0
  /// Users whose only interaction leaves nothing to learn from.
  public var usersWithOneItem = 0
  /// Interactions of each part.
  public var train = 0
  public var valid = 0
  public var test = 0
  /// Items that no training interaction is of, but a later one.
  public var heldOutItems = 0

  public init() {}
}
