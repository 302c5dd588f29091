/// How items that got the same ID are told apart.
public enum CollisionStrategy: String, Hashable, Sendable, Codable, CaseIterable {
  /// Colliding items take free codes of the last level, at the least added distortion: the same number of levels, the
  /// same vocabulary.
  case minimumDistortion = "minimum-distortion"
  /// The last level of each colliding group is encoded anew by optimal transport; what still collides stays.
  case sinkhorn
  /// One more code behind the others.
  case extraLevel = "extra-level"
  /// Text behind the ID.
  case suffix
}

/// The parameters of every strategy; each reads its own.
public struct CollisionOptions: Hashable, Sendable, Codable {
  /// How colliding items are told apart.
  public var strategy: CollisionStrategy
  /// The most items that may have one ID; more than 1 with minimum distortion alone.
  public var capacity: Int
  /// Minimum distortion: which items may change their code.
  public var moves: Moves
  /// Extra level: who gets which number.
  public var numbering: Numbering
  /// Suffix: what stands behind an ID.
  public var suffix: Suffix
  /// Sinkhorn: temperature, iterations and rounds.
  public var sinkhorn: SinkhornOptions
  /// Suffix and extra level: which item of a group comes first.
  public var order: Order

  /// Items an ID that may be asked for.
  package static let capacityRange = 1...1_000_000_000

  /// Which items minimum distortion may give another code.
  public enum Moves: String, Hashable, Sendable, Codable, CaseIterable {
    /// Items of IDs that too many have; everyone else keeps their code.
    case colliding
    /// Every item of a prefix in which some collide: the least distortion there is, at the price of more moved items.
    case all
  }

  /// Which number the extra level gives to an item.
  public enum Numbering: String, Hashable, Sendable, Codable, CaseIterable {
    /// 0 … n − 1, always there (RQ-VAE-Recommender's).
    case always
    /// 0 for an item alone on its ID, 1 … n for the members of a group (GRID's).
    case zeroIfUnique = "zero-if-unique"
    /// 1 … n for the members of a group, nothing for the others: IDs of two lengths (MiniOneRec's).
    case collidingOnly = "colliding-only"
  }

  /// What stands behind the IDs of colliding items.
  public enum Suffix: String, Hashable, Sendable, Codable, CaseIterable {
    /// Nothing, `-1`, `-2`, … (semantic-id's).
    case count
    /// Nothing for the first, the item's id for the others (semantic-id's with item ids).
    case itemID = "item-id"
    /// The count as one more level, so that IDs stay in a vocabulary of tokens.
    case level
  }

  /// In which order the items of a colliding group are numbered.
  public enum Order: String, Hashable, Sendable, Codable, CaseIterable {
    /// By item id: the same catalogue gets the same IDs in whatever order it comes.
    case itemID = "item-id"
    /// As the rows come, which is how other systems count.
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
  /// Temperature, on distances scaled to −1 … 1.
  public var epsilon: Double
  /// Alternations of row and column scaling.
  public var iterations: Int
  /// Rounds of encoding what collides; ends early when nothing changes.
  public var rounds: Int

  /// Default options, but for those that are given.
  public init(epsilon: Double = 0.003, iterations: Int = 50, rounds: Int = 20) {
    self.epsilon = epsilon
    self.iterations = iterations
    self.rounds = rounds
  }
}
