import Benchmark
import BenchmarkSupport
import Foundation
import Tokenizers
import Vectors

let benchmarks: @Sendable () -> Void = {
  Benchmark.defaultConfiguration = .init(
    metrics: [.wallClock, .cpuUser, .peakMemoryResident], warmupIterations: 1, maxDuration: .seconds(3))
  training()
  encoding()
}

/// One thread, and all where there are more.
func forEachPool(_ body: (_ name: String, ThreadPool) -> Void) {
  body("1 thread", ThreadPool(threads: 1))
  if ThreadPool.processors > 1 { body("all threads", ThreadPool()) }
}

func options(levels: Int, codebookSize: Int, iterations: Int) -> RQKMeansOptions {
  var options = RQKMeansOptions()
  options.levelSizes = Array(repeating: codebookSize, count: levels)
  options.kMeans.iterations = iterations
  options.kMeans.tolerance = 0
  return options
}
