import Benchmark
import BenchmarkSupport
import CKernels
import Vectors

private typealias RowsKernel = (UnsafePointer<Float>?, UnsafePointer<Float>?, Int, Int, UnsafeMutablePointer<Float>?)
  -> Void
private typealias GatherKernel = (
  UnsafePointer<Float>?, UnsafePointer<Float>?, Int, UnsafePointer<UInt32>?, Int, UnsafeMutablePointer<Float>?
) -> Void

/// One query against a run of rows (what a leaf of the trie is), and against rows scattered over a catalogue (what
/// reranking candidates in input order is): the first from cache, the second from memory.
func distances() {
  for dimension in [784, 384, 128] {
    for (name, kernel) in [("l2", semid_l2_rows as RowsKernel), ("dot", semid_dot_rows)] {
      Benchmark("\(name) rows \(dimension)", configuration: measuring(.rows, .values)) { benchmark, problem in
        let rows = 256
        benchmark.measure([(.rows, Double(rows)), (.values, Double(rows * dimension))]) {
          kernel(problem.query, problem.rows.pointer, dimension, rows, problem.distances.pointer)
        }
      } setup: {
        DistanceProblem(dimension: dimension, rows: 256, candidates: 256)
      }
    }
    for (name, kernel) in [("l2", semid_l2_gather as GatherKernel), ("dot", semid_dot_gather)] {
      Benchmark("\(name) gather \(dimension)", configuration: measuring(.rows, .values)) { benchmark, problem in
        let ids = problem.candidates[benchmark.currentIteration % problem.candidates.count]
        benchmark.measure([(.rows, Double(ids.count)), (.values, Double(ids.count * dimension))]) {
          kernel(problem.query, problem.rows.pointer, dimension, ids, ids.count, problem.distances.pointer)
        }
      } setup: {
        DistanceProblem(dimension: dimension, rows: 60_000, candidates: 400)
      }
    }
  }
}

private final class DistanceProblem {
  let query: [Float]
  let rows: Memory<Float>
  /// Lists of different rows, ascending; one an iteration, so that none finds its rows in cache.
  let candidates: [[UInt32]]
  let distances: Memory<Float>

  init(dimension: Int, rows count: Int, candidates perList: Int) {
    var random = CounterRandom(seed: 2)
    query = (0..<dimension).map { _ in Float(random.uniform()) - 0.5 }
    rows = Memory(count: count * dimension) { _ in Float(random.uniform()) - 0.5 }
    candidates = (0..<64).map { _ in random.sample(perList, below: count).map { UInt32($0) } }
    distances = Memory(count: max(perList, 1024))
  }
}
