package import Vectors

/// k-means: seeds, then Lloyd's rounds, the best of several restarts.
package struct KMeans {
  /// The result of a run.
  package struct Result {
    /// K×d.
    package var centroids: Matrix
    /// The nearest centroid of every row.
    package var assignment: [UInt32]
    /// Σ|x − c|² of that assignment.
    package var error: Double
    /// The error before the first round moved the centroids, after it, and so on; the last is `error`.
    package var history: [Double]
    /// Empty clusters given half of the largest, over all rounds.
    package var repaired: Int
  }

  package let options: KMeansOptions
  package let pool: ThreadPool

  package init(options: KMeansOptions, pool: ThreadPool) {
    self.options = options
    self.pool = pool
  }

  /// - Parameters:
  ///   - vectors: N ≥ K rows, rounded.
  ///   - stream: separates levels of one seed.
  ///   - progress: called after each round with the run's number, the round's number and its error.
  package func run(
    _ vectors: WorkingVectors, clusters: Int, stream: UInt64,
    progress: (_ run: Int, _ round: Int, _ error: Double) throws -> Void
  ) rethrows -> Result {
    var best: Result?
    for restart in 0..<max(1, options.restarts) {
      var seeding = Seeding(
        vectors, clusters: clusters, options: options, stream: stream << 16 | UInt64(restart), pool: pool)
      let seeds = CentroidOrder.sorted(seeding.centroids(), pool: pool)
      let result = try settle(vectors, seeds) { try progress(restart, $0, $1) }
      if result.error < best?.error ?? .infinity || best == nil { best = result }
    }
    return best.unsafelyUnwrapped
  }

  private func settle(
    _ vectors: WorkingVectors, _ seeds: Matrix, progress: (Int, Double) throws -> Void
  ) rethrows -> Result {
    let lloyd = Lloyd(vectors, centroids: seeds, pool: pool)
    var history: [Double] = []
    var repaired = 0
    for round in 0...options.iterations {
      let outcome = lloyd.round(last: round == options.iterations)
      history.append(outcome.error)
      repaired += outcome.repaired
      try progress(round, outcome.error)
      guard round > 0, round < options.iterations, outcome.repaired == 0 else { continue }
      let gain = history[round - 1] - outcome.error
      if outcome.moved == 0 || gain < options.tolerance * outcome.error {
        history.append(lloyd.round(last: true).error)
        break
      }
    }
    return Result(
      centroids: lloyd.centroids, assignment: lloyd.assignment, error: history[history.count - 1], history: history,
      repaired: repaired)
  }
}
