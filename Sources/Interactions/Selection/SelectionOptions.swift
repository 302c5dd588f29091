/// Which interactions are kept, and how they are split. The defaults are the rule of the public data sets: the first of
/// a user's repeats, users with three interactions or more, the last two of each held out.
package struct SelectionOptions: Hashable, Sendable {
  /// Interactions rated lower are dropped, and those without a rating too.
  package var minimumRating: Double?
  /// Whether interactions with items that no metadata name are kept.
  package var keepsUncatalogued = false
  package var repeats = Repeats.first
  /// The latest interactions of each user that are kept; nil: all.
  package var maximumHistory: Int?
  /// Users with fewer interactions are dropped.
  package var minimumHistory = 3
  /// Items with fewer interactions are dropped. From 2 on, users and items are dropped in turns until all that are left
  /// have enough: the k-core.
  package var itemCore = 1
  package var split = SplitRule.leaveLastOut

  package init() {}
}
