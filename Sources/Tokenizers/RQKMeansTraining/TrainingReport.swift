/// What training measured, level by level, on the rows that it trained on.
public struct TrainingReport: Hashable, Sendable, Codable {
  /// What one level added, and how evenly its codes are used.
  public struct Level: Hashable, Sendable, Codable {
    /// 0 for the first.
    public var level: Int
    /// K.
    public var size: Int
    /// Rounds of Lloyd.
    package var rounds: Int
    /// The squared error per item, the mean of |x − x̂|², after this level.
    public var squaredErrorPerItem: Double
    /// The squared error after this level as a share of the variance of the rows (the relative MSE).
    public var relativeError: Double
    /// Codes that at least one row has.
    public var used: Int
    /// e to the entropy of the codes: the number of equally used codes that would carry as much information.
    public var perplexity: Double
    /// Empty clusters that were given half of the largest, over all rounds.
    package var repaired: Int

    /// Whether under half of its codes are used, or its perplexity is below a quarter of its codes.
    public var isCollapsed: Bool { used * 2 < size || perplexity * 4 < Double(size) }
  }

  /// One entry per level, first to last.
  public var levels: [Level] = []
  /// The relative error before refinement, and after each round that lowered it; empty without refinement. With a beam,
  /// the greedy rounds count as one.
  public var refinement: [Double] = []
  /// Number of rows trained on.
  public var rows = 0
  /// d, the length of the vectors.
  public var dimension = 0
  /// Wall-clock time of the training, in seconds.
  public var seconds = 0.0
}

/// How far training is. Told after every round.
public struct TrainingProgress: Hashable, Sendable {
  /// The level that is trained, from 0.
  public var level: Int
  /// Levels of the model.
  public var levels: Int
  /// The run of `KMeansOptions.restarts`, from 0.
  public var restart: Int
  /// Rounds done on this level.
  public var round: Int
  /// The most rounds of this level.
  public var rounds: Int
  /// Squared error as a share of the variance.
  public var relativeError: Double
  /// Rounds of refinement done; 0 while levels are trained.
  public var refinement = 0
}
