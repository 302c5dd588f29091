/// The items of an index that an answer may hold.
///
///     let cheap = try index.filter(where: AttributePredicate(parsing: "price < 20"))
///     let seen = try index.filter(history).filter
///     let results = try index.search(queries, filter: cheap.subtracting(seen))
///
/// The index that it is for makes it, once. From then on it is a set of positions: using it looks up no ids or
/// attributes. Searches, expansions and constraints skip items that it does not allow as they descend. So such items
/// take nothing from their budgets or from their recall.
public struct ItemFilter: Hashable, Sendable {
  /// Of each segment, over its positions.
  let masks: [ItemMask]
  let uses = FilterUses()

  init(masks: [ItemMask]) { self.masks = masks }

  public static func == (a: ItemFilter, b: ItemFilter) -> Bool { a.masks == b.masks }
  public func hash(into hasher: inout Hasher) { hasher.combine(masks) }

  /// Number of items that are allowed.
  public var count: Int { masks.reduce(0) { $0 + $1.count } }
  /// Whether nothing is allowed.
  public var isEmpty: Bool { count == 0 }

  /// What both allow.
  public func intersection(_ other: ItemFilter) -> ItemFilter { combined(other) { $0.intersection($1) } }

  /// What either allows.
  public func union(_ other: ItemFilter) -> ItemFilter { combined(other) { $0.union($1) } }

  /// What this one allows and `other` does not.
  public func subtracting(_ other: ItemFilter) -> ItemFilter { combined(other) { $0.subtracting($1) } }

  /// What this one does not allow.
  public var inverted: ItemFilter { ItemFilter(masks: masks.map(\.inverted)) }

  /// - Precondition: both are of one index.
  private func combined(_ other: ItemFilter, _ combine: (ItemMask, ItemMask) -> ItemMask) -> ItemFilter {
    precondition(masks.count == other.masks.count, "filters of different indexes")
    return ItemFilter(masks: zip(masks, other.masks).map(combine))
  }
}
