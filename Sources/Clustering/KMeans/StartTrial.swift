import Vectors

/// Compares starts of k-means by a few of Lloyd's rounds on a sample of the rows.
///
/// The usual start is kept as it is unless another is clearly better. With many dimensions it nearly always is the
/// best, and the trial costs about a round of the training. Few rows are tried in full. Of many rows, one sample learns
/// and another judges: a centroid on a row of the first sample has no error there, and tells nothing.
struct StartTrial {
  /// By how much another start must be better, as a share of the usual one's error: where all rows are tried, and where
  /// a sample stands for them.
  private static let clearly = (all: 0.02, sample: 0.05)
  /// Rounds before starts are compared.
  private static let rounds = 2
  /// Rounds of the usual start before another takes its place.
  private static let longRounds = 10
  /// Products of a row's and a centroid's numbers that a pass over the rows may take before rows are sampled, and the rows a
  /// centroid that are sampled then, twice: to learn from and to judge by.
  private static let work = 1 << 28
  private static let sampledRows = 8

  private let learning: WorkingVectors
  /// nil: the rows that learn are all there are.
  private let judging: WorkingVectors?
  private var random: CounterRandom
  private let pool: ThreadPool

  /// - Parameters:
  ///   - vectors: N ≥ K rows, rounded.
  ///   - random: what samples and moves are drawn from.
  init(_ vectors: WorkingVectors, clusters: Int, random: CounterRandom, pool: ThreadPool) {
    var random = random
    self.pool = pool
    let work = Double(vectors.count) * Double(clusters) * Double(vectors.dimension)
    let size = Self.sampledRows * clusters
    if work > Double(Self.work), 2 * size <= vectors.count {
      let rows = random.sample(2 * size, below: vectors.count)
      learning = vectors.copied(rows[..<size], pool)
      judging = vectors.copied(rows[size...], pool)
    } else {
      learning = vectors
      judging = nil
    }
    self.random = random
  }

  /// - Parameters:
  ///   - usual: K×d.
  ///   - other: K×d; nil: there is none but the usual one.
  /// - Returns: `usual`, or the centroids that a better start led to on the sample.
  mutating func best(of usual: Matrix, or other: Matrix?) -> Matrix {
    let clearly = judging == nil ? Self.clearly.all : Self.clearly.sample
    var swaps = CentroidSwaps(learning, random: random, pool: pool)
    let first = swaps.settled(usual, rounds: Self.rounds)
    let bar = error(first) * (1 - clearly)
    var chosen = first
    if let other {
      let settled = swaps.settled(other, rounds: Self.rounds)
      if error(settled) < bar { chosen = settled }
    }
    let before = error(chosen)
    chosen = swaps.improved(chosen) { error($0) < before * (1 - clearly / 2) }
    guard error(chosen) < bar else { return usual }
    // What moved has had more rounds: as many for the usual start, before it is given up.
    let settled = swaps.settled(usual, rounds: Self.longRounds)
    return error(chosen) < error(settled) * (1 - clearly) ? chosen.centroids : usual
  }

  private func error(_ settled: CentroidSwaps.Settled) -> Double {
    guard let judging else { return settled.error }
    return NearestRows(judging, settled.centroids, pool: pool).error
  }
}
