/// What one rule has dropped.
package struct SelectionStep: Hashable, Sendable, Codable {
  /// Why: a word for machines.
  package enum Reason: String, Hashable, Sendable, Codable, CaseIterable {
    case withoutUser, withoutItem, withoutTime, withoutMetadata, withoutRating, lowRating, repeated, older,
      shortHistory,
      rareItem

    /// Why: a phrase for people.
    package var phrase: String {
      switch self {
      case .withoutUser: "without a user"
      case .withoutItem: "without an item"
      case .withoutTime: "without a time"
      case .withoutMetadata: "of items without metadata"
      case .withoutRating: "without a rating, where a least one is asked for"
      case .lowRating: "with a rating below the least"
      case .repeated: "repeats of a user and an item"
      case .older: "older than the latest ones of their user"
      case .shortHistory: "of users with too few interactions"
      case .rareItem: "of items with too few interactions"
      }
    }
  }

  package var reason: Reason
  package var interactions: Int
  /// Users and items that the rule removed, where it is about them.
  package var users: Int?
  package var items: Int?

  package init(_ reason: Reason, interactions: Int, users: Int? = nil, items: Int? = nil) {
    self.reason = reason
    self.interactions = interactions
    self.users = users
    self.items = items
  }
}
