/// What prices of clusters may be, given which rows each has: they are bounded by each other.
enum PriceBounds {
  /// Prices in the middle of their bounds, the least of them 0. Each in turn goes to the middle, a few times over.
  ///
  /// - Parameters:
  ///   - prices: by cluster, padded to the stride.
  ///   - moves: clusters × stride: the least that it costs to move a row from one cluster to another.
  ///   - isEmpty: the clusters without a row, which bound nothing.
  static func centered(_ prices: [Float], moves: [Float], stride: Int, isEmpty: [Bool]) -> [Float] {
    let clusters = isEmpty.count
    // Moves to others and from others; infinite where they bound nothing.
    var ahead = [Float](repeating: .infinity, count: clusters * stride)
    var back = ahead
    for from in 0..<clusters where !isEmpty[from] {
      for to in 0..<clusters where to != from && !isEmpty[to] {
        ahead[from * stride + to] = moves[from * stride + to]
        back[to * stride + from] = moves[from * stride + to]
      }
    }
    var prices = prices
    prices.withUnsafeMutableBufferPointer { prices in
      ahead.withUnsafeBufferPointer { ahead in
        back.withUnsafeBufferPointer { back in
          guard let prices = prices.baseAddress, let ahead = ahead.baseAddress, let back = back.baseAddress else {
            return
          }
          for _ in 0..<24 {
            for cluster in 0..<clusters where !isEmpty[cluster] {
              let (low, high) = bounds(prices, ahead + cluster * stride, back + cluster * stride, stride)
              if low <= high, low.isFinite, high.isFinite { prices[cluster] = low + (high - low) / 2 }
            }
          }
        }
      }
    }
    let least = prices.prefix(clusters).min() ?? 0
    return prices.prefix(clusters).map { $0 - least }
  }

  @inline(__always)
  private static func bounds(
    _ prices: UnsafePointer<Float>, _ ahead: UnsafePointer<Float>, _ back: UnsafePointer<Float>, _ stride: Int
  ) -> (low: Float, high: Float) {
    var low = SIMD16<Float>(repeating: -.infinity)
    var high = SIMD16<Float>(repeating: .infinity)
    for first in Swift.stride(from: 0, to: stride, by: 16) {
      let price = UnsafeRawPointer(prices + first).loadUnaligned(as: SIMD16<Float>.self)
      let least = price - UnsafeRawPointer(back + first).loadUnaligned(as: SIMD16<Float>.self)
      let most = price + UnsafeRawPointer(ahead + first).loadUnaligned(as: SIMD16<Float>.self)
      low.replace(with: least, where: least .> low)
      high.replace(with: most, where: most .< high)
    }
    var bounds = (low: low[0], high: high[0])
    for lane in 1..<16 { bounds = (max(bounds.low, low[lane]), min(bounds.high, high[lane])) }
    return bounds
  }
}
