import Benchmark
import BenchmarkSupport

let benchmarks: @Sendable () -> Void = {
  Benchmark.defaultConfiguration = .init(metrics: [.wallClock], warmupIterations: 3, maxDuration: .milliseconds(500))
  nearestCodeword()
  distances()
  scans()
  conversions()
}

/// The rate that a benchmark's figures are given in, beside the time of one call.
func measuring(_ rates: BenchmarkMetric...) -> Benchmark.Configuration { .init(metrics: [.wallClock] + rates) }
