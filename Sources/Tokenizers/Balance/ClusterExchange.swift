import Vectors

/// Takes surplus rows out of overfull clusters along chains of exchanges: one row from here to there, one from there on,
/// until a cluster has room. Each chain is the cheapest there is.
///
/// V[a,b], the least that it costs to move a row from a to b, and prices p with V[a,b] + p_b − p_a ≥ 0 make that a
/// shortest path with lengths that are not negative: Dijkstra's, over clusters, of which there are few. Rows do not
/// appear in it.
struct ClusterExchange {
  private let costs: CostMatrix
  private let clusters: Int
  private let capacities: [Int]
  private(set) var members: [[UInt32]]
  private var prices: [Float]
  /// V, clusters × stride, and the row that each entry would move.
  private var moves: [Float]
  private var movers: [UInt32]

  init(_ costs: CostMatrix, members: [[UInt32]], capacities: [Int], prices: [Float]) {
    self.costs = costs
    clusters = costs.clusters
    self.capacities = capacities
    self.members = members
    self.prices = prices
    moves = Array(repeating: .infinity, count: clusters * costs.stride)
    movers = Array(repeating: 0, count: clusters * costs.stride)
  }

  mutating func run(_ pool: ThreadPool) {
    measure(Array(0..<clusters), pool)
    while let path = shortestPath() {
      let rows = path.map { movers[$0.from * costs.stride + $0.to] }
      for ((from, to), row) in zip(path, rows) {
        members[from].removeAll { $0 == row }
        members[to].append(row)
      }
      for ((from, to), row) in zip(path, rows) {
        lose(row, from: from)
        gain(row, to: to)
      }
    }
  }

  /// Brings V up to date for a cluster that a row has joined.
  private mutating func gain(_ row: UInt32, to cluster: Int) {
    let values = costs.row(Int(row))
    let own = values[cluster]
    let base = cluster * costs.stride
    for other in 0..<clusters where values[other] - own < moves[base + other] {
      moves[base + other] = values[other] - own
      movers[base + other] = row
    }
  }

  /// Brings V up to date for a cluster that a row has left: where it was the one to move.
  private mutating func lose(_ row: UInt32, from cluster: Int) {
    let base = cluster * costs.stride
    for other in 0..<clusters where movers[base + other] == row && moves[base + other] < .infinity {
      var least = Float.infinity
      var mover = row
      for member in members[cluster] {
        let values = costs.row(Int(member))
        let move = values[other] - values[cluster]
        if move < least { (least, mover) = (move, member) }
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
    _ costs: CostMatrix, _ rows: [UInt32], from cluster: Int, into moves: UnsafeMutablePointer<Float>,
    _ movers: UnsafeMutablePointer<UInt32>
  ) {
    moves.update(repeating: .infinity, count: costs.stride)
    for row in rows {
      let values = costs.row(Int(row))
      let own = SIMD16<Float>(repeating: values[cluster])
      let mover = SIMD16<UInt32>(repeating: row)
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

  /// The cheapest way from a cluster with too many rows to one with room, its steps from the far end on; nil when no
  /// cluster has too many. Prices are brought up to date.
  private mutating func shortestPath() -> [(from: Int, to: Int)]? {
    var distance = [Float](repeating: .infinity, count: clusters)
    var previous = [Int](repeating: -1, count: clusters)
    var isDone = [Bool](repeating: false, count: clusters)
    var hasSource = false
    for cluster in 0..<clusters where members[cluster].count > capacities[cluster] {
      distance[cluster] = 0
      hasSource = true
    }
    guard hasSource else { return nil }
    var end: Int?
    while true {
      var nearest = -1
      for cluster in 0..<clusters where !isDone[cluster] && distance[cluster] < .infinity {
        if nearest < 0 || distance[cluster] < distance[nearest] { nearest = cluster }
      }
      guard nearest >= 0 else { break }
      isDone[nearest] = true
      if members[nearest].count < capacities[nearest] {
        end = nearest
        break
      }
      let base = nearest * costs.stride
      let start = distance[nearest] - prices[nearest]
      for cluster in 0..<clusters where !isDone[cluster] {
        // Rounding can make a step look shorter than nothing.
        let reached = max(distance[nearest], start + moves[base + cluster] + prices[cluster])
        if reached < distance[cluster] {
          distance[cluster] = reached
          previous[cluster] = nearest
        }
      }
    }
    guard let end else { return nil }
    for cluster in 0..<clusters where isDone[cluster] { prices[cluster] += distance[end] - distance[cluster] }
    var path: [(from: Int, to: Int)] = []
    var at = end
    while previous[at] >= 0 {
      path.append((previous[at], at))
      at = previous[at]
    }
    return path
  }

  /// Prices in the middle of what this assignment allows, the least of them 0: a row that comes again is then as far as can
  /// be from being sent elsewhere by rounding.
  ///
  /// Prices are only bounded by each other; each in turn goes to the middle of its bounds, a few times over.
  func centredPrices() -> [Float] {
    var prices = prices
    let stride = costs.stride
    for _ in 0..<24 {
      for cluster in 0..<clusters where !members[cluster].isEmpty {
        var low = -Float.infinity
        var high = Float.infinity
        for other in 0..<clusters where other != cluster && !members[other].isEmpty {
          low = max(low, prices[other] - moves[other * stride + cluster])
          high = min(high, prices[other] + moves[cluster * stride + other])
        }
        if low <= high, low.isFinite, high.isFinite { prices[cluster] = low + (high - low) / 2 }
      }
    }
    let least = prices.prefix(clusters).min() ?? 0
    return prices.prefix(clusters).map { $0 - least }
  }
}
