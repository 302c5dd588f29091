import Dispatch
import Formats
import Foundation
public import Vectors

extension RQVAE {
  /// Learns encoder, codebooks and decoder.
  ///
  /// The autoencoder learns alone at first. Then residual k-means on its encoder's output starts the codebooks, and all
  /// learn together. The model is evaluated by greedy encoding at intervals, and the best one is returned. Same bits
  /// for any number of threads.
  ///
  /// - Parameters:
  ///   - vectors: N×d, finite, N at least the largest codebook.
  ///   - kind: `rqVAE`, `vqVAE` or `rqKMeansPlus`.
  ///   - start: a model of the same levels whose codes start the codebooks: each codeword is the mean of the latent
  ///     residuals of the rows with its code. Where vectors are quantized as they are, they are its codewords
  ///     themselves.
  ///   - progress: called after every step and epoch, on the caller's thread; an error that it throws ends the
  ///     training.
  /// - Throws: `InputError` when there are fewer rows than codes, when a row is not finite, when values are too large
  ///   or too small to square, when an option is out of range, or when the loss is no longer a number.
  public static func train(
    _ vectors: Matrix, kind: TokenizerKind = .rqVAE, options: RQVAEOptions? = nil, start: (any Tokenizer)? = nil,
    pool: ThreadPool = ThreadPool(), source: String = "vectors", progress: (RQVAEProgress) throws -> Void = { _ in }
  ) throws -> (model: RQVAE, report: RQVAEReport) {
    let options = options ?? RQVAEOptions(kind: kind, rows: vectors.rows)
    let clock = DispatchTime.now()
    try options.check(kind: kind, vectors, source: source)
    let scaling = try InputScaling.of(vectors, pool: pool, source: source) { try progress(.dominantRows($0)) }
    // A step is a few passes of about a millisecond.
    return try pool.gathered { pool in
      let trainer = try RQVAETrainer(
        vectors, kind: kind, options: options, scaling: scaling, start: start, pool: pool, source: source)
      return try vectors.withUnsafeBufferPointer { values in
        guard let base = values.baseAddress else { preconditionFailure("there are rows") }
        return try trainer.run(base, since: clock, progress: progress)
      }
    }
  }
}

/// One training: epochs, the codebooks' start, evaluations, the best model.
final class RQVAETrainer {
  let vectors: Matrix
  let kind: TokenizerKind
  let options: RQVAEOptions
  let scaling: InputScaling
  let pool: ThreadPool
  let source: String
  let step: RQVAEStep
  let startModel: (any Tokenizer)?
  let batchSize: Int
  let epochs: Int
  let stepsPerEpoch: Int
  /// Steps without the quantizer.
  let plainSteps: Int
  private let evaluationInterval: Int
  private let evaluationRows: Matrix

  private var codes: [UInt16]
  private var codedItems = 0
  private var best: (model: RQVAE, epoch: Int, evaluation: RQVAEEvaluation)?
  private var collapses: [CodebookCollapse] = []
  private var records: [RQVAEEpoch] = []
  private var sinceBest = 0

  init(
    _ vectors: Matrix, kind: TokenizerKind, options: RQVAEOptions, scaling: InputScaling, start: (any Tokenizer)?,
    pool: ThreadPool, source: String
  ) throws {
    self.vectors = vectors
    self.kind = kind
    self.scaling = scaling
    self.pool = pool
    self.source = source
    startModel = start
    let n = vectors.rows
    let schedule = options.schedule
    batchSize = schedule.batchSize(rows: n)
    stepsPerEpoch = schedule.stepsPerEpoch(rows: n)
    epochs = schedule.epochs(rows: n)
    plainSteps = options.plainSteps(rows: n)
    evaluationInterval = schedule.evaluationInterval(rows: n)
    if schedule.evaluationRows < n {
      var random = CounterRandom(seed: schedule.seed, stream: 1 << 61)
      evaluationRows = vectors.gathered(random.sample(schedule.evaluationRows, below: n))
    } else {
      evaluationRows = vectors
    }
    var options = options.withLearningRate(kind)
    options.network.codeDimension = options.network.codeDimension ?? vectors.columns
    self.options = options
    step = RQVAEStep(
      options, scaling: scaling, codeDimension: options.network.codeDimension ?? vectors.columns, batch: batchSize,
      totalSteps: epochs * stepsPerEpoch, pool: pool)
    codes = Array(repeating: 0, count: n * options.levelSizes.count)
  }

