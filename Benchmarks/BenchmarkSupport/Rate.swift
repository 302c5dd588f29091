public import Benchmark

extension BenchmarkMetric {
  /// Rows that were encoded, compared or converted in a second.
  public static var rows: BenchmarkMetric { rate("Rows / s") }
  /// Floats read or written in a second, whichever are more.
  public static var values: BenchmarkMetric { rate("Values / s") }
  /// Multiply-adds that the plain algorithm would have done in a second, twice: what a GEMM is measured in. Work that
  /// pruning saves counts as done.
  public static var operations: BenchmarkMetric { rate("Equivalent FLOP / s") }
  /// Answers a second.
  public static var queries: BenchmarkMetric { rate("Queries / s") }

  private static func rate(_ name: String) -> BenchmarkMetric {
    .custom(name, polarity: .prefersLarger, useScalingFactor: false)
  }
}

extension Benchmark {
  /// Measures `body` alone, and records each of `amounts` as a rate: the amount over the seconds it took.
  public func measure<Failure: Error>(
    _ amounts: [(BenchmarkMetric, Double)], _ body: () throws(Failure) -> Void
  ) throws(Failure) {
    startMeasurement()
    let start = ContinuousClock.now
    try body()
    let elapsed = ContinuousClock.now - start
    stopMeasurement()
    let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
    for (metric, amount) in amounts { measurement(metric, Int(amount / max(seconds, 1e-9))) }
  }
}
