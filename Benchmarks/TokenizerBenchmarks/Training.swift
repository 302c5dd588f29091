import Benchmark
import BenchmarkSupport
import Foundation
import Tokenizers
import Vectors

/// RQ-KMeans from vectors to codebooks, every row in every round.
func training() {
  train(rows: 10_000, dimension: 128, levels: 3, codebookSize: 256, iterations: 5)
  // The size that the comparison with other libraries uses; minutes, so only when asked for.
  if ProcessInfo.processInfo.environment["SEMID_BENCH_FULL"] != nil {
    train(rows: 60_000, dimension: 784, levels: 3, codebookSize: 256, iterations: 20)
  }
}

private func train(rows: Int, dimension: Int, levels: Int, codebookSize: Int, iterations: Int) {
  let options = options(levels: levels, codebookSize: codebookSize, iterations: iterations)
  // Lloyd without pruning: one pass over all codewords a round, and one more to assign.
  let operations = Double(2 * rows * dimension * codebookSize) * Double(levels * (iterations + 1))
  forEachPool { name, pool in
    Benchmark(
      "train \(rows)x\(dimension) \(levels)x\(codebookSize) \(iterations) rounds, \(name)",
      configuration: .init(metrics: Benchmark.defaultConfiguration.metrics + [.operations])
    ) { benchmark, vectors in
      try benchmark.measure([(.operations, operations)]) {
        blackHole(try RQKMeans.train(vectors, options: options, pool: pool))
      }
    } setup: {
      SyntheticEmbeddings().vectors(rows, dimension: dimension)
    }
  }
}
