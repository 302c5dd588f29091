import CKernels

/// The gradient of a layer's weights, gᵀ·x over the rows of a batch, from copies of both factors in the order in which the
/// kernel reads them.
///
/// A shard makes its rows' copies while they are in the cache; a tile of the gradient then is a product over all rows, so
/// that nothing is reduced.
final class WeightGradient {
  /// Columns of the layer's input that a task takes.
  static let tile = 4 * PackedFactor.panel
  /// Rows of a batch at a time: what the first-level cache holds of a panel.
  private static let chunk = 256
  private static let block = Int(SEMID_BLOCK)

  let inputs: Int
  let outputs: Int
  private let batch: Int
  /// x in panels of columns, g in blocks of columns; each holds all rows of a batch, one after the other.
  private let panels: FloatMemory
  private let blocks: FloatMemory

  init(inputs: Int, outputs: Int, batch: Int) {
    self.inputs = inputs
    self.outputs = outputs
    self.batch = batch
    panels = FloatMemory(semid_product_panel_count(batch, inputs))
    blocks = FloatMemory((outputs + Self.block - 1) / Self.block * Self.block * batch)
  }

  /// Copies the shard's rows of x, batch × inputs, and g, batch × outputs.
  func pack(_ input: UnsafePointer<Float>, _ gradient: UnsafePointer<Float>, _ shard: Shard) {
    Self.copy(input, columns: inputs, inGroupsOf: PackedFactor.panel, to: panels.start, shard, batch)
    Self.copy(gradient, columns: outputs, inGroupsOf: Self.block, to: blocks.start, shard, batch)
  }

  @inline(__always)
  private static func copy(
    _ source: UnsafePointer<Float>, columns: Int, inGroupsOf size: Int, to target: UnsafeMutablePointer<Float>,
    _ shard: Shard, _ batch: Int
  ) {
    for first in stride(from: 0, to: columns, by: size) {
      // What is beyond the last column stays zero.
      let count = min(size, columns - first)
      let group = target + first * batch
      if count == size {
        for row in shard.rows { copy(source + row * columns + first, to: group + row * size, count: size) }
      } else {
        for row in shard.rows { (group + row * size).update(from: source + row * columns + first, count: count) }
      }
    }
  }

  /// Groups are so short that a call for each would be most of the work.
  ///
  /// - Parameter count: a multiple of 4.
  @inline(__always)
  private static func copy(_ source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>, count: Int) {
    let (source, target) = (UnsafeRawPointer(source), UnsafeMutableRawPointer(target))
    for byte in stride(from: 0, to: 4 * count, by: 16) {
      let part = source.loadUnaligned(fromByteOffset: byte, as: SIMD4<Float>.self)
      target.storeBytes(of: part, toByteOffset: byte, as: SIMD4<Float>.self)
    }
  }

  /// target[o][i] ← Σ over rows b of g[b][o] · x[b][i], for the columns i of a range, in the order of b.
  ///
  /// - Parameter columns: begins at a multiple of a panel.
  func multiply(columns: Range<Int>, rows: Int, to target: UnsafeMutablePointer<Float>) {
    for first in stride(from: 0, to: rows, by: Self.chunk) {
      var product = semid_product(
        panels: panels.start + columns.lowerBound * batch + first * PackedFactor.panel,
        panel_stride: PackedFactor.panel * batch, terms: min(Self.chunk, rows - first), outputs: columns.count,
        x: blocks.start + first * Self.block, block_stride: Self.block * batch, row_stride: 1, term_stride: Self.block,
        rows: outputs, y: target + columns.lowerBound, y_stride: inputs, accumulate: first > 0 ? 1 : 0)
      semid_multiply(&product)
    }
  }
}
