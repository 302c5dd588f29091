/// What training does with a layer's panels.
extension Activation {
  /// values ← values + bias
  static func addBias(_ bias: UnsafePointer<Float>, to values: Panels, _ shard: Shard) {
    values.map(shard, with: bias) { x, b in x + b }
  }

  /// values ← f(values + bias)
  func apply(to values: Panels, bias: UnsafePointer<Float>, _ shard: Shard) {
    // One loop for each function, so that none is chosen inside it.
    switch self {
    case .relu: values.map(shard, with: bias) { x, b in Activation.relu.value(x + b) }
    case .silu: values.map(shard, with: bias) { x, b in Activation.silu.value(x + b) }
    case .gelu: values.map(shard, with: bias) { x, b in Activation.gelu.value(x + b) }
    }
  }

  /// target ← f(source)
  func apply(_ source: Panels, to target: Panels, _ shard: Shard) {
    switch self {
    case .relu: target.map(shard) { place, _ in Activation.relu.value(source.lanes(at: place)) }
    case .silu: target.map(shard) { place, _ in Activation.silu.value(source.lanes(at: place)) }
    case .gelu: target.map(shard) { place, _ in Activation.gelu.value(source.lanes(at: place)) }
    }
  }

  /// gradient ← gradient · f′(x), and the bias's gradient from that.
  func scaleByDerivative(_ gradient: Panels, at x: Panels, _ shard: Shard, addingTo bias: BiasGradient) {
    switch self {
    case .relu:
      bias.add(gradient, shard, changedBy: { place, g in g.replacing(with: 0, where: x.lanes(at: place) .<= 0) })
    case .silu: bias.add(gradient, shard, changedBy: { place, g in g * Activation.silu.derivative(x.lanes(at: place)) })
    case .gelu: bias.add(gradient, shard, changedBy: { place, g in g * Activation.gelu.derivative(x.lanes(at: place)) })
    }
  }
}
