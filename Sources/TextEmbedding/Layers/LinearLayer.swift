import CKernels
import Vectors

/// y = W·x + b, with W packed for the kernel of products. A row's result depends on that row alone.
struct LinearLayer: Sendable {
  let inputs: Int
  let outputs: Int
  /// W, in panels of sixteen outputs.
  private let panels: Buffer<Float>
  private let bias: Buffer<Float>?

  private static let panel = Int(SEMID_PANEL)
  /// Floats of the rows that go through the panels together: they stay in the second-level cache.
  private static let blockFloats = 1 << 16
  /// Terms of a pass: so many of a panel, and of a tile of rows, stay in the first-level cache.
  private static let blockTerms = 512

  private var blockRows: Int { max(32, Self.blockFloats / max(inputs, 1) / 16 * 16) }

  /// The layers of equal inputs in one, outputs after outputs.
  ///
  /// - Parameter weights: outputs × inputs each, as models store them.
  init(_ weights: [Matrix], biases: [Buffer<Float>]? = nil, pool: ThreadPool) {
    precondition(!weights.isEmpty && weights.allSatisfy { $0.columns == weights[0].columns }, "equal inputs")
    let inputs = weights[0].columns
    let outputs = weights.reduce(0) { $0 + $1.rows }
    self.inputs = inputs
    self.outputs = outputs
    // Each matrix's first output.
    let firsts = weights.indices.map { weights[..<$0].reduce(0) { $0 + $1.rows } }
    let panel = Self.panel
    panels = Buffer(count: semid_product_panel_count(inputs, outputs)) { target in
      guard let target = target.baseAddress else { return }
      pool.run(tasks: (outputs + panel - 1) / panel) { index in
        let range = index * panel..<min((index + 1) * panel, outputs)
        // The rows may be of two matrices: they are brought together first.
        withUnsafeTemporaryAllocation(of: Float.self, capacity: panel * inputs) { rows in
          guard let rows = rows.baseAddress else { return }
          for output in range {
            let matrix = firsts.lastIndex { $0 <= output } ?? 0
            weights[matrix].withUnsafeBufferPointer { values in
              guard let values = values.baseAddress else { return }
              (rows + (output - range.lowerBound) * inputs).update(
                from: values + (output - firsts[matrix]) * inputs, count: inputs)
            }
          }
          semid_product_pack(rows, inputs, range.count, 1, inputs, target + index * panel * inputs)
        }
      }
    }
    bias = biases.map { biases in
      Buffer(count: outputs) { target in
        var place = 0
        for bias in biases {
          for index in 0..<bias.count { target[place + index] = bias[index] }
          place += bias.count
        }
      }
    }
  }

  /// y ← W·x + b for some rows of x, or y ← y + W·x + b.
  ///
  /// - Parameter first: the row of y for the first of `rows`; by default the same.
  func apply(_ x: FloatRows, _ rows: Range<Int>, to y: FloatRows, at first: Int? = nil, adding: Bool = false) {
    let first = first ?? rows.lowerBound
    if let bias {
      bias.withUnsafeBufferPointer { bias in
        guard let bias = bias.baseAddress else { return }
        for row in first..<first + rows.count {
          let target = y.row(row)
          if adding {
            for index in 0..<outputs { target[index] += bias[index] }
          } else {
            target.update(from: bias, count: outputs)
          }
        }
      }
    }
    let blockRows = min(blockRows, rows.count)
    guard blockRows > 0 else { return }
    panels.withUnsafeBufferPointer { panels in
      withUnsafeTemporaryAllocation(
        byteCount: RowPanels.size(rows: blockRows, terms: inputs) * 4, alignment: 64
      ) { memory in
        guard let memory = memory.bindMemory(to: Float.self).baseAddress else { return }
        for start in stride(from: 0, to: rows.count, by: blockRows) {
          let count = min(blockRows, rows.count - start)
          let block = RowPanels(
            x.row(rows.lowerBound + start), stride: x.stride, rows: count, terms: inputs, in: memory)
          for term in stride(from: 0, to: inputs, by: Self.blockTerms) {
            var product = semid_product(
              panels: panels.baseAddress.map { $0 + term * Self.panel }, panel_stride: Self.panel * inputs,
              terms: min(Self.blockTerms, inputs - term), outputs: outputs,
              x: block.start + term / Self.panel * block.stride, row_group: Self.panel * Self.panel,
              row_stride: Self.panel, term_group: block.stride, term_stride: 1, rows: count, y: y.row(first + start),
              y_group: Self.panel, y_stride: y.stride, accumulate: adding || bias != nil || term > 0 ? 1 : 0)
            semid_multiply(&product)
          }
        }
      }
    }
  }
}
