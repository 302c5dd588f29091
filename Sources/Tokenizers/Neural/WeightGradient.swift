import CKernels

/// The gradient of a layer's weights, gᵀ·x over the rows of a batch.
///
/// A tile of it is a product over all rows, so that nothing is reduced. x and g are read in the panels that the layers
/// left.
struct WeightGradient {
  /// batch × inputs.
  let input: Panels
  /// batch × outputs: the loss by what the layer's product gave.
  let gradient: Panels

  /// Columns of the layer's input per task.
  static let tile = 4 * FloatPanel.count
  /// Rows of a batch per pass; sums are stored after each pass, and loaded for the next.
  private static let chunk = 1024

  /// target[o][i] ← Σ over rows b of g[b][o] · x[b][i], for the columns i of a range, in the order of b.
  ///
  /// - Parameter columns: begins at a multiple of a panel.
  func multiply(columns: Range<Int>, rows: Int, to target: UnsafeMutablePointer<Float>) {
    let panel = FloatPanel.count
    for first in Swift.stride(from: 0, to: rows, by: Self.chunk) {
      var product = semid_product(
        panels: input.start + input.place(columns.lowerBound / panel, row: first), panel_stride: input.stride,
        terms: min(Self.chunk, rows - first), outputs: columns.count, x: gradient.start + gradient.place(0, row: first),
        row_group: gradient.stride, row_stride: 1, term_group: panel * panel, term_stride: panel,
        rows: gradient.columns, y: target + columns.lowerBound, y_group: panel, y_stride: input.columns,
        accumulate: first > 0 ? 1 : 0)
      semid_multiply(&product)
    }
  }
}
