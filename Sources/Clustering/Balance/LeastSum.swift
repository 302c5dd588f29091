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
