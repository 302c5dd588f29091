package import Vectors

/// k-means whose rounds share the rows out by capacity: `CapacityAssignment`, then means.
package struct BalancedKMeans {
  package let options: KMeansOptions
  package let pool: ThreadPool

  package init(options: KMeansOptions, pool: ThreadPool) {
    self.options = options
    self.pool = pool
  }

  /// - Parameters: as of `KMeans.run`.
  /// - Returns: the result, and the price of every cluster.
  package func run(
    _ vectors: WorkingVectors, clusters: Int, stream: UInt64,
    progress: (_ run: Int, _ round: Int, _ error: Double) throws -> Void
  ) rethrows -> (result: KMeans.Result, prices: [Float]) {
    let kinds = RowKinds(vectors, pool: pool)
    let representatives = kinds.representatives(of: vectors, pool: pool)
    let costs = CostMatrix(rows: kinds.count, clusters: clusters)
    var best: (result: KMeans.Result, prices: [Float])?
    for restart in 0..<max(1, options.restarts) {
      var seeding = Seeding(
        vectors, clusters: clusters, options: options, stream: stream << 16 | UInt64(restart), pool: pool)
      let seeds = CentroidOrder.sorted(seeding.centroids(), pool: pool)
      let settled = try settle(vectors, kinds, representatives, seeds, costs) { try progress(restart, $0, $1) }
      if best.map({ settled.result.error < $0.result.error }) ?? true { best = settled }
    }
    return best.unsafelyUnwrapped
  }

  private func settle(
    _ vectors: WorkingVectors, _ kinds: RowKinds, _ representatives: WorkingVectors, _ seeds: Matrix,
    _ costs: CostMatrix, progress: (Int, Double) throws -> Void
  ) rethrows -> (result: KMeans.Result, prices: [Float]) {
    let clusters = seeds.rows
    var centroids = seeds
    var prices = [Float](repeating: 0, count: clusters)
    var sums = ClusterSums(vectors, clusters: clusters, pool: pool)
    var assignment: [UInt32] = []
    var history: [Double] = []
    var repaired = 0
    func assign() -> (error: Double, moved: Int) {
      costs.fill(representatives, centroids, pool: pool)
      let solved = CapacityAssignment(costs, kinds: kinds, prices: prices, pool: pool)
      let moved = solved.assignment.withUnsafeBufferPointer { new in
        assignment.withUnsafeBufferPointer { old in
          new.baseAddress.map { sums.update(vectors, from: old.isEmpty ? nil : old.baseAddress, to: $0, pool: pool) }
            ?? 0
        }
      }
      (assignment, prices) = (solved.assignment, solved.prices)
      return (centroids.withUnsafeBufferPointer { sums.error($0) }, moved)
    }
    for round in 0...options.iterations {
      let (error, moved) = assign()
      history.append(error)
      try progress(round, error)
      if round == options.iterations { break }
      if round > 0, moved == 0 || history[round - 1] - error < options.tolerance * error { break }
      let (means, empty) = sums.means(previous: centroids)
      repaired += empty
      centroids = means
    }
    return (
      KMeans.Result(
        centroids: centroids, assignment: assignment, error: history[history.count - 1], history: history,
        repaired: repaired), prices
    )
  }
}
