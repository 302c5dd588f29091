import CKernels
import Testing
import Vectors

@Suite("The kernel of matrix products") struct MatrixProductTests {
  static var bodies: [(name: String, kernels: UnsafePointer<semid_kernels>)] {
    let levels = [("portable", SEMID_PORTABLE), ("avx2", SEMID_AVX2), ("avx512", SEMID_AVX512)]
    return levels.compactMap { name, level in semid_kernels_of(level).map { (name, $0) } }
      + [("wide", semid_kernels_wide())].compactMap { name, kernels in kernels.map { (name, $0) } }
  }

  /// Σₖ x[i][k] · w[k][o] by `multiply`, of y that holds ones where it accumulates.
  static func product(
    _ kernels: UnsafePointer<semid_kernels>, _ x: [Float], rows: Int, blockStride: Int, rowStride: Int, termStride: Int,
    _ panels: [Float],
    terms: Int, outputs: Int, accumulate: Bool
  ) throws -> [Float] {
    let multiply = try #require(kernels.pointee.multiply)
    var y = [Float](repeating: accumulate ? 1 : .nan, count: rows * (outputs + 2))
    x.withUnsafeBufferPointer { x in
      y.withUnsafeMutableBufferPointer { y in
        panels.withUnsafeBufferPointer { panels in
          var product = semid_product(
            panels: panels.baseAddress, panel_stride: Int(SEMID_PANEL) * terms, terms: terms, outputs: outputs,
            x: x.baseAddress, block_stride: blockStride, row_stride: rowStride, term_stride: termStride, rows: rows,
            y: y.baseAddress, y_stride: outputs + 2, accumulate: accumulate ? 1 : 0)
          multiply(&product)
        }
      }
    }
    return y
  }

  @Test(arguments: [(1, 1, 1), (5, 7, 3), (13, 384, 32), (40, 33, 100), (25, 64, 16), (12, 3, 17), (11, 9, 33)])
  func itIsTheTripleLoop(rows: Int, terms: Int, outputs: Int) throws {
    var random = CounterRandom(seed: UInt64(rows * terms))
    let w = (0..<terms * outputs).map { _ in Float(random.normals().0) }
    let x = (0..<rows * terms).map { _ in Float(random.normals().0) }
    let block = Int(SEMID_BLOCK)
    // Blocks of rows, each of which has its columns one after the other.
    let blocks = (0..<(rows + block - 1) / block * block * terms).map { place in
      let row = place / (block * terms) * block + place % block
      return row < rows ? x[row * terms + place / block % terms] : .nan
    }
    let transposed = (0..<rows * terms).map { x[$0 % rows * terms + $0 / rows] }
    var panels = [Float](repeating: .nan, count: semid_product_panel_count(terms, outputs))
    var fromTransposed = panels
    semid_product_pack(w, terms, outputs, outputs, 1, &panels)
    semid_product_pack(
      (0..<terms * outputs).map { w[$0 % terms * outputs + $0 / terms] }, terms, outputs, 1, terms, &fromTransposed)
    #expect(panels == fromTransposed)
    for (name, kernels) in Self.bodies {
      for accumulate in [false, true] {
        let y = try Self.product(
          kernels, x, rows: rows, blockStride: block * terms, rowStride: terms, termStride: 1, panels, terms: terms,
          outputs: outputs,
          accumulate: accumulate)
        let fromColumns = try Self.product(
          kernels, transposed, rows: rows, blockStride: block, rowStride: 1, termStride: rows, panels, terms: terms,
          outputs: outputs,
          accumulate: accumulate)
        let fromBlocks = try Self.product(
          kernels, blocks, rows: rows, blockStride: block * terms, rowStride: 1, termStride: block, panels,
          terms: terms, outputs: outputs, accumulate: accumulate)
        for row in 0..<rows {
          let results = Array(y[row * (outputs + 2)..<row * (outputs + 2) + outputs])
          for output in 0..<outputs {
            var sum = accumulate ? 1.0 : 0
            var size = 1.0
            for k in 0..<terms {
              let product = Double(x[row * terms + k]) * Double(w[k * outputs + output])
              sum += product
              size += abs(product)
            }
            #expect(abs(Double(results[output]) - sum) <= 1e-6 * size, "\(name)")
          }
          #expect(Array(fromColumns[row * (outputs + 2)..<row * (outputs + 2) + outputs]) == results)
          #expect(Array(fromBlocks[row * (outputs + 2)..<row * (outputs + 2) + outputs]) == results)
          // Beyond the outputs nothing is written.
          let rest = y[row * (outputs + 2) + outputs..<(row + 1) * (outputs + 2)]
          #expect(rest.allSatisfy { accumulate ? $0 == 1 : $0.isNaN })
          // Alone, a row has the same bits as among others.
          let alone = try Self.product(
            kernels, Array(x[row * terms..<(row + 1) * terms]), rows: 1, blockStride: 0, rowStride: terms,
            termStride: 1, panels,
            terms: terms, outputs: outputs, accumulate: accumulate)
          #expect(Array(alone[..<outputs]) == results, "\(name), row \(row)")
        }
      }
    }
  }
}
