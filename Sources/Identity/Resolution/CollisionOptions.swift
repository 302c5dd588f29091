/// How items with the same ID are told apart.
public enum CollisionStrategy: String, Hashable, Sendable, Codable, CaseIterable {
  /// Colliding items take free codes of the last level, at the least added distortion. The number of levels and the
  /// vocabulary stay.
  case minimumDistortion = "minimum-distortion"
  /// The last level of each colliding group is encoded anew by optimal transport. Some collisions may stay.
  case sinkhorn
  /// A code that numbers the items of an ID is added behind the others.
  case extraLevel = "extra-level"
  /// A text is added behind the ID.
  case suffix
}

/// The parameters of all strategies. Each strategy reads its own.
public struct CollisionOptions: Hashable, Sendable, Codable {
  /// How colliding items are told apart.
  public var strategy: CollisionStrategy
  /// The most items that may have one ID. Only minimum distortion allows more than 1.
  public var capacity: Int
  /// Minimum distortion: which items may get another code.
  public var moves: Moves
  /// Extra level: how the items of an ID are numbered.
  public var numbering: Numbering
  /// Suffix: what stands behind an ID.
  public var suffix: Suffix
  /// Sinkhorn: temperature, iterations and rounds.
  public var sinkhorn: SinkhornOptions
  /// Suffix and extra level: which item of a group comes first.
  public var order: Order

  /// The allowed capacities.
  package static let capacityRange = 1...1_000_000_000

  /// Which items minimum distortion may give another code.
  public enum Moves: String, Hashable, Sendable, Codable, CaseIterable {
    /// Items of IDs that have too many; all other items keep their code.
    case colliding
    /// Every item of a prefix in which some collide. This gives the least distortion, and moves more items.
    case all
  }

  /// Which number the extra level gives to an item.
  public enum Numbering: String, Hashable, Sendable, Codable, CaseIterable {
    /// 0 … n − 1 for all items of an ID, as in RQ-VAE-Recommender.
    case always
    /// 0 for an item alone on its ID, 1 … n for the items of a group, as in GRID.
    case zeroIfUnique = "zero-if-unique"
    /// 1 … n for the items of a group, no number for other items, as in MiniOneRec: IDs have two lengths.
    case collidingOnly = "colliding-only"
  }

  /// What stands behind the IDs of colliding items.
  public enum Suffix: String, Hashable, Sendable, Codable, CaseIterable {
    /// Nothing for the first item, then `-1`, `-2`, …, as in semantic-id.
    case count
    /// Nothing for the first item, the item's id for the others, as in semantic-id with item ids.
    case itemID = "item-id"
    /// The count as one more level, so that IDs keep to a vocabulary of tokens.
    case level
  }

  /// In which order the items of a colliding group are numbered.
  public enum Order: String, Hashable, Sendable, Codable, CaseIterable {
    /// By item id, so that a catalogue gets the same IDs in any order.
    case itemID = "item-id"
    /// In the order of the rows, as other systems count.
    case input
  }

  /// A strategy with its parameters; parameters of other strategies are not read.
  public init(
    strategy: CollisionStrategy = .minimumDistortion, capacity: Int = 1, moves: Moves = .colliding,
    numbering: Numbering = .always, suffix: Suffix = .count, sinkhorn: SinkhornOptions = SinkhornOptions(),
    order: Order = .itemID
  ) {
    self.strategy = strategy
    self.capacity = capacity
    self.moves = moves
    self.numbering = numbering
    self.suffix = suffix
    self.sinkhorn = sinkhorn
    self.order = order
  }
}

/// Entropic optimal transport between a colliding group and the codes of the last level.
public struct SinkhornOptions: Hashable, Sendable, Codable {
  /// ε, the temperature, on distances scaled to −1 … 1.
  public var epsilon: Double
  /// How often rows and columns are scaled in turn.
  public var iterations: Int
  /// The most rounds that encode the colliding items; ends early when nothing changes.
  public var rounds: Int

  /// Default options, but for those that are given.
  public init(epsilon: Double = 0.003, iterations: Int = 50, rounds: Int = 20) {
    self.epsilon = epsilon
    self.iterations = iterations
    self.rounds = rounds
  }
}