  func run(
    _ base: UnsafePointer<Float>, since clock: DispatchTime, progress: (RQVAEProgress) throws -> Void
  ) throws -> (RQVAE, RQVAEReport) {
    var stepSeconds = 0.0
    for epoch in 1...epochs {
      let begin = DispatchTime.now()
      var random = CounterRandom(seed: options.schedule.seed, stream: 1 << 60 | UInt64(epoch))
      let order = Array(0..<vectors.rows).shuffled(using: &random)
      var totals = EpochTotals(levels: options.levelSizes.count)
      codedItems = 0
      for first in stride(from: 0, to: order.count, by: batchSize) {
        if !step.quantizer.isOn, step.steps >= plainSteps { try startCodebooks() }
        let rows = order[first..<min(order.count, first + batchSize)]
        let from = DispatchTime.now()
        let losses = step.step(base, order: rows)
        stepSeconds += Self.seconds(since: from)
        guard losses.total.isFinite, losses.gradientNorm.isFinite else { throw divergence(epoch) }
        totals.add(losses)
        if step.quantizer.isOn { keepCodes(rows.count) }
        try progress(.step(Int(step.steps), of: epochs * stepsPerEpoch))
      }
      var record = totals.record(
        epoch: epoch, steps: Int(step.steps), learningRate: step.learningRate, levels: usage())
      let isLast = epoch == epochs
      if step.quantizer.isOn, isLast || epoch % evaluationInterval == 0 { record.evaluation = try evaluate(epoch) }
      record.seconds = Self.seconds(since: begin)
      records.append(record)
      try progress(.epoch(record))
      for collapse in newCollapses(record) { try progress(.collapse(collapse)) }
      if options.schedule.patience > 0, sinceBest >= options.schedule.patience { break }
    }
    return try finish(clock, stepSeconds)
  }

  // MARK: Steps of an epoch

  private func keepCodes(_ rows: Int) {
    let levels = step.quantizer.levels
    for (index, level) in levels.enumerated() {
      for row in 0..<rows {
        codes[(codedItems + row) * levels.count + index] = UInt16(truncatingIfNeeded: level.codes[row])
      }
    }
    codedItems += rows
  }

  private func usage() -> [LevelUsage] {
    guard codedItems > 0 else { return [] }
    return codes.withUnsafeBufferPointer {
      LevelUsage.count(
        UnsafeBufferPointer(rebasing: $0[..<(codedItems * options.levelSizes.count)]), sizes: options.levelSizes)
    }
  }

  private func evaluate(_ epoch: Int) throws -> RQVAEEvaluation {
    let model = try step.model(kind)
    var evaluation = try model.evaluation(
      on: evaluationRows, collisionWeight: options.schedule.collisionWeight, pool: pool)
    guard evaluation.relativeError.isFinite else { throw divergence(epoch) }
    evaluation.isBest = best.map { evaluation.score < $0.evaluation.score } ?? true
    sinceBest = evaluation.isBest ? 0 : sinceBest + 1
    if evaluation.isBest { best = (model, epoch, evaluation) }
    return evaluation
  }

  private func divergence(_ epoch: Int) -> InputError {
    InputError(
      .malformed, source, at: "epoch \(epoch), step \(step.steps + 1)", expected: "a loss that is a number",
      found: "NaN or infinity: the training diverged",
      remedy: "lower --learning-rate from \(options.optimizer.learningRate ?? 0)"
        + (options.optimizer.clipNorm > 0 ? "" : ", or clip the gradient (--clip 1)"))
  }

