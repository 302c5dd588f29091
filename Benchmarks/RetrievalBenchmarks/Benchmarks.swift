import Benchmark
import BenchmarkSupport
import Retrieval
import Vectors

let benchmarks: @Sendable () -> Void = {
  Benchmark.defaultConfiguration = .init(
    metrics: [.wallClock, .peakMemoryResident], warmupIterations: 2, maxDuration: .seconds(1))
  lookups()
  searches()
  directories()
}

/// A benchmark on a `Catalogue`: `prepare` makes what `body` needs from it, outside the measurement.
func onCatalogue<State>(
  _ name: String, rate: BenchmarkMetric? = nil, prepare: @escaping (Catalogue) throws -> State,
  _ body: @escaping (Benchmark, Catalogue, State) throws -> Void
) {
  let holder = Holder<(Catalogue, State)>()
  let metrics = Benchmark.defaultConfiguration.metrics + (rate.map { [$0] } ?? [])
  Benchmark(name, configuration: .init(metrics: metrics)) { (benchmark: Benchmark) throws in
    let (catalogue, state) = try holder.use()
    try body(benchmark, catalogue, state)
  } setup: {
    let catalogue = try Catalogue()
    holder.make((catalogue, try prepare(catalogue)))
  } teardown: {
    holder.drop()
  }
}
