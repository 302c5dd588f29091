package import Vectors

/// Shares rows out evenly among clusters, ⌊N/K⌋ or ⌈N/K⌉ to each, at the least total cost.
///
/// The dual of the problem has one price per cluster. With the right prices, each row gets the cluster that is cheapest
/// for it, price included. Where too many rows come, the price is raised by just as much as makes the surplus leave (an
/// auction by clusters; Bertsekas and Castañon 1989 for many like objects). What is then unsettled goes along shortest
/// paths of exchanges between clusters, which keeps the assignment the cheapest for its sizes (Ahuja, Magnanti and
/// Orlin 1993, chapter 9). The result is exact, given which clusters have one row more than others, from any starting
/// prices. Good ones, such as those of the round before, make it fast. Near-linear in the rows.
///
/// Equal rows are one kind with a number of rows, which moves as one. A kind larger than a cluster is spread over its
/// cheapest clusters while prices are found. Chains of exchanges take along as many rows of a kind as there are.
package struct CapacityAssignment {
  /// Rows of one kind in one cluster.
  struct Share {
    var kind: UInt32
    var count: Int
  }

  /// One row per kind.
  let costs: CostMatrix
  let kinds: RowKinds
  let pool: ThreadPool
  /// The most rows of each cluster.
  private(set) var capacities: [Int]
  /// By cluster, padded as the rows of `costs` are.
  package internal(set) var prices: [Float]
  /// The cluster of every row. Rows of a kind that several clusters share go to them in row order.
  package private(set) var assignment: [UInt32]
  var members: [[Share]]
  /// The rows of each cluster.
  var sizes: [Int]
  /// ⌈N/K⌉.
  let needed: Int
  /// ⌊N/K⌋.
  var floor: Int { kinds.kinds.count / costs.clusters }

  /// - Parameters:
  ///   - kinds: of the rows; nil: each is a kind of its own.
  ///   - prices: to start from, one per cluster.
  package init(_ costs: CostMatrix, kinds: RowKinds? = nil, prices: [Float], pool: ThreadPool) {
    let kinds = kinds ?? RowKinds(distinct: costs.rows)
    self.costs = costs
    self.kinds = kinds
    self.pool = pool
    let clusters = costs.clusters
    needed = (kinds.kinds.count + clusters - 1) / clusters
    capacities = Array(repeating: needed, count: clusters)
    self.prices = prices + Array(repeating: 0, count: costs.stride - prices.count)
    assignment = []
    members = Array(repeating: [], count: clusters)
    sizes = Array(repeating: 0, count: clusters)
    let hasLargeKinds = hasLargeKinds
    choose(spreading: hasLargeKinds)
    raisePrices()
    // Where large kinds were spread, prices are near the right ones, but not each row where they send it.
    if hasLargeKinds { settleLargeKinds() }
    roundDown()
    var exchange = ClusterExchange(
      costs, members: members, kindsRepeat: kinds.count < kinds.kinds.count, sizes: sizes, capacities: capacities,
      prices: self.prices)
    exchange.run(pool)
    members = exchange.members
    self.prices = exchange.centeredPrices()
    assignment = assigned()
  }

  /// Σ of the rows' costs, without prices.
  var cost: Double {
    assignment.indices.reduce(0) { $0 + Double(costs.row(Int(kinds.kinds[$1]))[Int(assignment[$1])]) }
  }

  /// Gives every row its cheapest cluster.
  ///
  /// - Parameter spreading: whether a kind that no cluster holds alone fills its cheapest few clusters.
  mutating func choose(spreading: Bool) {
    members = Array(repeating: [], count: costs.clusters)
    sizes = Array(repeating: 0, count: costs.clusters)
    var choices = [Int](repeating: 0, count: costs.rows)
    choices.withUnsafeMutableBufferPointer { choices in
      prices.withUnsafeBufferPointer { prices in
        guard let prices = prices.baseAddress else { return }
        pool.run(over: costs.rows, inPiecesOf: 1024) { range in
          for kind in range { choices[kind] = LeastSum.of(costs.row(kind), prices, count: costs.stride).index }
        }
      }
    }
    for (kind, cluster) in choices.enumerated() {
      let count = kinds.counts[kind]
      if count <= needed || !spreading {
        add(Share(kind: UInt32(truncatingIfNeeded: kind), count: count), to: cluster)
      } else {
        let portions = portions(kind, count, prices)
        for portion in portions {
          add(Share(kind: UInt32(truncatingIfNeeded: kind), count: portion.count), to: portion.cluster)
          prices[portion.cluster] += (portions.last?.sum ?? portion.sum) - portion.sum
        }
      }
    }
  }

  /// - Returns: by how much it raised the surplus, the rows beyond their clusters' capacities.
  @discardableResult
  mutating func add(_ share: Share, to cluster: Int) -> Int {
    let before = max(0, sizes[cluster] - capacities[cluster])
    members[cluster].append(share)
    sizes[cluster] += share.count
    return max(0, sizes[cluster] - capacities[cluster]) - before
  }

  /// Leaves the last places, those by which ⌈N/K⌉ · K exceeds N, to the clusters that most rows prefer.
  private mutating func roundDown() {
    let clusters = costs.clusters
    let surplus = capacities.reduce(0, +) - kinds.kinds.count
    let least = sizes.indices.sorted {
      sizes[$0] != sizes[$1] ? sizes[$0] < sizes[$1] : prices[$0] != prices[$1] ? prices[$0] < prices[$1] : $0 < $1
    }
    for cluster in least.prefix(min(surplus, clusters)) { capacities[cluster] -= 1 }
  }

  private func assigned() -> [UInt32] {
    // Of each kind its clusters, the last first, and how many rows each takes.
    var shares = [[(cluster: UInt32, count: Int)]](repeating: [], count: kinds.count)
    for cluster in members.indices.reversed() {
      for share in members[cluster] {
        let kind = Int(share.kind)
        if shares[kind].last?.cluster == UInt32(truncatingIfNeeded: cluster) {
          shares[kind][shares[kind].count - 1].count += share.count
        } else {
          shares[kind].append((UInt32(truncatingIfNeeded: cluster), share.count))
        }
      }
    }
    return kinds.kinds.map { kind in
      let last = shares[Int(kind)].count - 1
      let cluster = shares[Int(kind)][last].cluster
      shares[Int(kind)][last].count -= 1
      if shares[Int(kind)][last].count == 0 { shares[Int(kind)].removeLast() }
      return cluster
    }
  }
}
