import Benchmark
import BenchmarkSupport
import Tokenizers
import Vectors

/// Codes for vectors, and vectors for codes.
func encoding() {
  let (rows, dimension, levels, codebookSize) = (20_000, 384, 3, 256)
  let size = "\(rows)x\(dimension) \(levels)x\(codebookSize)"
  let metrics = Benchmark.defaultConfiguration.metrics
  let operations = Double(2 * rows * dimension * codebookSize * levels)
  let model: @Sendable () throws -> (RQKMeans, Matrix) = {
    let vectors = SyntheticEmbeddings().vectors(rows, dimension: dimension)
    let options = options(levels: levels, codebookSize: codebookSize, iterations: 3)
    return (try RQKMeans.train(vectors[rows: 0..<4096], options: options).model, vectors)
  }
  forEachPool { name, pool in
    Benchmark("encode \(size), \(name)", configuration: .init(metrics: metrics + [.rows, .operations])) {
      benchmark, state in
      try benchmark.measure([(.rows, Double(rows)), (.operations, operations)]) {
        blackHole(try state.0.encode(state.1, pool: pool))
      }
    } setup: {
      try model()
    }
    Benchmark("encode \(size) beam 5, \(name)", configuration: .init(metrics: metrics + [.rows, .operations])) {
      benchmark, state in
      try benchmark.measure([(.rows, Double(rows)), (.operations, operations)]) {
        blackHole(try state.0.encode(state.1, beam: 5, pool: pool))
      }
    } setup: {
      try model()
    }
    Benchmark("decode \(size), \(name)", configuration: .init(metrics: metrics + [.rows])) { benchmark, state in
      try benchmark.measure([(.rows, Double(rows))]) { blackHole(try state.0.decode(state.1, pool: pool)) }
    } setup: {
      let (model, vectors) = try model()
      return (model, try model.encode(vectors))
    }
  }
}
