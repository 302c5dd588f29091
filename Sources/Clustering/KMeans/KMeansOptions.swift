import Vectors

/// The parameters of k-means.
public struct KMeansOptions: Hashable, Sendable, Codable {
  /// How the first centroids are chosen.
  public enum Start: String, Hashable, Sendable, Codable, CaseIterable {
    /// k-means‖, drawn in by `seedReach`, unless a few rounds on a sample of the rows show that another start is
    /// clearly better. The others are the same seeds in place, and centroids moved from where they are of little use to
    /// where the error is. For vectors of one number, the optimum.
    case automatic = "auto"
    /// Different rows, drawn at random.
    case random
    /// Rows drawn one by one, each with a chance in proportion to its squared distance from those before it (Arthur
    /// and Vassilvitskii, SODA 2007), from a sample of the rows.
    case kMeansPlusPlus = "k-means++"
    /// A few rounds that each draw many rows at once by that rule, then k-means++ among these rows, weighted by the
    /// rows that each stands for (Bahmani et al., VLDB 2012).
    case kMeansParallel = "k-means||"
  }

  /// How the first centroids are chosen; by default the start that a trial finds best.
  public var start: Start = .automatic
  /// Number of independent runs, of which the one with the least error is kept.
  public var restarts = 1
  /// The most Lloyd rounds.
  public var iterations = 25
  /// A run ends when a round lowers the error by less than this share of it; 0 runs until nothing changes.
  public var tolerance = 1e-4
  /// Rows per centroid in the sample that k-means‖ draws from; all rows where there are fewer. k-means++ passes over
  /// its sample once per centroid, and draws from an eighth as many.
  package var seedRowsPerCentroid = 256
  /// How far from the mean of the vectors the first centroids lie, as a share of how far the drawn rows do: in (0, 1].
  ///
  /// A centroid c takes a row x, both relative to the mean, where ⟨x, c⟩ > |c|²/2. In many dimensions rows are nearly
  /// orthogonal. So a centroid as far out as the row it was drawn from takes little but that row. All other rows stay
  /// with the centroid nearest the mean, and Lloyd's rounds do not undo it. Seeds that are drawn in keep the
  /// directions, and divide the rows evenly from the first round. On residuals, the error is lower and the perplexity
  /// several times higher. In few dimensions rows are not orthogonal, and seeds that are drawn in leave the outer rows
  /// without a centroid. `Start.automatic` tries both.
  package var seedReach = 0.2
  /// Seed of what is drawn at random. Equal seeds give equal results, whatever the number of threads.
  public var seed: UInt64 = 42

  /// The allowed values.
  package static let iterationRange = 0...1_000_000
  package static let restartRange = 1...10_000
  package static let toleranceRange = 0.0...1

  /// Default options.
  public init() {}

  /// - Throws: `InputError` naming the parameter that is out of range.
  package func validate() throws {
    try InputError.check("iterations", iterations, in: Self.iterationRange)
    try InputError.check("restarts", restarts, in: Self.restartRange)
    try InputError.check("tolerance", tolerance, in: Self.toleranceRange)
    try InputError.check("seed rows a centroid", seedRowsPerCentroid, in: 1...1 << 20)
    guard seedReach > 0, seedReach <= 1 else {
      throw InputError(.usage, "reach of seeds", expected: "above 0 and at most 1", found: "\(seedReach)")
    }
  }
}
