/// Measures time by the monotonic clock.
package enum Stopwatch {
  /// The seconds that `body` takes.
  package static func seconds(_ body: () throws -> Void) rethrows -> Double {
    let start = ContinuousClock.now
    try body()
    return seconds(since: start)
  }

  /// Seconds since `start`.
  package static func seconds(since start: ContinuousClock.Instant) -> Double {
    (ContinuousClock.now - start) / .seconds(1)
  }

  /// The value at `rank` (0…1) of ascending values; nil where there are none.
  package static func percentile(_ rank: Double, of sorted: [Double]) -> Double? {
    sorted.isEmpty ? nil : sorted[min(sorted.count - 1, Int(rank * Double(sorted.count)))]
  }
}
