/// What all corpora of text have in common: which rows are made, in which order, and how they are written.
public struct TextRowOptions: Hashable, Sendable {
  /// How often each row of a task is used; a fraction is the chance of one more time. Tasks that are not named make none.
  public var weights: [CorpusTask: Double]
  /// How histories are cut into rows. A document of a history is at most a window and its target.
  public var windows = WindowOptions()
  /// Seed of the wordings, of the fractions of weights and of the order. Equal seeds give equal files.
  public var seed: UInt64 = 42
  /// Whether training rows are put in a random order; those of validation and test never are.
  public var isShuffled = true
  /// The text between the IDs of a history.
  public var separator = ", "
  /// The text between titles.
  public var titleSeparator = "; "
  /// The most rows of a file; nil: one file for each part.
  public var shardRows: Int?
  /// Whether rows are checked against the targets of validation and test. A leak stops the writing.
  public var isAudited = true
  /// Whether texts of items without a training interaction are left out, and forbidden by the audit.
  public var hidesHeldOutTexts = false

  /// - Parameter weights: how often each row of a task is used.
  public init(weights: [CorpusTask: Double]) { self.weights = weights }
}
