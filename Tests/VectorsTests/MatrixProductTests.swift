import CKernels
import Testing
import Vectors

@Suite("The kernel of matrix products") struct MatrixProductTests {
  static var bodies: [(name: String, kernels: UnsafePointer<semid_kernels>)] {
    let levels = [("portable", SEMID_PORTABLE), ("avx2", SEMID_AVX2), ("avx512", SEMID_AVX512)]
    return levels.compactMap { name, level in semid_kernels_of(level).map { (name, $0) } }
      + [("wide", semid_kernels_wide())].compactMap { name, kernels in kernels.map { (name, $0) } }
  }

  /// How the rows and terms of x, or the rows and outputs of y, lie.
  struct Layout {
    var rowGroup: Int
    var row: Int
    var columnGroup: Int
    var column: Int

    /// One row after another.
    static func rows(_ width: Int) -> Layout {
      Layout(rowGroup: panel * width, row: width, columnGroup: panel, column: 1)
    }
    /// One column after another.
    static func columns(_ height: Int) -> Layout {
      Layout(rowGroup: panel, row: 1, columnGroup: panel * height, column: height)
    }
    /// Panels of sixteen columns.
    static func panels(_ stride: Int) -> Layout {
      Layout(rowGroup: panel * panel, row: panel, columnGroup: stride, column: 1)
    }
    /// Panels of sixteen rows.
    static func rowPanels(_ stride: Int) -> Layout {
      Layout(rowGroup: stride, row: 1, columnGroup: panel * panel, column: panel)
    }

    private static let panel = Int(SEMID_PANEL)

    func place(_ row: Int, _ column: Int) -> Int {
      row / Self.panel * rowGroup + row % Self.panel * self.row + column / Self.panel * columnGroup
        + column % Self.panel * self.column
    }

    /// A matrix in this layout; NaN in what is none of it.
    func lay(_ matrix: [Float], rows: Int, columns: Int) -> [Float] {
      let size =
        1
        + (0..<rows).reduce(0) { most, row in
          (0..<columns).reduce(most) { max($0, place(row, $1)) }
        }
      var laid = [Float](repeating: .nan, count: size)
      for row in 0..<rows {
        for column in 0..<columns { laid[place(row, column)] = matrix[row * columns + column] }
      }
      return laid
    }
  }

  /// Σₖ x[i][k] · w[k][o] by `multiply`, of y that holds ones where it accumulates and NaN elsewhere.
  static func product(
    _ kernels: UnsafePointer<semid_kernels>, _ x: [Float], _ layout: Layout, rows: Int, _ panels: [Float], terms: Int,
    outputs: Int, yGroup: Int, yStride: Int, size: Int, accumulate: Bool
  ) throws -> [Float] {
    let multiply = try #require(kernels.pointee.multiply)
    var y = [Float](repeating: accumulate ? 1 : .nan, count: size)
    x.withUnsafeBufferPointer { x in
      y.withUnsafeMutableBufferPointer { y in
        panels.withUnsafeBufferPointer { panels in
          var product = semid_product(
            panels: panels.baseAddress, panel_stride: Int(SEMID_PANEL) * terms, terms: terms, outputs: outputs,
            x: x.baseAddress, row_group: layout.rowGroup, row_stride: layout.row, term_group: layout.columnGroup,
            term_stride: layout.column, rows: rows, y: y.baseAddress, y_group: yGroup, y_stride: yStride,
            accumulate: accumulate ? 1 : 0)
          multiply(&product)
        }
      }
    }
    return y
  }

  @Test(arguments: [
    (1, 1, 1), (5, 7, 3), (13, 384, 32), (40, 33, 100), (25, 64, 16), (12, 3, 17), (11, 9, 33), (16, 16, 16),
    (31, 17, 5), (50, 40, 48),
  ])
  func itIsTheTripleLoop(rows: Int, terms: Int, outputs: Int) throws {
    var random = CounterRandom(seed: UInt64(rows * terms))
    let w = (0..<terms * outputs).map { _ in Float(random.normals().0) }
    let x = (0..<rows * terms).map { _ in Float(random.normals().0) }
    let panel = Int(SEMID_PANEL)
    var panels = [Float](repeating: .nan, count: semid_product_panel_count(terms, outputs))
    var fromTransposed = panels
    semid_product_pack(w, terms, outputs, outputs, 1, &panels)
    semid_product_pack(
      (0..<terms * outputs).map { w[$0 % terms * outputs + $0 / terms] }, terms, outputs, 1, terms, &fromTransposed)
    #expect(panels == fromTransposed)
    let width = outputs + 2
    for (name, kernels) in Self.bodies {
      for accumulate in [false, true] {
        let inRows = { (x: [Float], layout: Layout, rows: Int) in
          try Self.product(
            kernels, x, layout, rows: rows, panels, terms: terms, outputs: outputs, yGroup: panel, yStride: width,
            size: rows * width, accumulate: accumulate)
        }
        let y = try inRows(x, .rows(terms), rows)
        for row in 0..<rows {
          for output in 0..<outputs {
            var sum = accumulate ? 1.0 : 0
            var size = 1.0
            for k in 0..<terms {
              let product = Double(x[row * terms + k]) * Double(w[k * outputs + output])
              sum += product
              size += abs(product)
            }
            #expect(abs(Double(y[row * width + output]) - sum) <= 1e-6 * size, "\(name)")
          }
          // Beyond the outputs nothing is written.
          let rest = y[row * width + outputs..<(row + 1) * width]
          #expect(rest.allSatisfy { accumulate ? $0 == 1 : $0.isNaN })
          // Alone, a row has the same bits as among others.
          let alone = try inRows(Array(x[row * terms..<(row + 1) * terms]), .rows(terms), 1)
          #expect(alone[..<outputs] == y[row * width..<row * width + outputs], "\(name), row \(row)")
        }
        // However x lies, the bits are the same.
        let stride = (rows + 3) * panel
        for layout in [Layout.columns(rows), .panels(stride), .rowPanels((terms + 1) * panel)] {
          let other = try inRows(layout.lay(x, rows: rows, columns: terms), layout, rows)
          #expect(other.map(\.bitPattern) == y.map(\.bitPattern), "\(name), \(layout)")
        }
        // And however y does: whole panels, with zeros (or what was there) beyond the outputs.
        let whole = (outputs + panel - 1) / panel * panel
        let inPanels = try Self.product(
          kernels, x, .rows(terms), rows: rows, panels, terms: terms, outputs: whole, yGroup: stride, yStride: panel,
          size: whole / panel * stride, accumulate: accumulate)
        for row in 0..<rows {
          for output in 0..<whole {
            let found = inPanels[Layout.panels(stride).place(row, output)]
            #expect(found == (output < outputs ? y[row * width + output] : accumulate ? 1 : 0), "\(name)")
          }
        }
      }
    }
  }
}
