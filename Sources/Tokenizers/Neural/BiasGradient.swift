/// The gradient of a layer's bias: the sum of the rows of g, per shard, then over shards in order.
final class BiasGradient {
  private let outputs: Int
  /// A sum for each output and shard.
  private let sums: UnsafeMutablePointer<Double>

  init(outputs: Int, batch: Int) {
    self.outputs = outputs
    let capacity = Shard.most(batch) * outputs
    sums = .allocate(capacity: capacity)
    sums.initialize(repeating: 0, count: capacity)
  }

  deinit { sums.deallocate() }

  /// Sums the shard's rows of g.
  func add(_ gradient: Panels, _ shard: Shard) {
    sum(gradient, shard) { gradient.floats(at: $0) }
  }

  /// g ← body(place, g), eight floats at a time, and the sums of the shard's rows of that.
  @inline(__always) func add(_ gradient: Panels, _ shard: Shard, changedBy body: (_ place: Int, Lanes) -> Lanes) {
    sum(gradient, shard) { place in
      let g = gradient.floats(at: place)
      let changed = FloatPanel(body(place, g.low), body(place + Lanes.width, g.high))
      changed.store(to: gradient.start + place)
      return changed
    }
  }

  @inline(__always) private func sum(_ gradient: Panels, _ shard: Shard, _ row: (_ place: Int) -> FloatPanel) {
    for panel in 0..<gradient.count {
      var sum = FloatPanel.Sum()
      for place in gradient.rowPlaces(panel, shard) { sum.add(row(place)) }
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
