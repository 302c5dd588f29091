import Vectors

/// Encoder, quantizer and decoder under training, and one step of it: forward, loss, backward, AdamW.
///
/// A step is four passes over the pool: weights are packed; shards of rows go forward and backward without a barrier
/// (batch normalization, Sinkhorn and usage entropy bring their own); tiles of the weights' gradients; pieces of the
/// parameters for AdamW.
final class RQVAEStep {
  /// The losses of a step, in the mean over elements.
  struct Losses {
    var total = 0.0
    var reconstruction = 0.0
    /// Of each level; empty while the quantizer is off.
    var quantization: [Double] = []
    var entropy: [Double] = []
    /// Before clipping.
    var gradientNorm = 0.0
    var revived: [Int] = []
  }

  let encoder: TrainableNetwork
  let decoder: TrainableNetwork
  let quantizer: TrainableQuantizer
  private(set) var steps: UInt64 = 0

  private let options: RQVAEOptions
  private let scaling: InputScaling
  private let pool: ThreadPool
  private let optimizer: AdamW
  /// batch × the vectors' dimension: the step's rows, scaled.
  private let input: Panels
  private let inputMemory: FloatMemory
  private let width: Int
  private let packing: [() -> Void]
  private let tiles: [GradientTile]
  private let tileSquares: Sums
  private let shardLosses: Sums
  private var stages: [Stage] = []
  private let batch = Batch()

  /// The rows that the current step works on.
  private final class Batch {
    var rows = 0
    var shards: [Shard] = []
    var source: UnsafePointer<Float>?
    var order: ArraySlice<Int> = []
  }

  /// Doubles that tasks write, each its own.
  final class Sums {
    let values: UnsafeMutablePointer<Double>
    init(_ count: Int) {
      values = .allocate(capacity: max(1, count))
      values.initialize(repeating: 0, count: max(1, count))
    }
    deinit { values.deallocate() }
  }

  /// - Parameters:
  ///   - options: without an option left open.
  ///   - batch: the most rows of a step.
  ///   - totalSteps: the number of steps of the training, for the learning rate.
  init(
    _ options: RQVAEOptions, scaling: InputScaling, codeDimension: Int, batch size: Int, totalSteps: Int,
    pool: ThreadPool
  ) {
    self.options = options
    self.scaling = scaling
    self.pool = pool
    width = scaling.mean.count
    inputMemory = FloatMemory(Panels.size(rows: size, columns: width))
    input = Panels(inputMemory.start, rows: size, columns: width)
    let widths = [width] + options.network.hidden + [codeDimension]
    let skip = options.network.skip
    let seed = options.schedule.seed
    encoder = TrainableNetwork(
      .init(
        widths: widths, options: options.network, hasSkip: skip != .none, batch: size, seed: seed, stream: 1),
      input: input)
    quantizer = TrainableQuantizer(
      sizes: options.levelSizes, dimension: codeDimension, options: options.quantizer, batch: size,
      z: encoder.output, zGradient: encoder.gradient, pool: pool)
    decoder = TrainableNetwork(
      .init(
        widths: widths.reversed(), options: options.network, hasSkip: skip == .both, batch: size, seed: seed,
        stream: 2), input: quantizer.quantized)
    optimizer = AdamW(
      encoder.parameters + decoder.parameters + quantizer.parameters, options: options.optimizer, steps: totalSteps)
    packing =
      encoder.packingTasks(needsInputGradient: false) + decoder.packingTasks(needsInputGradient: true)
    tiles = (encoder.gradientTiles() + decoder.gradientTiles() + quantizer.gradientTiles())
      .sorted { $0.cost > $1.cost }
    tileSquares = Sums(tiles.count)
    shardLosses = Sums(Shard.most(size))
    stages = assembled()
  }

  private func assembled() -> [Stage] {
    let rows = { [batch] in batch.rows }
    let step = { [unowned self] in steps }
    let gather = Stage { [unowned self] shard in
      guard let source = batch.source else { return }
      for row in shard.rows {
        scaling.apply(source + batch.order[batch.order.startIndex + row] * width, to: input, row: row)
      }
    }
    let loss = Stage { [unowned self] shard in shardLosses.values[shard.index] = compare(shard) }
    return [gather] + encoder.forwardStages(step: step, rows: rows)
      + quantizer.forwardStages(rows: rows, shards: { [batch] in batch.shards.count })
      + decoder.forwardStages(step: step, rows: rows) + [loss]
      + decoder.backwardStages(target: quantizer.gradient, rows: rows) + quantizer.backwardStages(rows: rows)
      + encoder.backwardStages(target: nil, rows: rows)
  }

