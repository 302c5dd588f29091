import CKernels

/// A factor w (terms × outputs) of matrix products, packed for the kernel.
///
/// For the sizes of layers this is faster than a BLAS, which packs anew in every call. A factor that is packed once per
/// step serves all shards of a batch.
final class PackedFactor: Sendable {
  let terms: Int
  let outputs: Int
  private let panels: FloatMemory

  init(terms: Int, outputs: Int) {
    self.terms = terms
    self.outputs = outputs
    panels = FloatMemory(semid_product_panel_count(terms, outputs))
  }

  /// Packs w[k][o] = matrix[k · termStride + o · outputStride], all outputs or a range of whole panels of them.
  func pack(_ matrix: UnsafePointer<Float>, termStride: Int, outputStride: Int, outputs range: Range<Int>? = nil) {
    let range = range ?? 0..<outputs
    semid_product_pack(
      matrix + range.lowerBound * outputStride, terms, range.count, termStride, outputStride,
      panels.start + range.lowerBound * terms)
  }

  /// y ← x·w, rows × outputs; x is rows × terms.
  func multiply(_ x: UnsafePointer<Float>, rows: Int, to y: UnsafeMutablePointer<Float>) {
    var product = semid_product(
      panels: panels.start, panel_stride: FloatPanel.count * terms, terms: terms, outputs: outputs, x: x,
      row_group: FloatPanel.count * terms, row_stride: terms, term_group: FloatPanel.count, term_stride: 1, rows: rows,
      y: y,
      y_group: FloatPanel.count, y_stride: outputs, accumulate: 0)
    semid_multiply(&product)
  }

  /// y ← x·w for the shard's rows, batch × outputs; x is batch × terms.
  func multiply(_ x: Panels, to y: Panels, _ shard: Shard) {
    let first = x.place(0, row: shard.rows.lowerBound)
    // Whole panels are written: what is beyond the last output is packed as zeros.
    var product = semid_product(
      panels: panels.start, panel_stride: FloatPanel.count * terms, terms: terms, outputs: y.count * FloatPanel.count,
      x: x.start + first, row_group: FloatPanel.count * FloatPanel.count, row_stride: FloatPanel.count,
      term_group: x.stride,
      term_stride: 1, rows: shard.count, y: y.start + first, y_group: y.stride, y_stride: FloatPanel.count,
      accumulate: 0)
    semid_multiply(&product)
  }
}
