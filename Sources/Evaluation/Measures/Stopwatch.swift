/// Times of the monotonic clock.
enum Stopwatch {
  static func seconds(_ body: () throws -> Void) rethrows -> Double {
    let start = ContinuousClock.now
    try body()
    return (ContinuousClock.now - start) / .seconds(1)
  }

  /// The value at `rank` (0…1) of ascending values; nil of none.
  static func percentile(_ rank: Double, of sorted: [Double]) -> Double? {
    sorted.isEmpty ? nil : sorted[min(sorted.count - 1, Int(rank * Double(sorted.count)))]
  }
}
