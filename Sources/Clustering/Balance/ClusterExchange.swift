import Vectors

/// Takes surplus rows out of overfull clusters along chains of exchanges: one row from the first cluster to the next,
/// one from there on, until a cluster has room. Each chain is the cheapest there is.
///
/// V[a,b] is the least cost of moving a row from a to b. With prices p such that V[a,b] + p_b − p_a ≥ 0, the chain is a
/// shortest path whose lengths are not negative. Dijkstra's algorithm finds it over the clusters, of which there are
/// few. Rows do not appear in it.
struct ClusterExchange {
  private let costs: CostMatrix
  private let clusters: Int
  private let capacities: [Int]
  /// The kinds of each cluster, each once.
  private(set) var members: [[CapacityAssignment.Share]]
  /// The rows of each cluster.
  private var sizes: [Int]
  private var prices: [Float]
  /// V, clusters × stride, and the kind of which each entry would move a row.
  private var moves: [Float]
  private var movers: [UInt32]
  /// Room to measure one cluster in.
  private var fresh: [Float]
  private var names: [UInt32]

  /// - Parameter kindsRepeat: whether a kind may come twice among the members of a cluster.
  init(
    _ costs: CostMatrix, members: [[CapacityAssignment.Share]], kindsRepeat: Bool, sizes: [Int], capacities: [Int],
    prices: [Float]
  ) {
    self.costs = costs
    clusters = costs.clusters
    self.capacities = capacities
    self.members = kindsRepeat ? members.map(Self.merged) : members
    self.sizes = sizes
    self.prices = prices
    moves = Array(repeating: .infinity, count: clusters * costs.stride)
    movers = Array(repeating: 0, count: clusters * costs.stride)
    fresh = Array(repeating: .infinity, count: costs.stride)
    names = Array(repeating: 0, count: costs.stride)
  }

  mutating func run(_ pool: ThreadPool) {
    measure(Array(0..<clusters), pool)
    while let path = shortestPath() {
      let kinds = path.map { movers[$0.from * costs.stride + $0.to] }
      let count = flow(path, kinds)
      let changes = zip(path, kinds).map { step, kind in
        (
          step: step, kind: kind, left: take(count, of: kind, from: step.from),
          joined: give(count, of: kind, to: step.to)
        )
      }
      for change in changes {
        if change.left { lose(change.kind, from: change.step.from) }
        if change.joined { gain(change.kind, to: change.step.to) }
      }
    }
  }

  /// How many rows can go all the way at once.
  private func flow(_ path: [(from: Int, to: Int)], _ kinds: [UInt32]) -> Int {
    guard let end = path.first?.to, let start = path.last?.from else { return 0 }
    var count = min(sizes[start] - capacities[start], capacities[end] - sizes[end])
    for ((from, _), kind) in zip(path, kinds) {
      guard count > 1 else { break }
      count = min(count, members[from].first { $0.kind == kind }?.count ?? 1)
    }
    return count
  }

  /// - Returns: whether the cluster has none of the kind any more.
  private mutating func take(_ count: Int, of kind: UInt32, from cluster: Int) -> Bool {
    sizes[cluster] -= count
    guard let place = members[cluster].firstIndex(where: { $0.kind == kind }) else { return false }
    members[cluster][place].count -= count
    guard members[cluster][place].count == 0 else { return false }
    members[cluster].remove(at: place)
    return true
  }

  /// - Returns: whether the cluster had none of the kind before.
  private mutating func give(_ count: Int, of kind: UInt32, to cluster: Int) -> Bool {
    sizes[cluster] += count
    if let place = members[cluster].firstIndex(where: { $0.kind == kind }) {
      members[cluster][place].count += count
      return false
    }
    members[cluster].append(.init(kind: kind, count: count))
    return true
  }

  /// One share per kind.
  private static func merged(_ shares: [CapacityAssignment.Share]) -> [CapacityAssignment.Share] {
    var places: [UInt32: Int] = [:]
    var merged: [CapacityAssignment.Share] = []
    for share in shares {
      if let place = places[share.kind] {
        merged[place].count += share.count
      } else {
        places[share.kind] = merged.count
        merged.append(share)
      }
    }
    return merged
  }