  /// The shard's part of the reconstruction's loss, whose gradient goes to the decoder.
  private func compare(_ shard: Shard) -> Double {
    let (output, target) = (decoder.output, input)
    let elements = Double(batch.rows * width)
    var low = SIMD4<Double>.zero
    var high = SIMD4<Double>.zero
    switch options.schedule.loss {
    case .mse:
      let factor = Float(2 / elements)
      decoder.gradient.map(shard) { place, _ in
        let difference = output.lanes(at: place) - target.lanes(at: place)
        let square = difference * difference
        low += SIMD4<Double>(square.lowHalf)
        high += SIMD4<Double>(square.highHalf)
        return difference * factor
      }
    case .l1:
      let factor = Lanes(repeating: Float(1 / elements))
      decoder.gradient.map(shard) { place, _ in
        let difference = output.lanes(at: place) - target.lanes(at: place)
        let size = difference.replacing(with: -difference, where: difference .< 0)
        low += SIMD4<Double>(size.lowHalf)
        high += SIMD4<Double>(size.highHalf)
        return Lanes.zero.replacing(with: factor, where: difference .> 0).replacing(
          with: -factor, where: difference .< 0)
      }
    }
    return (low + high).sum() / elements
  }

  /// Forward and backward for the rows of `vectors` that `order` names: losses, and gradients in the parameters.
  func differentiate(_ vectors: UnsafePointer<Float>, order: ArraySlice<Int>) -> Losses {
    batch.source = vectors
    batch.order = order
    if batch.rows != order.count {
      batch.rows = order.count
      batch.shards = Shard.cut(order.count)
    }
    pool.run(tasks: packing.count) { packing[$0]() }
    Stage.run(stages, on: batch.shards, pool: pool)
    pool.run(tasks: tiles.count) { tileSquares.values[$0] = tiles[$0].run(batch.rows) }

    var losses = Losses()
    for shard in batch.shards { losses.reconstruction += shardLosses.values[shard.index] }
    losses.total = losses.reconstruction
    if quantizer.isOn {
      let terms = quantizer.losses(shards: batch.shards.count, rows: batch.rows)
      losses.quantization = terms.errors
      losses.entropy = terms.entropies
      losses.total += quantizer.total(terms)
    }
    losses.gradientNorm = (0..<tiles.count).reduce(0.0) { $0 + tileSquares.values[$1] }.squareRoot()
    return losses
  }

  /// One step of training.
  func step(_ vectors: UnsafePointer<Float>, order: ArraySlice<Int>) -> Losses {
    var losses = differentiate(vectors, order: order)
    guard losses.total.isFinite, losses.gradientNorm.isFinite else { return losses }
    let clip = options.optimizer.clipNorm
    let scale = clip > 0 && losses.gradientNorm > clip ? clip / losses.gradientNorm : 1
    optimizer.step(gradientScale: scale, pool: pool)
    losses.revived = quantizer.finishStep(
      rows: batch.rows, step: steps, seed: options.schedule.seed, learns: true, errors: losses.quantization)
    steps += 1
    return losses
  }

  var learningRate: Double { optimizer.rate }

  /// Turns the quantizer on: from now on the decoder sees codewords. At the full learning rate the encoder would run
  /// away from them, faster than averages follow.
  func joinQuantizer() {
    quantizer.isOn = true
    optimizer.warmUp(share: options.schedule.joinWarmUpShare)
  }

  /// The codewords as they are.
  var codebooks: [Matrix] { quantizer.levels.map(\.codewords.matrix) }

  /// The model as it is now, which later steps do not change.
  func model(_ kind: TokenizerKind) throws -> RQVAE {
    try RQVAE(
      kind: kind, options: options, scaling: scaling, encoder: encoder.frozen("encoder"),
      decoder: decoder.frozen("decoder"), codebooks: Codebooks(levels: codebooks))
  }
}
