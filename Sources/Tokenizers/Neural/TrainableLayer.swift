import Vectors

/// A dense layer under training: block order Dropout → Linear → BatchNorm → activation.
///
/// Its buffers hold one batch; shards work on their own rows of them.
final class TrainableLayer {
  struct Settings {
    var inputs: Int
    var outputs: Int
    /// nil for the last layer of a network.
    var activation: Activation?
    var dropout = 0.0
    var hasBatchNorm = false
    /// Most rows of a batch.
    var batch: Int
    /// Separates the random numbers of layers.
    var stream: UInt64
    var seed: UInt64
  }

  let settings: Settings
  let weights: Parameter
  let bias: Parameter
  let normalization: BatchNormalization?
  /// batch × outputs: before the activation; the same memory as `output` where nothing needs both.
  let linear: Panels
  let output: Panels
  /// batch × outputs: the loss by `output`, then by what the matrix product gave.
  let gradient: Panels
  /// batch × inputs: what the layer before gave.
  private let source: Panels
  /// batch × inputs: the factor of the matrix product, `source` or what dropout leaves of it.
  private let input: Panels
  let dropout: Dropout?
  private let memory: FloatMemory
  private let forwardFactor: PackedFactor
  private let backwardFactor: PackedFactor
  private let weightGradient: WeightGradient
  private let biasGradient: BiasGradient

  var inputs: Int { settings.inputs }
  var outputs: Int { settings.outputs }
  var parameters: [Parameter] {
    [weights, bias] + (normalization.map { [$0.scale, $0.shift] } ?? [])
  }

  /// - Parameter source: batch × inputs, what the layer before gives.
  init(_ settings: Settings, source: Panels) {
    self.settings = settings
    self.source = source
    weights = Parameter(rows: settings.outputs, columns: settings.inputs, decays: true)
    bias = Parameter(vector: settings.outputs)
    weights.fillXavierNormal(seed: settings.seed, stream: settings.stream << 32)
    let size = Panels.size(rows: settings.batch, columns: settings.outputs)
    let keepsLinear = settings.hasBatchNorm || settings.activation.map { !$0.isReversible } ?? false
    let memory = FloatMemory(size * (keepsLinear ? 3 : 2))
    self.memory = memory
    let panels = { Panels(memory.start + $0 * size, rows: settings.batch, columns: settings.outputs) }
    output = panels(0)
    gradient = panels(1)
    linear = keepsLinear ? panels(2) : output
    normalization =
      settings.hasBatchNorm ? BatchNormalization(width: settings.outputs, batch: settings.batch) : nil
    dropout = settings.dropout > 0 ? Dropout(settings) : nil
    input = dropout?.output ?? source
    forwardFactor = PackedFactor(terms: settings.inputs, outputs: settings.outputs)
    backwardFactor = PackedFactor(terms: settings.outputs, outputs: settings.inputs)
    weightGradient = WeightGradient(input: input, gradient: gradient)
    biasGradient = BiasGradient(outputs: settings.outputs, batch: settings.batch)
  }

  // MARK: Packing

  /// Tasks that pack the weights as they are, for the products of a step.
  ///
  /// - Parameter needsInputGradient: whether the loss by the layer's input is needed.
  func packingTasks(needsInputGradient: Bool) -> [() -> Void] {
    let size = 8 * FloatPanel.count
    let forward: [() -> Void] = stride(from: 0, to: outputs, by: size).map { first in
      { [unowned self] in
        forwardFactor.pack(
          weights.values, termStride: 1, outputStride: inputs, outputs: first..<min(outputs, first + size))
      }
    }
    guard needsInputGradient else { return forward }
    return forward
      + stride(from: 0, to: inputs, by: size).map { first in
        { [unowned self] in
          backwardFactor.pack(
            weights.values, termStride: inputs, outputStride: 1, outputs: first..<min(inputs, first + size))
        }
      }
  }

  // MARK: Forward