  /// Brings V up to date for a cluster that a kind has joined.
  private mutating func gain(_ kind: UInt32, to cluster: Int) {
    let values = costs.row(Int(kind))
    let own = values[cluster]
    let base = cluster * costs.stride
    for other in 0..<clusters where values[other] - own < moves[base + other] {
      moves[base + other] = values[other] - own
      movers[base + other] = kind
    }
  }

  /// Brings V up to date for a cluster that a kind has left: where it was the one to move.
  private mutating func lose(_ kind: UInt32, from cluster: Int) {
    let base = cluster * costs.stride
    let others = (0..<clusters).filter { movers[base + $0] == kind && moves[base + $0] < .infinity }
    guard !others.isEmpty else { return }
    // One pass over whole rows measures all clusters for the cache misses of a few.
    if others.count > 2 {
      Self.measure(costs, members[cluster], from: cluster, into: &fresh, &names)
      for other in others {
        moves[base + other] = fresh[other]
        movers[base + other] = fresh[other] < .infinity ? names[other] : kind
      }
      return
    }
    for other in others {
      var least = Float.infinity
      var mover = kind
      for member in members[cluster] {
        let values = costs.row(Int(member.kind))
        let move = values[other] - values[cluster]
        if move < least { (least, mover) = (move, member.kind) }
      }
      moves[base + other] = least
      movers[base + other] = mover
    }
  }

  /// Measures V for the given clusters.
  private mutating func measure(_ changed: [Int], _ pool: ThreadPool) {
    let stride = costs.stride
    let (costs, members) = (costs, members)
    moves.withUnsafeMutableBufferPointer { moves in
      movers.withUnsafeMutableBufferPointer { movers in
        guard let moves = moves.baseAddress, let movers = movers.baseAddress else { return }
        pool.run(tasks: changed.count) { task in
          let cluster = changed[task]
          Self.measure(
            costs, members[cluster], from: cluster, into: moves + cluster * stride, movers + cluster * stride)
        }
      }
    }
  }

  private static func measure(
    _ costs: CostMatrix, _ shares: [CapacityAssignment.Share], from cluster: Int,
    into moves: UnsafeMutablePointer<Float>, _ movers: UnsafeMutablePointer<UInt32>
  ) {
    moves.update(repeating: .infinity, count: costs.stride)
    for share in shares {
      let values = costs.row(Int(share.kind))
      let own = SIMD16<Float>(repeating: values[cluster])
      let mover = SIMD16<UInt32>(repeating: share.kind)
      for start in Swift.stride(from: 0, to: costs.stride, by: 16) {
        let move = UnsafeRawPointer(values + start).loadUnaligned(as: SIMD16<Float>.self) - own
        let target = UnsafeMutableRawPointer(moves + start)
        var least = target.loadUnaligned(as: SIMD16<Float>.self)
        let isLess = move .< least
        guard any(isLess) else { continue }
        least.replace(with: move, where: isLess)
        target.storeBytes(of: least, as: SIMD16<Float>.self)
        let names = UnsafeMutableRawPointer(movers + start)
        var named = names.loadUnaligned(as: SIMD16<UInt32>.self)
        named.replace(with: mover, where: isLess)
        names.storeBytes(of: named, as: SIMD16<UInt32>.self)
      }
    }
  }

  /// The cheapest way from a cluster with too many rows to one with room; nil when no cluster has too many. Prices are
  /// brought up to date.
  private mutating func shortestPath() -> [(from: Int, to: Int)]? {
    let (moves, sizes, capacities, stride) = (moves, sizes, capacities, costs.stride)
    return moves.withUnsafeBufferPointer { moves in
      guard let moves = moves.baseAddress else { return nil }
      return ExchangePath.shortest(moves, stride: stride, sizes: sizes, capacities: capacities, prices: &prices)
    }
  }

  /// Prices in the middle of what this assignment allows, the least of them 0: a row that comes again is then as far as can
  /// be from being sent elsewhere by rounding.
  func centeredPrices() -> [Float] {
    PriceBounds.centered(prices, moves: moves, stride: costs.stride, isEmpty: members.map(\.isEmpty))
  }
}
