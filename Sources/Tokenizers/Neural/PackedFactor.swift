import CKernels

/// A factor w (terms × outputs) of matrix products, packed for the kernel.
///
/// For the sizes of layers this passes a BLAS, which packs anew in every call: what is packed once a step serves all
/// shards of a batch.
final class PackedFactor: Sendable {
  let terms: Int
  let outputs: Int
  private let panels: FloatMemory

  /// Outputs that are packed together: a task may pack a range of outputs that begins and ends at multiples of it.
  static let panel = Int(SEMID_PANEL)

  init(terms: Int, outputs: Int) {
    self.terms = terms
    self.outputs = outputs
    panels = FloatMemory(semid_product_panel_count(terms, outputs))
  }

  /// Packs w[k][o] = matrix[k · termStride + o · outputStride], all outputs or a range of them.
  func pack(_ matrix: UnsafePointer<Float>, termStride: Int, outputStride: Int, outputs range: Range<Int>? = nil) {
    let range = range ?? 0..<outputs
    semid_product_pack(
      matrix + range.lowerBound * outputStride, terms, range.count, termStride, outputStride,
      panels.start + range.lowerBound * terms)
  }

  /// y ← x·w, rows × outputs; x is rows × terms.
  func multiply(_ x: UnsafePointer<Float>, rows: Int, to y: UnsafeMutablePointer<Float>) {
    var product = semid_product(
      panels: panels.start, terms: terms, outputs: outputs, x: x, row_stride: terms, term_stride: 1, rows: rows, y: y,
      y_stride: outputs, accumulate: 0)
    semid_multiply(&product)
  }
}

/// Products of two transposed factors: the gradient of a layer's weights.
enum WeightGradient {
  /// Columns of the layer's input that a task takes.
  static let tile = 4 * PackedFactor.panel
  /// Rows of a batch at a time: what the first-level cache holds of a panel.
  private static let chunk = 256

  /// target[o][i] ← Σ over rows b of gradient[b][o] · input[b][i], for the columns i of a range, in the order of b.
  static func multiply(
    _ gradient: UnsafePointer<Float>, outputs: Int, _ input: UnsafePointer<Float>, inputs: Int, columns: Range<Int>,
    rows: Int, to target: UnsafeMutablePointer<Float>
  ) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: chunk * tile) { panels in
      guard let panels = panels.baseAddress else { return }
      for first in stride(from: 0, to: rows, by: chunk) {
        let count = min(chunk, rows - first)
        semid_product_pack(
          input + first * inputs + columns.lowerBound, count, columns.count, inputs, 1, panels)
        var product = semid_product(
          panels: panels, terms: count, outputs: columns.count, x: gradient + first * outputs, row_stride: 1,
          term_stride: outputs, rows: outputs, y: target + columns.lowerBound, y_stride: inputs,
          accumulate: first > 0 ? 1 : 0)
        semid_multiply(&product)
      }
    }
  }
}
