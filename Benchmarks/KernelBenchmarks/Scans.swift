import Benchmark
import BenchmarkSupport
import CKernels
import Vectors

/// Quantized distances of 60,000 items by table, and the selection of the nearest hundredth of them.
func scans() {
  let items = 60_000
  for levels in [3, 4] {
    Benchmark("scan codes L\(levels)", configuration: measuring(.rows)) { benchmark, problem in
      benchmark.measure([(.rows, Double(items))]) {
        semid_scan_codes(
          problem.table.pointer, problem.offsets, levels, problem.codes.pointer, items, problem.distances.pointer)
      }
    } setup: {
      ScanProblem(items: items, levels: levels, codebookSize: 256)
    }
  }
  Benchmark("select below", configuration: measuring(.values)) { benchmark, problem in
    benchmark.measure([(.values, Double(items))]) {
      blackHole(semid_select_below(problem.distances.pointer, items, 0.01, problem.selected.pointer, items))
    }
  } setup: {
    ScanProblem(items: items, levels: 3, codebookSize: 256)
  }
}

private final class ScanProblem {
  let table: Memory<Float>
  let offsets: [UInt32]
  let codes: Memory<UInt16>
  /// Uniform in [0, 1) until a scan overwrites them.
  let distances: Memory<Float>
  let selected: Memory<UInt32>

  init(items: Int, levels: Int, codebookSize: Int) {
    var random = CounterRandom(seed: 3)
    table = Memory(count: levels * codebookSize) { _ in Float(random.uniform()) }
    offsets = (0..<levels).map { UInt32($0 * codebookSize) }
    codes = Memory(count: items * levels) { _ in UInt16(random.below(codebookSize)) }
    distances = Memory(count: items) { _ in Float(random.uniform()) }
    selected = Memory(count: items)
  }
}
