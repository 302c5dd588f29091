import Clustering
import Vectors

/// Residual quantization under training: r₀ = z, the code of level l is one of rₗ, rₗ₊₁ = rₗ − sg[cₗ], q = Σ cₗ.
///
/// Its loss is, in the mean over levels and over the elements of a batch, |c − sg[r]|² (with codebooks learnt by gradient)
/// plus β |sg[c] − r|², plus the usage entropy's term.
final class TrainableQuantizer {
  let levels: [TrainableCodebook]
  /// batch × dimension: q, what the decoder takes.
  let quantized: Panels
  /// batch × dimension: the loss by q, which the decoder gives back.
  let gradient: Panels
  /// Without a quantizer, q = z: the autoencoder learns alone.
  var isOn = false

  private let options: QuantizerOptions
  let entropies: [UsageEntropy]
  /// The encoder's output, and where the loss by it goes.
  private let z: Panels
  private let zGradient: Panels
  /// Row after row, as the quantizer works on them: q, the loss by q, the loss by z, and the rest after the last level.
  private let quantizedRows: UnsafeMutablePointer<Float>
  private let gradientRows: UnsafeMutablePointer<Float>
  private let zGradientRows: UnsafeMutablePointer<Float>
  private let rest: UnsafeMutablePointer<Float>
  private let memory: FloatMemory
  /// Σ|r − c|² per shard and level.
  private let errors: UnsafeMutablePointer<Double>
  private let shards: Int
  private let pool: ThreadPool
  let dimension: Int

  init(
    sizes: [Int], dimension: Int, options: QuantizerOptions, batch: Int, z: Panels, zGradient: Panels, pool: ThreadPool
  ) {
    self.options = options
    self.dimension = dimension
    self.z = z
    self.zGradient = zGradient
    self.pool = pool
    let hasEntropy = options.entropyWeight > 0
    levels = sizes.enumerated().map { level, size in
      TrainableCodebook(
        size: size, dimension: dimension, options: options, batch: batch,
        needsDistances: hasEntropy || Self.epsilon(options, level) > 0)
    }
    entropies = hasEntropy ? levels.map { UsageEntropy($0, batch: batch) } : []
    let stride = (batch * dimension + 15) / 16 * 16
    let size = Panels.size(rows: batch, columns: dimension)
    memory = FloatMemory(4 * stride + 2 * size)
    quantizedRows = memory.start
    gradientRows = memory.start + stride
    zGradientRows = memory.start + 2 * stride
    rest = memory.start + 3 * stride
    quantized = Panels(memory.start + 4 * stride, rows: batch, columns: dimension)
    gradient = Panels(memory.start + 4 * stride + size, rows: batch, columns: dimension)
    shards = Shard.most(batch)
    errors = .allocate(capacity: shards * sizes.count)
    errors.initialize(repeating: 0, count: shards * sizes.count)
  }

  deinit { errors.deallocate() }

  private static func epsilon(_ options: QuantizerOptions, _ level: Int) -> Double {
    options.sinkhornEpsilons.indices.contains(level) ? options.sinkhornEpsilons[level] : 0
  }

  /// What AdamW moves: codewords learnt by gradient.
  var parameters: [Parameter] { options.learning == .gradient ? levels.map(\.codewords) : [] }

  // MARK: Forward

  func forwardStages(rows: @escaping () -> Int, shards: @escaping () -> Int) -> [Stage] {
    var stages = [
      Stage { [unowned self] shard in
        guard isOn else { return quantized.copy(z, shard) }
        (quantizedRows + shard.rows.lowerBound * dimension).update(repeating: 0, count: shard.count * dimension)
        z.store(to: levels[0].vectors.rows, shard)
      }
    ]
    for level in levels.indices {
      stages += assignment(level, rows: rows, shards: shards)
      stages.append(
        Stage { [unowned self] shard in
          guard isOn else { return }
          let next = level + 1 < levels.count ? levels[level + 1].vectors.rows : rest
          errors[shard.index * levels.count + level] = levels[level].subtract(
            shard, to: next, addingTo: quantizedRows)
        })
    }
    stages.append(Stage { [unowned self] shard in if isOn { quantized.load(quantizedRows, shard) } })
    return stages
  }

  /// How the codes of a level are chosen: for each row by itself, or over the whole batch.
  private func assignment(_ level: Int, rows: @escaping () -> Int, shards: @escaping () -> Int) -> [Stage] {
    let codebook = levels[level]
    let epsilon = Self.epsilon(options, level)
    let entropy = entropies.isEmpty ? nil : entropies[level]
    guard epsilon > 0 || entropy != nil else {
      return [Stage { [unowned self] shard in if isOn { codebook.assign(shard) } }]
    }
    let sinkhorn = Sinkhorn(epsilon: epsilon, iterations: options.sinkhornIterations, pool: pool)
    var stages = [
      Stage(barrier: { [unowned self] in
        guard isOn, epsilon > 0, let distances = codebook.distances else { return }
        sinkhorn.assign(distances, rows: rows(), size: codebook.size, codes: codebook.codes)
      }) { [unowned self] shard in
        guard isOn else { return }
        codebook.measure(shard)
        if epsilon == 0 { codebook.assign(shard) }
      }
    ]
    if let entropy {
      stages.append(
        Stage(barrier: { [unowned self] in if isOn { entropy.finish(shards: shards(), rows: rows()) } }) {
          [unowned self] shard in if isOn { entropy.share(shard) }
        })
    }
    return stages
  }