  private func newCollapses(_ record: RQVAEEpoch) -> [CodebookCollapse] {
    var found: [CodebookCollapse] = []
    for (level, usage) in record.levels.enumerated() where !collapses.contains(where: { $0.level == level }) {
      // The number of codes that could have been used, each by two items.
      guard usage.used * 2 < min(usage.size, codedItems / 2) else { continue }
      found.append(
        CodebookCollapse(
          epoch: record.epoch, level: level, used: usage.used, size: usage.size, remedy: collapseRemedy(usage)))
    }
    collapses += found
    return found
  }

  private func collapseRemedy(_ usage: LevelUsage) -> String {
    let quantizer = options.quantizer
    var remedies: [String] = []
    if quantizer.estimator == .rotation { remedies.append("--estimator straight-through") }
    if quantizer.start != .kMeans { remedies.append("--start k-means") }
    if quantizer.revivalShare == 0 { remedies.append("--revival 0.05, which moves codes that are not used") }
    if quantizer.learning == .gradient { remedies.append("--codebooks ema") }
    if quantizer.sinkhornEpsilons.isEmpty { remedies.append("--sinkhorn 0.01, which assigns batches evenly") }
    remedies.append("a --codebook-size below \(usage.size)")
    return "try " + remedies.joined(separator: ", or ")
  }

  // MARK: The end

  private func finish(_ clock: DispatchTime, _ stepSeconds: Double) throws -> (RQVAE, RQVAEReport) {
    // The last epoch is always evaluated. Otherwise a schedule that ends before the quantizer joins would leave no
    // codes.
    guard let (kept, epoch, _) = best else { preconditionFailure("the last epoch is evaluated") }
    var model = kept
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    model.history = try records.map { String(decoding: try encoder.encode($0), as: UTF8.self) + "\n" }.joined()
    var evaluation = try model.evaluation(
      on: vectors, collisionWeight: options.schedule.collisionWeight, pool: pool)
    evaluation.isBest = true
    let report = RQVAEReport(
      rows: vectors.rows, dimension: vectors.columns, batchSize: batchSize, epochs: records.count, bestEpoch: epoch,
      steps: Int(step.steps), evaluation: evaluation, collapses: collapses, seconds: Self.seconds(since: clock),
      samplesPerSecond: Double(records.count * vectors.rows) / max(stepSeconds, 1e-9))
    return (model, report)
  }

  static func seconds(since start: DispatchTime) -> Double {
    Double(DispatchTime.now().uptimeNanoseconds - start.uptimeNanoseconds) * 1e-9
  }
}

/// Sums over the steps of an epoch.
private struct EpochTotals {
  var steps = 0
  var coded = 0
  var loss = 0.0
  var reconstruction = 0.0
  var gradientNorm = 0.0
  var quantization: [Double]
  var entropy: [Double] = []
  var revived: [Int]

  init(levels: Int) {
    quantization = Array(repeating: 0, count: levels)
    revived = Array(repeating: 0, count: levels)
  }

  mutating func add(_ losses: RQVAEStep.Losses) {
    steps += 1
    loss += losses.total
    reconstruction += losses.reconstruction
    gradientNorm += losses.gradientNorm
    guard !losses.quantization.isEmpty else { return }
    coded += 1
    for level in quantization.indices { quantization[level] += losses.quantization[level] }
    if entropy.isEmpty { entropy = Array(repeating: 0, count: losses.entropy.count) }
    for level in entropy.indices { entropy[level] += losses.entropy[level] }
    for level in losses.revived.indices { revived[level] += losses.revived[level] }
  }

  func record(epoch: Int, steps done: Int, learningRate: Double, levels: [LevelUsage]) -> RQVAEEpoch {
    let n = Double(max(1, steps))
    let coding = Double(max(1, coded))
    return RQVAEEpoch(
      epoch: epoch, steps: done, learningRate: learningRate, loss: loss / n, reconstruction: reconstruction / n,
      quantization: coded > 0 ? quantization.map { $0 / coding } : [], entropy: entropy.map { $0 / coding },
      gradientNorm: gradientNorm / n, revived: coded > 0 ? revived : [], levels: levels, evaluation: nil, seconds: 0)
  }
}
