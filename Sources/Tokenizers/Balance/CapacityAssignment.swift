import Vectors

/// Rows shared out evenly among clusters, ⌊N/K⌋ or ⌈N/K⌉ to each, at the least total cost.
///
/// The dual of the problem has one price a cluster: with the right prices, each row's cheapest cluster, price included, is
/// the one it gets. Prices are raised where too many rows come, by just as much as makes the surplus leave (an auction by
/// clusters; Bertsekas and Castañon 1989 for many like objects); what that leaves unsettled goes along shortest paths of
/// exchanges between clusters, which keeps the assignment the cheapest one for its sizes (Ahuja, Magnanti and Orlin 1993,
/// chapter 9). The result is exact, given which clusters have one row more than others, whatever prices it starts from;
/// good ones, such as those of the round before, make it fast. Near-linear in the rows.
struct CapacityAssignment {
  let costs: CostMatrix
  let pool: ThreadPool
  /// The most rows of each cluster.
  private(set) var capacities: [Int]
  /// By cluster, padded as the rows of `costs` are.
  private(set) var prices: [Float]
  /// The cluster of every row.
  private(set) var assignment: [UInt32]
  private var members: [[UInt32]]

  /// - Parameters:
  ///   - prices: to start from, one a cluster.
  init(_ costs: CostMatrix, prices: [Float], pool: ThreadPool) {
    self.costs = costs
    self.pool = pool
    let clusters = costs.clusters
    let needed = (costs.rows + clusters - 1) / clusters
    capacities = Array(repeating: needed, count: clusters)
    self.prices = prices + Array(repeating: 0, count: costs.stride - prices.count)
    assignment = Array(repeating: 0, count: costs.rows)
    members = Array(repeating: [], count: clusters)
    choose()
    raisePrices()
    roundDown()
    var exchange = ClusterExchange(costs, members: members, capacities: capacities, prices: self.prices)
    exchange.run(pool)
    members = exchange.members
    self.prices = exchange.centredPrices()
    for (cluster, rows) in members.enumerated() {
      for row in rows { assignment[Int(row)] = UInt32(truncatingIfNeeded: cluster) }
    }
  }

  /// Σ of the rows' costs, without prices.
  var cost: Double {
    assignment.indices.reduce(0) { $0 + Double(costs.row($1)[Int(assignment[$1])]) }
  }

  /// Every row takes its cheapest cluster.
  private mutating func choose() {
    assignment.withUnsafeMutableBufferPointer { assignment in
      prices.withUnsafeBufferPointer { prices in
        guard let prices = prices.baseAddress else { return }
        pool.run(over: costs.rows, inPiecesOf: 1024) { range in
          for row in range {
            assignment[row] = UInt32(
              truncatingIfNeeded: LeastSum.of(costs.row(row), prices, count: costs.stride).index)
          }
        }
      }
    }
    for (row, cluster) in assignment.enumerated() { members[Int(cluster)].append(UInt32(truncatingIfNeeded: row)) }
  }

  /// Raises the price of one overfull cluster after another, until the surplus is small or prices only chase each other.
  private mutating func raisePrices() {
    let clusters = costs.clusters
    var surplus = members.indices.reduce(0) { $0 + max(0, members[$1].count - capacities[$1]) }
    let tolerated = costs.rows / 256
    var steps = 24 * clusters
    while surplus > tolerated, steps > 0 {
      steps -= 1
      guard
        let fullest = members.indices.max(by: {
          (members[$0].count - capacities[$0], $1) < (members[$1].count - capacities[$1], $0)
        })
      else { return }
      let excess = members[fullest].count - capacities[fullest]
      guard excess > 0 else { return }
      surplus -= excess
      for (row, cluster) in shed(excess, from: fullest) {
        members[cluster].append(row)
        if members[cluster].count > capacities[cluster] { surplus += 1 }
      }
    }
  }

  /// Raises a cluster's price until its `excess` least attached rows leave, and says where each of them goes.
  private mutating func shed(_ excess: Int, from cluster: Int) -> [(row: UInt32, cluster: Int)] {
    let rows = members[cluster]
    let own = prices[cluster]
    var others = prices
    others[cluster] = CostMatrix.unaffordable
    var offers = [(margin: Float, place: Int, cluster: Int)](repeating: (0, 0, 0), count: rows.count)
    offers.withUnsafeMutableBufferPointer { offers in
      others.withUnsafeBufferPointer { others in
        guard let others = others.baseAddress else { return }
        pool.run(over: rows.count, inPiecesOf: 1024) { range in
          for place in range {
            let row = costs.row(Int(rows[place]))
            let best = LeastSum.of(row, others, count: costs.stride)
            offers[place] = (best.sum - (row[cluster] + own), place, best.index)
          }
        }
      }
    }
    offers.sort { $0.margin != $1.margin ? $0.margin < $1.margin : $0.place < $1.place }
    // Between the last that leaves and the first that stays: both then have what they like best.
    let last = offers[excess - 1].margin
    let first = excess < offers.count ? offers[excess].margin : last
    prices[cluster] = own + max(0, last + (first - last) / 2)
    members[cluster] = offers[excess...].map { rows[$0.place] }
    return offers[..<excess].map { (rows[$0.place], $0.cluster) }
  }

  /// Leaves the last places, those that N/K rounded up has too many, to the clusters that most rows ask for.
  private mutating func roundDown() {
    let clusters = costs.clusters
    let surplus = capacities.reduce(0, +) - costs.rows
    let least = members.indices.sorted {
      members[$0].count != members[$1].count
        ? members[$0].count < members[$1].count
        : prices[$0] != prices[$1] ? prices[$0] < prices[$1] : $0 < $1
    }
    for cluster in least.prefix(min(surplus, clusters)) { capacities[cluster] -= 1 }
  }
}

/// The least of costs + prices, and the first index that has it.
enum LeastSum {
  /// - Parameter count: a multiple of 16.
  @inline(__always)
  static func of(
    _ costs: UnsafePointer<Float>, _ prices: UnsafePointer<Float>, count: Int
  ) -> (sum: Float, index: Int) {
    var least = SIMD16<Float>(repeating: .infinity)
    var indices = SIMD16<Int32>(repeating: 0)
    var index = SIMD16<Int32>(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
    for start in Swift.stride(from: 0, to: count, by: 16) {
      let sum =
        UnsafeRawPointer(costs + start).loadUnaligned(as: SIMD16<Float>.self)
        + UnsafeRawPointer(prices + start).loadUnaligned(as: SIMD16<Float>.self)
      let isLess = sum .< least
      least.replace(with: sum, where: isLess)
      indices.replace(with: index, where: isLess)
      index &+= 16
    }
    var best = (sum: Float.infinity, index: Int.max)
    for lane in 0..<16 where (least[lane], Int(indices[lane])) < best {
      best = (least[lane], Int(indices[lane]))
    }
    return best
  }
}