  // MARK: Backward

  /// The loss by z from the loss by q, and the quantizer's own terms.
  func backwardStages(rows: @escaping () -> Int) -> [Stage] {
    [
      Stage { [unowned self] shard in
        let (start, count) = (shard.rows.lowerBound * dimension, shard.count * dimension)
        guard isOn else { return zGradient.copy(gradient, shard) }
        gradient.store(to: gradientRows, shard)
        options.estimator.backward(
          gradientRows, z: levels[0].vectors.rows, q: quantizedRows, to: zGradientRows, dimension: dimension,
          rows: shard.rows)
        let factor = Float(options.commitment * termFactor(rows()))
        for level in levels.indices {
          // r − c of this level is what the next one sees.
          let rest = restAfter(level) + start
          mapLanes(zGradientRows + start, count: count) { index, count, g in g + lanes(rest + index, count) * factor }
          guard !entropies.isEmpty else { continue }
          let entropy = entropies[level]
          entropy.backward(shard, rows: rows(), weight: options.weight * options.entropyWeight / Double(levels.count))
          let own = entropy.gradient + start
          mapLanes(zGradientRows + start, count: count) { index, count, g in g + lanes(own + index, count) }
        }
        zGradient.load(zGradientRows, shard)
      }
    ]
  }

  /// 2 · weight / (elements of a batch · levels): the derivative of a squared distance's share in the loss.
  private func termFactor(_ rows: Int) -> Double {
    2 * options.weight / Double(rows * dimension * levels.count)
  }

  private func restAfter(_ level: Int) -> UnsafeMutablePointer<Float> {
    level + 1 < levels.count ? levels[level + 1].vectors.rows : rest
  }

  /// The codewords' gradients; with EMA there are none.
  func gradientTiles() -> [GradientTile] {
    guard options.learning == .gradient else { return [] }
    return levels.indices.flatMap { level in
      let codebook = levels[level]
      return codebook.tiles.map { range in
        GradientTile(cost: entropies.isEmpty ? dimension : dimension * range.count) { [unowned self] rows in
          let gradient = codebook.codewords.gradient + range.lowerBound * dimension
          gradient.update(repeating: 0, count: range.count * dimension)
          guard isOn else { return 0 }
          codebook.addGradient(range, rows: rows, rest: restAfter(level), factor: Float(termFactor(rows)))
          if !entropies.isEmpty { entropies[level].addCodewordGradient(range, rows: rows) }
          return sumOfSquares(gradient, count: range.count * dimension)
        }
      }
    }
  }

  // MARK: After a step

  /// The losses of the batch: Σ|r − c|² of each level in the mean over elements, and the entropy terms.
  func losses(shards: Int, rows: Int) -> (errors: [Double], entropies: [Double]) {
    let means = levels.indices.map { level in
      (0..<shards).reduce(0.0) { $0 + errors[$1 * levels.count + level] } / Double(rows * dimension)
    }
    return (means, entropies.map(\.value))
  }

  /// The quantizer's part of the loss, as weighted.
  func total(_ losses: (errors: [Double], entropies: [Double])) -> Double {
    let terms = (options.learning == .gradient ? 1 : 0) + options.commitment
    let mean = losses.errors.reduce(0) { $0 + $1 * terms } / Double(levels.count)
    let entropy = losses.entropies.reduce(0, +) / Double(levels.count)
    return options.weight * (mean + options.entropyWeight * entropy)
  }

  /// Updates averages, moves codewords by EMA, and revives unused ones. The next step then uses these codewords.
  ///
  /// - Returns: how many codewords were moved to vectors of the batch, per level.
  func finishStep(rows: Int, step: UInt64, seed: UInt64, learns: Bool, errors: [Double]) -> [Int] {
    guard isOn else { return [] }
    if learns {
      let tiles = levels.flatMap { level in level.tiles.map { (level, $0) } }
      pool.run(tasks: tiles.count) { tiles[$0].0.average(tiles[$0].1, rows: rows) }
    }
    var revived = [Int](repeating: 0, count: levels.count)
    for (index, level) in levels.enumerated() {
      if learns {
        var random = CounterRandom(seed: seed, stream: 1 << 62 | UInt64(index) << 48 | step)
        revived[index] = level.revive(rows: rows, random: &random)
      }
      if !entropies.isEmpty {
        let error = errors[index] * Double(dimension)
        entropies[index].temperature += (error - entropies[index].temperature) * 0.1
      }
    }
    refresh()
    return revived
  }

  func refresh() {
    pool.run(tasks: levels.count) { levels[$0].refresh() }
  }

  /// Sets τ of the entropies to the errors that the codebooks start with, in the mean over elements.
  func startEntropies(errors: [Double]) {
    for (entropy, error) in zip(entropies, errors) { entropy.temperature = error * Double(dimension) }
  }
}
