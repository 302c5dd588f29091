/// What training measured, level by level, over the rows it trained on.
public struct TrainingReport: Hashable, Sendable, Codable {
  /// What one level added, and how evenly its codes are used.
  public struct Level: Hashable, Sendable, Codable {
    /// 0 for the first.
    public var level: Int
    /// K.
    public var size: Int
    /// Rounds of Lloyd.
    package var rounds: Int
    /// The squared error per item, the mean of |x − x̂|², after this level; and as a share of the variance (the relative
    /// MSE).
    public var squaredErrorPerItem: Double
    /// The squared error after this level as a share of the variance of the rows (the relative MSE).
    public var relativeError: Double
    /// Codes that at least one row has.
    public var used: Int
    /// e to the entropy of the codes: how many equally used codes would carry as much.
    public var perplexity: Double
    /// Empty clusters that were given half of the largest, over all rounds.
    package var repaired: Int

    /// Under half of its codes are used, or they carry no more than a quarter of them would if used equally.
    public var isCollapsed: Bool { used * 2 < size || perplexity * 4 < Double(size) }
  }

  /// One entry per level, first to last.
  public var levels: [Level] = []
  /// The relative error before refinement, and after each of its rounds that lowered it, the greedy rounds before those with
  /// a beam as one; empty without refinement.
  public var refinement: [Double] = []
  /// Rows trained on.
  public var rows = 0
  /// d, the length of the vectors.
  public var dimension = 0
  /// Wall-clock time of the training.
  public var seconds = 0.0
}

/// How far training is; delivered after every round.
public struct TrainingProgress: Hashable, Sendable {
  /// The level that is trained, from 0.
  public var level: Int
  /// Levels of the model.
  public var levels: Int
  /// 0-based run of `KMeansOptions.restarts`.
  public var restart: Int
  /// Rounds done, and at most to do, on this level.
  public var round: Int
  /// The most rounds of this level.
  public var rounds: Int
  /// Squared error as a share of the variance.
  public var relativeError: Double
  /// Rounds of refinement done; 0 while levels are trained.
  public var refinement = 0
}
