package import Vectors

/// Rows shared out evenly among clusters, ⌊N/K⌋ or ⌈N/K⌉ to each, at the least total cost.
///
/// The dual of the problem has one price a cluster: with the right prices, each row's cheapest cluster, price included, is
/// the one it gets. Prices are raised where too many rows come, by just as much as makes the surplus leave (an auction by
/// clusters; Bertsekas and Castañon 1989 for many like objects); what that leaves unsettled goes along shortest paths of
/// exchanges between clusters, which keeps the assignment the cheapest one for its sizes (Ahuja, Magnanti and Orlin 1993,
/// chapter 9). The result is exact, given which clusters have one row more than others, whatever prices it starts from;
/// good ones, such as those of the round before, make it fast. Near-linear in the rows.
///
/// Equal rows are one kind with a number of rows, which moves as one: prices are found with a kind larger than a cluster
/// spread over its cheapest clusters, and chains of exchanges take as many rows of a kind along as there are.
package struct CapacityAssignment {
  /// Rows of one kind in one cluster.
  struct Share {
    var kind: UInt32
    var count: Int
  }

  /// One row a kind.
  let costs: CostMatrix
  let kinds: RowKinds
  let pool: ThreadPool
  /// The most rows of each cluster.
  private(set) var capacities: [Int]
  /// By cluster, padded as the rows of `costs` are.
  package private(set) var prices: [Float]
  /// The cluster of every row. Rows of a kind that several clusters share go to them in row order.
  package private(set) var assignment: [UInt32]
  private var members: [[Share]]
  /// The rows of each cluster.
  private var sizes: [Int]
  /// ⌈N/K⌉.
  private let needed: Int

  /// - Parameters:
  ///   - kinds: of the rows; nil: each is a kind of its own.
  ///   - prices: to start from, one a cluster.
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
    let hasLargeKinds = kinds.counts.contains { $0 > needed }
    choose(spreading: hasLargeKinds)
    raisePrices()
    // Where large kinds were spread, prices are near the right ones, but not each row where they send it.
    if hasLargeKinds { choose(spreading: false) }
    roundDown()
    var exchange = ClusterExchange(
      costs, members: members, kindsRepeat: kinds.count < kinds.kinds.count, sizes: sizes, capacities: capacities,
      prices: self.prices)
    exchange.run(pool)
    members = exchange.members
    self.prices = exchange.centredPrices()
    assignment = assigned()
  }

  /// Σ of the rows' costs, without prices.
  var cost: Double {
    assignment.indices.reduce(0) { $0 + Double(costs.row(Int(kinds.kinds[$1]))[Int(assignment[$1])]) }
  }

  /// Every row takes its cheapest cluster.
  ///
  /// - Parameter spreading: of a kind that no cluster holds alone the cheapest few take their fill.
  private mutating func choose(spreading: Bool) {
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
  private mutating func add(_ share: Share, to cluster: Int) -> Int {
    let before = max(0, sizes[cluster] - capacities[cluster])
    members[cluster].append(share)
    sizes[cluster] += share.count
    return max(0, sizes[cluster] - capacities[cluster]) - before
  }

  /// What the cheapest clusters would take of `count` rows of a kind if each took its fill, the cheapest first.
  private func portions(
    _ kind: Int, _ count: Int, _ prices: [Float]
  ) -> [(sum: Float, cluster: Int, count: Int)] {
    let values = costs.row(kind)
    let sums = (0..<costs.clusters).map { values[$0] + prices[$0] }
    var rest = count
    var portions: [(sum: Float, cluster: Int, count: Int)] = []
    for cluster in sums.indices.sorted(by: { (sums[$0], $0) < (sums[$1], $1) }) where rest > 0 {
      guard prices[cluster] < CostMatrix.unaffordable else { break }
      portions.append((sums[cluster], cluster, min(rest, needed)))
      rest -= needed
    }
    return portions
  }

  /// Raises the price of one overfull cluster after another, until the surplus is small or prices only chase each other.
  private mutating func raisePrices() {
    let clusters = costs.clusters
    var surplus = sizes.indices.reduce(0) { $0 + max(0, sizes[$1] - capacities[$1]) }
    let tolerated = kinds.kinds.count / 256
    var steps = 24 * clusters
    // Clusters whose surplus has nowhere to go as prices are now.
    var isStuck = [Bool](repeating: false, count: clusters)
    while surplus > tolerated, steps > 0 {
      steps -= 1
      guard
        let fullest = sizes.indices.lazy.filter({ !isStuck[$0] }).max(by: {
          (sizes[$0] - capacities[$0], $1) < (sizes[$1] - capacities[$1], $0)
        })
      else { return }
      let excess = sizes[fullest] - capacities[fullest]
      guard excess > 0 else { return }
      let offers = offers(of: fullest)
      let raised = raised(prices[fullest], by: excess, offers)
      // Rows that would go from one full cluster to the next for nothing would only come back.
      guard raised > prices[fullest] || offers[0].isRoomy else {
        isStuck[fullest] = true
        continue
      }
      if raised > prices[fullest] { isStuck = Array(repeating: false, count: clusters) }
      prices[fullest] = raised
      surplus -= excess
      for (share, cluster) in shed(excess, from: fullest, offers) { surplus += add(share, to: cluster) }
    }
  }

  /// Rows of a cluster that would go to another for `margin` more.
  private struct Offer {
    var margin: Float
    /// The place of their share among the cluster's.
    var place: Int
    var cluster: Int
    var count: Int
    /// Whether the other cluster has room.
    var isRoomy: Bool
    /// What the row would pay there.
    var sum: Float
  }

  /// Where the rows of a cluster would go, the least attached first.
  private func offers(of cluster: Int) -> [Offer] {
    let shares = members[cluster]
    let own = prices[cluster]
    var others = prices
    others[cluster] = CostMatrix.unaffordable
    var offers = [Offer](
      repeating: Offer(margin: 0, place: 0, cluster: 0, count: 0, isRoomy: false, sum: 0), count: shares.count)
    offers.withUnsafeMutableBufferPointer { offers in
      others.withUnsafeBufferPointer { others in
        guard let others = others.baseAddress else { return }
        pool.run(over: shares.count, inPiecesOf: 1024) { range in
          for place in range {
            let row = costs.row(Int(shares[place].kind))
            let best = LeastSum.of(row, others, count: costs.stride)
            offers[place] = Offer(
              margin: best.sum - (row[cluster] + own), place: place, cluster: best.index, count: shares[place].count,
              isRoomy: sizes[best.index] < capacities[best.index], sum: best.sum)
          }
        }
      }
    }
    for (place, share) in shares.enumerated() where share.count > needed {
      let kind = Int(share.kind)
      let parts = portions(kind, share.count, others).map { part in
        Offer(
          margin: part.sum - (costs.row(kind)[cluster] + own), place: place, cluster: part.cluster, count: part.count,
          isRoomy: sizes[part.cluster] < capacities[part.cluster], sum: part.sum)
      }
      guard let first = parts.first else { continue }
      offers[place] = first
      offers += parts.dropFirst()
    }
    offers.sort { ($0.margin, $0.place, $0.cluster) < ($1.margin, $1.place, $1.cluster) }
    return offers
  }

  /// The price at which `excess` rows leave: between the last that does and the first that stays, so that both then have
  /// what they like best.
  private func raised(_ price: Float, by excess: Int, _ offers: [Offer]) -> Float {
    var left = excess
    for (index, offer) in offers.enumerated() {
      left -= offer.count
      if left > 0 { continue }
      let first = left < 0 ? offer.margin : index + 1 < offers.count ? offers[index + 1].margin : offer.margin
      return price + max(0, offer.margin + (first - offer.margin) / 2)
    }
    return price
  }

  /// Takes the `excess` least attached rows out of a cluster; returns where they go.
  private mutating func shed(_ excess: Int, from cluster: Int, _ offers: [Offer]) -> [(share: Share, cluster: Int)] {
    var shares = members[cluster]
    var leaving: [(share: Share, cluster: Int)] = []
    var left = excess
    // Of a share that goes to several clusters, the last is as cheap as any once the others' prices have risen.
    var last = [Float](repeating: -.infinity, count: shares.count)
    for offer in offers where left > 0 {
      let count = min(left, offer.count)
      left -= count
      shares[offer.place].count -= count
      last[offer.place] = offer.sum
      leaving.append((Share(kind: shares[offer.place].kind, count: count), offer.cluster))
    }
    for offer in offers.prefix(leaving.count) where offer.sum < last[offer.place] {
      prices[offer.cluster] += last[offer.place] - offer.sum
    }
    sizes[cluster] -= excess - left
    // Those that stay are kept in the order of their offers.
    var isKept = [Bool](repeating: false, count: shares.count)
    members[cluster] = offers.compactMap { offer in
      guard shares[offer.place].count > 0, !isKept[offer.place] else { return nil }
      isKept[offer.place] = true
      return shares[offer.place]
    }
    return leaving
  }

  /// Leaves the last places, those that N/K rounded up has too many, to the clusters that most rows ask for.
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
