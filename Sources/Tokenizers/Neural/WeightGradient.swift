import CKernels

/// The gradient of a layer's weights, gᵀ·x over the rows of a batch, from copies of both factors in the order in which the
/// kernel reads them.
///
/// A shard makes its rows' copies while they are in the cache; a tile of the gradient then is a product over all rows, so
/// that nothing is reduced.
final class WeightGradient {
  /// Columns of the layer's input that a task takes.
  static let tile = 4 * PackedFactor.panel
  /// Rows of a batch at a time: what the first-level cache holds of a panel, so few times are sums taken up again.
  private static let chunk = 512
  private static let block = Int(SEMID_BLOCK)
  /// Panels that are filled side by side.
  private static let together = 8

  let inputs: Int
  let outputs: Int
  private let batch: Int
  /// x in panels of columns, g in blocks of columns; each holds all rows of a batch, one after the other.
  private let panels: FloatMemory
  private let blocks: FloatMemory
  /// The sum of g's rows, a shard.
  private let shardSums: UnsafeMutablePointer<Double>

  init(inputs: Int, outputs: Int, batch: Int) {
    precondition(FloatPanel.count == PackedFactor.panel && FloatBlock.count == Self.block, "groups are the kernel's")
    self.inputs = inputs
    self.outputs = outputs
    self.batch = batch
    panels = FloatMemory(semid_product_panel_count(batch, inputs))
    blocks = FloatMemory((outputs + Self.block - 1) / Self.block * Self.block * batch)
    shardSums = .allocate(capacity: Shard.most(batch) * outputs)
    shardSums.initialize(repeating: 0, count: Shard.most(batch) * outputs)
  }

  deinit { shardSums.deallocate() }

  /// Copies the shard's rows of x, batch × inputs, and g, batch × outputs, and sums those of g.
  func pack(_ input: UnsafePointer<Float>, _ gradient: UnsafePointer<Float>, _ shard: Shard) {
    // Several panels together: what is read in order is fetched ahead.
    let whole = inputs / PackedFactor.panel
    for first in stride(from: 0, to: whole, by: Self.together) {
      let group = first..<min(whole, first + Self.together)
      for row in shard.rows {
        let (source, target) = (input + row * inputs, panels.start + row * PackedFactor.panel)
        for panel in group {
          FloatPanel(loading: source + panel * PackedFactor.panel).store(
            to: target + panel * PackedFactor.panel * batch)
        }
      }
    }
    let rest = whole * PackedFactor.panel
    if rest < inputs {
      Self.copy(input + rest, columns: inputs, taking: inputs - rest, to: panels.start + rest * batch, shard) {
        (_: FloatPanel) in
      }
    }
    let sums = shardSums + shard.index * outputs
    for first in stride(from: 0, to: outputs, by: Self.block) {
      let count = min(Self.block, outputs - first)
      var sum = FloatBlock.Sum()
      Self.copy(gradient + first, columns: outputs, taking: count, to: blocks.start + first * batch, shard) {
        (block: FloatBlock) in sum.add(block)
      }
      for column in 0..<count { sums[first + column] = sum[column] }
    }
  }

  /// target[o] ← Σ over rows b of g[b][o]: the gradient of a layer's bias.
  func sum(rows: Int, to target: UnsafeMutablePointer<Float>) {
    let shards = Shard.cut(rows).count
    for output in 0..<outputs {
      target[output] = Float((0..<shards).reduce(0.0) { $0 + shardSums[$1 * outputs + output] })
    }
  }

  /// Copies a group of columns of the shard's rows to where a row takes as many floats as a group has at most; what is
  /// beyond the last column stays zero.
  @inline(__always)
  private static func copy<Group: FloatGroup>(
    _ source: UnsafePointer<Float>, columns: Int, taking count: Int, to target: UnsafeMutablePointer<Float>,
    _ shard: Shard, _ body: (Group) -> Void
  ) {
    for row in shard.rows {
      let from = source + row * columns
      let group = count == Group.count ? Group(loading: from) : Group(loading: from, count: count)
      group.store(to: target + row * Group.count)
      body(group)
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
