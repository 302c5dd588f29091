import CKernels
import Vectors

/// Scaled dot-product attention inside each sequence (Vaswani et al. 2017), head by head. Sequences are packed one after
/// another: there is no padding, and no sequence sees another.
struct SelfAttention: Sendable {
  let heads: Int
  /// Heads of keys and values; each serves heads / keyHeads heads in a row.
  let keyHeads: Int
  let headSize: Int
  /// What scores are multiplied by before the softmax.
  let scale: Float
  /// Whether a token sees those before it and itself alone.
  var isCausal = false

  private static let panel = Int(SEMID_PANEL)
  private static let blockRows = 64

  var queryColumns: Int { heads * headSize }
  var keyColumns: Int { keyHeads * headSize }

  /// Attends in all sequences of a batch.
  ///
  /// - Parameters:
  ///   - projected: of each token the queries of all heads, then the keys, then the values.
  ///   - bias: added to the scores, which then are not scaled.
  ///   - target: tokens × heads · headSize.
  func apply(
    _ projected: FloatRows, _ sequences: PackedSequences, bias: RelativePositionBias.Table? = nil, to target: FloatRows
  ) {
    let longest = sequences.longest
    let rounded = (longest + Self.panel - 1) / Self.panel * Self.panel
    let keys = FloatRows(rows: 1, columns: rounded * headSize)
    let values = FloatRows(rows: 1, columns: longest * ((headSize + Self.panel - 1) / Self.panel * Self.panel))
    let scores = FloatRows(rows: min(Self.blockRows, longest), columns: longest)
    // Queries, and then weights, as the kernel reads them.
    let panels = FloatRows(
      rows: 1, columns: RowPanels.size(rows: min(Self.blockRows, longest), terms: max(longest, headSize)))
    for sequence in 0..<sequences.count {
      let range = sequences.tokens(sequence)
      let tokens = projected.row(range.lowerBound)
      for keyHead in 0..<keyHeads {
        let key = tokens + queryColumns + keyHead * headSize
        semid_product_pack(key, headSize, range.count, 1, projected.stride, keys.start)
        semid_product_pack(key + keyColumns, range.count, headSize, projected.stride, 1, values.start)
        for head in keyHead * (heads / keyHeads)..<(keyHead + 1) * (heads / keyHeads) {
          for first in stride(from: 0, to: range.count, by: Self.blockRows) {
            let rows = first..<min(first + Self.blockRows, range.count)
            attend(
              tokens + head * headSize, projected.stride, rows, of: range.count, keys, values, scores, panels,
              bias?.rows(head: head),
              to: target.row(range.lowerBound + first) + head * headSize, target.stride)
          }
        }
      }
    }
  }

  /// Rows of one head of one sequence of `count` tokens.
  private func attend(
    _ queries: UnsafePointer<Float>, _ stride: Int, _ rows: Range<Int>, of count: Int, _ keys: FloatRows,
    _ values: FloatRows, _ scores: FloatRows, _ panels: FloatRows,
    _ bias: ((_ row: Int) -> UnsafePointer<Float>)?,
    to target: UnsafeMutablePointer<Float>, _ targetStride: Int
  ) {
    let seen = isCausal ? rows.upperBound : count
    if let bias {
      for row in rows { scores.row(row - rows.lowerBound).update(from: bias(row), count: seen) }
    }
    var block = RowPanels(
      queries + rows.lowerBound * stride, stride: stride, rows: rows.count, terms: headSize, in: panels.start)
    var product = semid_product(
      panels: keys.start, panel_stride: Self.panel * headSize, terms: headSize, outputs: seen, x: block.start,
      row_group: Self.panel * Self.panel, row_stride: Self.panel, term_group: block.stride, term_stride: 1,
      rows: rows.count,
      y: scores.start, y_group: Self.panel,
      y_stride: scores.stride, accumulate: bias == nil ? 0 : 1)
    semid_multiply(&product)
    for row in rows {
      let own = scores.row(row - rows.lowerBound)
      let visible = isCausal ? row + 1 : count
      semid_softmax(own, visible, bias == nil ? scale : 1)
      for column in visible..<max(seen, visible) { own[column] = 0 }
    }
    block = RowPanels(scores.start, stride: scores.stride, rows: rows.count, terms: seen, in: panels.start)
    product = semid_product(
      panels: values.start, panel_stride: Self.panel * count, terms: seen, outputs: headSize, x: block.start,
      row_group: Self.panel * Self.panel, row_stride: Self.panel, term_group: block.stride, term_stride: 1,
      rows: rows.count, y: target, y_group: Self.panel, y_stride: targetStride, accumulate: 0)
    semid_multiply(&product)
  }
}
