/// The gradient of a layer's bias: the sum of g's rows, a shard's by itself, then over shards in order.
final class BiasGradient {
  private let outputs: Int
  /// A sum for each output and shard.
  private let sums: UnsafeMutablePointer<Double>
  private let capacity: Int

  init(outputs: Int, batch: Int) {
    self.outputs = outputs
    capacity = Shard.most(batch) * outputs
    sums = .allocate(capacity: capacity)
    sums.initialize(repeating: 0, count: capacity)
  }

  deinit { sums.deallocate() }

  /// Sums the shard's rows of g while they are in the cache.
  func add(_ gradient: Panels, _ shard: Shard) {
    for panel in 0..<gradient.count {
      var sum = FloatPanel.Sum()
      for place in gradient.rowPlaces(panel, shard) { sum.add(gradient.floats(at: place)) }
      let first = panel * FloatPanel.count
      sum.store(to: sums + shard.index * outputs + first, count: outputs - first)
    }
  }

  /// target[o] ← Σ over rows b of g[b][o]
  func total(rows: Int, to target: UnsafeMutablePointer<Float>) {
    let shards = Shard.cut(rows).count
    for output in 0..<outputs {
      target[output] = Float((0..<shards).reduce(0.0) { $0 + sums[$1 * outputs + output] })
    }
  }
}
