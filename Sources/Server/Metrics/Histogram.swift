import Synchronization

/// How often values fell into each of some ranges, and their sum. Any number of threads may add.
final class Histogram: Sendable {
  /// Upper bounds, ascending; a last range without bound follows.
  let bounds: [Double]
  private let counts: Mutex<(buckets: [UInt64], sum: Double)>

  init(bounds: [Double]) {
    self.bounds = bounds
    counts = Mutex(([UInt64](repeating: 0, count: bounds.count + 1), 0))
  }

  /// Seconds from 50 µs to 10 s.
  static let latencies: [Double] = [
    50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
  ]

  func add(_ value: Double) {
    let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
    counts.withLock { counts in
      counts.buckets[bucket] += 1
      counts.sum += value
    }
  }

  var snapshot: (buckets: [UInt64], sum: Double) { counts.withLock { $0 } }
}
