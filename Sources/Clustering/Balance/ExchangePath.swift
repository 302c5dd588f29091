/// Dijkstra's shortest path over clusters, whose distances are what it costs to move a row from one to the next.
enum ExchangePath {
  /// The cheapest way from a cluster with too many rows to one with room.
  ///
  /// - Parameters:
  ///   - moves: clusters × stride: the least that it costs to move a row from one cluster to another.
  ///   - stride: a multiple of 16.
  ///   - prices: by cluster, padded to the stride; brought up to date.
  /// - Returns: its steps from the far end on; nil when no cluster has too many, or none that has room is reached.
  static func shortest(
    _ moves: UnsafePointer<Float>, stride: Int, sizes: [Int], capacities: [Int], prices: inout [Float]
  ) -> [(from: Int, to: Int)]? {
    let clusters = sizes.count
    // What pads a row is nearer than any way there.
    var distance = [Float](repeating: -.infinity, count: stride)
    // The distances of clusters that are not done.
    var open = [Float](repeating: .infinity, count: stride)
    var previous = [Int32](repeating: -1, count: stride)
    var done: [Int] = []
    for cluster in 0..<clusters {
      distance[cluster] = sizes[cluster] > capacities[cluster] ? 0 : .infinity
      open[cluster] = distance[cluster]
    }
    let none = [Float](repeating: 0, count: stride)
    var end: Int?
    while true {
      let nearest = LeastSum.of(open, none, count: stride)
      guard nearest.sum < .infinity else { break }
      open[nearest.index] = .infinity
      done.append(nearest.index)
      if sizes[nearest.index] < capacities[nearest.index] {
        end = nearest.index
        break
      }
      relax(
        moves + nearest.index * stride, from: nearest.index, at: nearest.sum, prices, stride, &distance, &open,
        &previous)
    }
    guard let end else { return nil }
    for cluster in done { prices[cluster] += distance[end] - distance[cluster] }
    var path: [(from: Int, to: Int)] = []
    var at = end
    while previous[at] >= 0 {
      path.append((Int(previous[at]), at))
      at = Int(previous[at])
    }
    return path
  }

  /// Shortens the ways to all clusters by those over `nearest`. None to a cluster that is done gets shorter.
  @inline(__always)
  private static func relax(
    _ moves: UnsafePointer<Float>, from nearest: Int, at length: Float, _ prices: UnsafePointer<Float>, _ stride: Int,
    _ distance: UnsafeMutablePointer<Float>, _ open: UnsafeMutablePointer<Float>,
    _ previous: UnsafeMutablePointer<Int32>
  ) {
    let start = SIMD16<Float>(repeating: length - prices[nearest])
    let least = SIMD16<Float>(repeating: length)
    let name = SIMD16<Int32>(repeating: Int32(truncatingIfNeeded: nearest))
    for first in Swift.stride(from: 0, to: stride, by: 16) {
      let move = UnsafeRawPointer(moves + first).loadUnaligned(as: SIMD16<Float>.self)
      let price = UnsafeRawPointer(prices + first).loadUnaligned(as: SIMD16<Float>.self)
      var reached = start + move + price
      // Rounding can make a step look shorter than nothing.
      reached.replace(with: least, where: reached .< least)
      var known = UnsafeRawPointer(distance + first).loadUnaligned(as: SIMD16<Float>.self)
      let isShorter = reached .< known
      guard any(isShorter) else { continue }
      known.replace(with: reached, where: isShorter)
      UnsafeMutableRawPointer(distance + first).storeBytes(of: known, as: SIMD16<Float>.self)
      var waiting = UnsafeRawPointer(open + first).loadUnaligned(as: SIMD16<Float>.self)
      waiting.replace(with: reached, where: isShorter)
      UnsafeMutableRawPointer(open + first).storeBytes(of: waiting, as: SIMD16<Float>.self)
      var names = UnsafeRawPointer(previous + first).loadUnaligned(as: SIMD16<Int32>.self)
      names.replace(with: name, where: isShorter)
      UnsafeMutableRawPointer(previous + first).storeBytes(of: names, as: SIMD16<Int32>.self)
    }
  }
}
