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

  /// Columns of the gradient that are copied together: rows that lie a power of two apart would share few cache lines.
  private static let block = 48

  /// target[o][i] ← Σ over rows b of gradient[b][o] · input[b][i], for the columns i of a range, in the order of b.
  static func multiply(
    _ gradient: UnsafePointer<Float>, outputs: Int, _ input: UnsafePointer<Float>, inputs: Int, columns: Range<Int>,
    rows: Int, to target: UnsafeMutablePointer<Float>
  ) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: chunk * (tile + block)) { scratch in
      guard let panels = scratch.baseAddress else { return }
      let copy = panels + chunk * tile
      for first in stride(from: 0, to: rows, by: chunk) {
        let count = min(chunk, rows - first)
        semid_product_pack(
          input + first * inputs + columns.lowerBound, count, columns.count, inputs, 1, panels)
        for output in stride(from: 0, to: outputs, by: block) {
          let width = min(block, outputs - output)
          for row in 0..<count {
            (copy + row * block).update(from: gradient + (first + row) * outputs + output, count: width)
          }
          var product = semid_product(
            panels: panels, terms: count, outputs: columns.count, x: copy, row_stride: 1, term_stride: block,
            rows: width, y: target + output * inputs + columns.lowerBound, y_stride: inputs,
            accumulate: first > 0 ? 1 : 0)
          semid_multiply(&product)
        }
      }
    }
  }
}
