import Benchmark
import BenchmarkSupport
import CKernels
import Vectors

/// A batch of 256 rows of 784 values, from the narrow types.
func conversions() {
  conversion("half to float") { semid_half_to_float($0.halves.pointer, $0.count, $0.output.pointer) }
  conversion("bfloat to float") { semid_bfloat_to_float($0.halves.pointer, $0.count, $0.output.pointer) }
  conversion("first non-finite") { blackHole(semid_first_non_finite($0.floats.pointer, $0.count)) }
}

private func conversion(_ name: String, _ kernel: @escaping (ConversionProblem) -> Void) {
  Benchmark(name, configuration: measuring(.values)) { benchmark, problem in
    benchmark.measure([(.values, Double(problem.count))]) { kernel(problem) }
  } setup: {
    ConversionProblem(count: 256 * 784)
  }
}

private final class ConversionProblem {
  let count: Int
  let floats: Memory<Float>
  let halves: Memory<UInt16>
  let output: Memory<Float>

  init(count: Int) {
    self.count = count
    var random = CounterRandom(seed: 5)
    floats = Memory(count: count) { _ in Float(random.uniform() * 2 - 1) }
    halves = Memory(count: count) { _ in UInt16(random.below(0x7c00)) }
    output = Memory(count: count)
  }
}