  /// - Parameter step: the number of the training step, from which dropout draws.
  func forwardStages(step: @escaping () -> UInt64, rows: @escaping () -> Int) -> [Stage] {
    guard let normalization else {
      return [
        Stage { [unowned self] shard in
          multiply(shard, step: step())
          activate(shard)
        }
      ]
    }
    return [
      Stage(barrier: { normalization.finishStatistics(rows: rows()) }) { [unowned self] shard in
        multiply(shard, step: step())
        Activation.addBias(bias.values, to: linear, shard)
        normalization.addStatistics(linear, shard)
      },
      Stage { [unowned self] shard in
        normalization.normalize(linear, to: output, shard)
        settings.activation?.apply(output, to: output, shard)
      },
    ]
  }

  private func multiply(_ shard: Shard, step: UInt64) {
    dropout?.apply(source, shard, step: step)
    forwardFactor.multiply(input, to: linear, shard)
  }

  private func activate(_ shard: Shard) {
    guard let activation = settings.activation else { return Activation.addBias(bias.values, to: output, shard) }
    if activation.isReversible {
      activation.apply(to: output, bias: bias.values, shard)
    } else {
      Activation.addBias(bias.values, to: linear, shard)
      activation.apply(linear, to: output, shard)
    }
  }

  // MARK: Backward

  /// - Parameter target: batch × inputs, set to the loss by the layer's input; nil where it is not needed.
  func backwardStages(target: Panels?, rows: @escaping () -> Int) -> [Stage] {
    let toInput: (Shard) -> Void = { [unowned self] shard in
      guard let target else { return }
      backwardFactor.multiply(gradient, to: target, shard)
      dropout?.applyMask(target, shard)
    }
    guard let normalization else {
      return [
        Stage { [unowned self] shard in
          if let activation = settings.activation {
            activation.scaleByDerivative(gradient, at: linear, shard, addingTo: biasGradient)
          } else {
            biasGradient.add(gradient, shard)
          }
          toInput(shard)
        }
      ]
    }
    return [
      Stage(barrier: { normalization.finishGradient() }) { [unowned self] shard in
        if let activation = settings.activation {
          normalization.scaleByDerivative(gradient, of: activation, normalized: linear, shard)
        }
        normalization.addGradient(gradient, normalized: linear, shard)
      },
      Stage { [unowned self] shard in
        normalization.backward(gradient, normalized: linear, shard, rows: rows())
        toInput(shard)
      },
    ]
  }

  /// Weight and bias gradients. A tile of the weights' gradient is a product over all rows of the batch, so nothing is
  /// reduced.
  func gradientTiles() -> [GradientTile] {
    let columns = WeightGradient.tile
    var tiles: [GradientTile] = stride(from: 0, to: inputs, by: columns).map { first in
      let range = first..<min(inputs, first + columns)
      return GradientTile(cost: range.count * outputs) { [unowned self] rows in
        weightGradient.multiply(columns: range, rows: rows, to: weights.gradient)
        return sumOfSquares(
          weights.gradient + first, rows: outputs, columns: range.count, stride: inputs)
      }
    }
    if let normalization {
      tiles.append(
        GradientTile(cost: 0) { [unowned self] _ in
          sumOfSquares(normalization.scale.gradient, count: outputs)
            + sumOfSquares(normalization.shift.gradient, count: outputs)
        })
    } else {
      // Before a normalization a bias changes nothing: its gradient is zero, and AdamW would follow rounding errors.
      tiles.append(
        GradientTile(cost: outputs) { [unowned self] rows in
          biasGradient.total(rows: rows, to: bias.gradient)
          return sumOfSquares(bias.gradient, count: outputs)
        })
    }
    return tiles
  }

  /// The layer for inference.
  func frozen(source: String) throws -> DenseLayer {
    try DenseLayer(
      weights: weights.matrix, bias: bias.array,
      normalization: normalization.map {
        .init(scale: $0.scale.array, shift: $0.shift.array, mean: $0.runningMean, variance: $0.runningVariance)
      }, source: source)
  }
}
