import Benchmark
import BenchmarkSupport
import CKernels
import Vectors

/// A batch of 256 rows of 784 values, from and to the narrow types.
func conversions() {
  conversion("half to float") { semid_half_to_float($0.halves.pointer, $0.count, $0.output.pointer) }
  conversion("float to half") { semid_float_to_half($0.floats.pointer, $0.count, $0.narrow.pointer) }
  conversion("bfloat to float") { semid_bfloat_to_float($0.halves.pointer, $0.count, $0.output.pointer) }
  conversion("float to bfloat") { semid_float_to_bfloat($0.floats.pointer, $0.count, $0.narrow.pointer) }
  conversion("float to int8") { semid_float_to_int8($0.floats.pointer, $0.count, 127, $0.bytes.pointer) }
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
  let narrow: Memory<UInt16>
  let bytes: Memory<Int8>

  init(count: Int) {
    self.count = count
    var random = CounterRandom(seed: 5)
    floats = Memory(count: count) { _ in Float(random.uniform() * 2 - 1) }
    halves = Memory(count: count)
    semid_float_to_half(floats.pointer, count, halves.pointer)
    output = Memory(count: count)
    narrow = Memory(count: count)
    bytes = Memory(count: count)
  }
}
