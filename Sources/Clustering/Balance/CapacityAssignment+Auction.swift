import Vectors

/// Prices by an auction of clusters: a cluster with too many rows raises its price, until the surplus is small.
extension CapacityAssignment {
  /// Raises the price of one overfull cluster after another, until the surplus is small or prices only chase each other.
  mutating func raisePrices() {
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

  /// What the cheapest clusters would take of `count` rows of a kind if each took its fill, the cheapest first.
  func portions(
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
}
