import Benchmark
import BenchmarkSupport
import CKernels
import Vectors

/// Filters over four million items, one bit each.
func bitMasks() {
  typealias Kernel = (UnsafeMutablePointer<UInt64>?, UnsafePointer<UInt64>?, Int) -> Int
  let words = 62_500
  for (name, kernel) in [("and", semid_bits_and as Kernel), ("or", semid_bits_or), ("andnot", semid_bits_andnot)] {
    Benchmark("bits \(name)", configuration: measuring(.values)) { benchmark, masks in
      benchmark.measure([(.values, Double(words * 64))]) {
        blackHole(kernel(masks.0.pointer, masks.1.pointer, words))
      }
    } setup: {
      masks(words)
    }
  }
  Benchmark("bits count", configuration: measuring(.values)) { benchmark, masks in
    benchmark.measure([(.values, Double(words * 64))]) { blackHole(semid_bits_count(masks.0.pointer, words)) }
  } setup: {
    masks(words)
  }
}

private func masks(_ words: Int) -> (Memory<UInt64>, Memory<UInt64>) {
  var random = CounterRandom(seed: 4)
  return (Memory(count: words) { _ in random.next() }, Memory(count: words) { _ in random.next() })
}
