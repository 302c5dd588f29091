/// What all corpora of text have in common: which rows are made, in which order, and how they are written.
public struct TextRowOptions: Hashable, Sendable {
  /// How often each row of a task is used; a fraction is the chance of once more. Tasks that are not named make none.
  public var weights: [CorpusTask: Double]
  /// How histories are cut into rows.
  public var windows = WindowOptions()
  /// Seed of the wordings, of the fractions of weights and of the order.
  public var seed: UInt64 = 42
  /// Whether training rows are put in a random order; those of validation and test never are.
  public var isShuffled = true
  /// Between the IDs of a history.
  public var separator = ", "
  /// Between titles.
  public var titleSeparator = "; "
  /// The most rows of a file; nil: one file for each part.
  public var shardRows: Int?
  /// Whether rows are held against the targets of validation and test. A leak stops the writing.
  public var isAudited = true
  /// Leaves out, and forbids, texts of items that no training interaction is of.
  public var hidesHeldOutTexts = false

  /// - Parameter weights: how often each row of a task is used.
  public init(weights: [CorpusTask: Double]) { self.weights = weights }
}
