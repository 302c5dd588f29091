import CKernels
import Testing
import Vectors

@Suite("The kernel of dense layers") struct DenseKernelTests {
  static var bodies: [(name: String, kernels: UnsafePointer<semid_kernels>)] {
    let levels = [("portable", SEMID_PORTABLE), ("avx2", SEMID_AVX2), ("avx512", SEMID_AVX512)]
    return levels.compactMap { name, level in semid_kernels_of(level).map { (name, $0) } }
      + [("wide", semid_kernels_wide())].compactMap { name, kernels in kernels.map { (name, $0) } }
  }

  @Test(arguments: [(1, 1, 1), (5, 7, 3), (13, 384, 32), (40, 33, 100), (25, 64, 16), (12, 3, 17)])
  func itIsTheTripleLoop(rows: Int, inputs: Int, outputs: Int) throws {
    var random = CounterRandom(seed: UInt64(rows * inputs))
    let weights = (0..<outputs * inputs).map { _ in Float(random.normals().0) }
    let x = (0..<rows * inputs).map { _ in Float(random.normals().0) }
    var panels = [Float](repeating: .nan, count: semid_dense_panel_count(inputs, outputs))
    semid_dense_pack(weights, inputs, outputs, &panels)
    for (name, kernels) in Self.bodies {
      let dense = try #require(kernels.pointee.dense)
      var y = [Float](repeating: .nan, count: rows * outputs)
      dense(panels, inputs, outputs, x, rows, &y)
      for row in 0..<rows {
        for output in 0..<outputs {
          var sum = 0.0
          var size = 0.0
          for k in 0..<inputs {
            let product = Double(x[row * inputs + k]) * Double(weights[output * inputs + k])
            sum += product
            size += abs(product)
          }
          #expect(abs(Double(y[row * outputs + output]) - sum) <= 1e-6 * size + 1e-12, "\(name)")
        }
        // Alone, a row has the same bits as among others.
        var alone = [Float](repeating: .nan, count: outputs)
        x.withUnsafeBufferPointer { x in
          guard let base = x.baseAddress else { return }
          dense(panels, inputs, outputs, base + row * inputs, 1, &alone)
        }
        #expect(alone == Array(y[row * outputs..<(row + 1) * outputs]), "\(name), row \(row)")
      }
    }
  }
}
