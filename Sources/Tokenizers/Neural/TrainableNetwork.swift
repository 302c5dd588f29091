import Vectors

/// Layers under training, one after another.
final class TrainableNetwork {
  struct Settings {
    /// From the input's width to the output's.
    var widths: [Int]
    var options: NetworkOptions
    /// Adds the input to the output; the last layer starts at zero.
    var hasSkip: Bool
    var batch: Int
    var seed: UInt64
    /// Separates the random numbers of networks.
    var stream: UInt64
  }

  let layers: [TrainableLayer]
  private let hasSkip: Bool
  private let input: Panels
  private let first: TrainableLayer
  private let last: TrainableLayer

  /// batch × outputs; with a skip, input included.
  var output: Panels { last.output }
  /// batch × outputs: where the loss by `output` is put before `backwardStages` run.
  var gradient: Panels { last.gradient }

  /// - Parameter input: batch × inputs.
  init(_ settings: Settings, input: Panels) {
    precondition(settings.widths.count > 1, "a network has at least one layer")
    hasSkip = settings.hasSkip
    self.input = input
    var layers: [TrainableLayer] = []
    for index in 0..<settings.widths.count - 1 {
      let isLast = index == settings.widths.count - 2
      layers.append(
        TrainableLayer(
          .init(
            inputs: settings.widths[index], outputs: settings.widths[index + 1],
            activation: isLast ? nil : settings.options.activation, dropout: settings.options.dropout,
            hasBatchNorm: !isLast && settings.options.hasBatchNorm, batch: settings.batch,
            stream: settings.stream << 16 | UInt64(index), seed: settings.seed),
          source: layers.last?.output ?? input))
    }
    self.layers = layers
    first = layers[0]
    last = layers[layers.count - 1]
    if hasSkip { last.weights.values.update(repeating: 0, count: last.weights.count) }
  }

  var parameters: [Parameter] { layers.flatMap(\.parameters) }

  func forwardStages(step: @escaping () -> UInt64, rows: @escaping () -> Int) -> [Stage] {
    var stages = layers.flatMap { $0.forwardStages(step: step, rows: rows) }
    if hasSkip {
      stages.append(
        Stage { [unowned self] shard in
          output.map(shard) { place, y in y + input.lanes(at: place) }
        })
    }
    return stages
  }

  /// - Parameter target: batch × inputs, set to the loss by the input; nil where it is not needed.
  func backwardStages(target: Panels?, rows: @escaping () -> Int) -> [Stage] {
    var stages: [Stage] = []
    for index in layers.indices.reversed() {
      stages += layers[index].backwardStages(target: index == 0 ? target : layers[index - 1].gradient, rows: rows)
    }
    if hasSkip, let target {
      // The last layer has no activation: its gradient is still that of the output.
      stages.append(
        Stage { [unowned self] shard in
          target.map(shard) { place, g in g + gradient.lanes(at: place) }
        })
    }
    return stages
  }

  /// - Parameter needsInputGradient: whether the loss by the network's input is needed.
  func packingTasks(needsInputGradient: Bool) -> [() -> Void] {
    layers.enumerated().flatMap { $0.element.packingTasks(needsInputGradient: needsInputGradient || $0.offset > 0) }
  }

  func gradientTiles() -> [GradientTile] { layers.flatMap { $0.gradientTiles() } }

  func frozen(_ name: String) throws -> [DenseLayer] {
    try layers.enumerated().map { try $0.element.frozen(source: "\(name).\($0.offset)") }
  }
}
