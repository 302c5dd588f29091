import ArgumentParser
import SemanticID

/// The options of training that RQ-VAE, VQ-VAE and RQ-KMeans+ share. What is left out is the method's own default.
struct NeuralOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Widths of the encoder's hidden layers; none: \"\" (default: 512,256,128).", valueName: "widths"),
    transform: Self.widths)
  var layers: [Int]?
  @Option(help: "Between layers: relu, silu or gelu.")
  var activation = Activation.relu
  @Option(help: ArgumentHelp("Share of a layer's inputs that training drops.", valueName: "share"))
  var dropout = 0.0
  @Flag(help: "Normalize the layers' outputs over batches.")
  var batchNorm = false
  @Option(help: "What moves the codewords: ema or gradient.")
  var codebooks = QuantizerOptions().learning
  @Option(help: ArgumentHelp("What an EMA keeps of itself a step.", valueName: "share"))
  var emaDecay = QuantizerOptions().emaDecay
  @Option(help: "The gradient through the quantizer: straight-through or rotation.")
  var estimator = QuantizerOptions().estimator
  @Option(help: ArgumentHelp("Weight of the encoder's pull towards codewords.", valueName: "weight"))
  var commitment = QuantizerOptions().commitment
  @Option(
    help: ArgumentHelp(
      "Weight of the quantization beside the reconstruction (default: 0.1; rq-kmeans-plus: 1).", valueName: "weight"))
  var quantizationWeight: Double?
  @Option(help: ArgumentHelp("Weight of the term that asks for evenly used codes.", valueName: "weight"))
  var entropy = 0.0
  @Option(
    help: ArgumentHelp(
      "Assign training batches evenly, by Sinkhorn's algorithm with this epsilon: one number, or one a level; by default "
        + "to the nearest codewords.", valueName: "e"), transform: Self.numbers)
  var sinkhorn: [Double] = []
  @Option(help: ArgumentHelp("Rounds of Sinkhorn's algorithm.", valueName: "n"))
  var sinkhornIterations = QuantizerOptions().sinkhornIterations
  @Option(help: "First codewords: k-means (of the encoder's outputs) or uniform.")
  var start = QuantizerOptions().start
  @Option(
    name: .customLong("init"),
    help: ArgumentHelp(
      "Start the codebooks from this model's codes instead, such as an RQ-KMeans; by default as --start says.",
      valueName: "model"))
  var initial: String?
  @Option(
    help: ArgumentHelp(
      "Move a codeword whose use falls below this share of an even one to where vectors are; 0: never.",
      valueName: "share"))
  var revival = QuantizerOptions().revivalShare

  @Option(help: ArgumentHelp("Epochs (default: as many as come to about 4,000 steps).", valueName: "n"))
  var epochs: Int?
  @Option(help: ArgumentHelp("Rows a step (default: 256 to 1,024, by the number of rows).", valueName: "rows"))
  var batch: Int?
  @Option(help: "What reconstruction means: mse or l1.")
  var loss = TrainingSchedule().loss
  @Option(
    help: ArgumentHelp(
      "AdamW's rate at its highest (default: 2e-3; with --codebooks gradient, and vq-vae: 1e-3; rq-kmeans-plus: 1e-4).",
      valueName: "rate"))
  var learningRate: Double?
  @Option(help: ArgumentHelp("AdamW's decay of weights.", valueName: "weight"))
  var weightDecay = AdamWOptions().weightDecay
  @Option(help: ArgumentHelp("Largest norm of the gradient; 0: any.", valueName: "norm"))
  var clip = AdamWOptions().clipNorm
  @Option(help: ArgumentHelp("Share of the steps before the codebooks join.", valueName: "share"))
  var plainShare = TrainingSchedule().plainShare
  @Option(help: ArgumentHelp("End after so many evaluations without a better one; 0: never.", valueName: "n"))
  var patience = TrainingSchedule().patience
  @Option(
    help: ArgumentHelp("Epochs from one evaluation to the next (default: so that there are 25).", valueName: "n"))
  var evaluateEvery: Int?
  @Option(help: ArgumentHelp("Rows that an evaluation looks at, drawn once.", valueName: "rows"))
  var evaluationRows = TrainingSchedule().evaluationRows
  @Option(
    help: ArgumentHelp(
      "The best evaluation has the least relative error plus this times the collision rate.", valueName: "weight"))
  var collisionWeight = TrainingSchedule().collisionWeight
  @Option(help: ArgumentHelp("Seed of all random choices.", valueName: "n"))
  var seed = TrainingSchedule().seed

  func validate() throws {
    for (option, share) in [
      ("--dropout", dropout), ("--ema-decay", emaDecay), ("--revival", revival), ("--plain-share", plainShare),
    ] {
      try InputError.check(option, share, in: Ranges.share)
    }
    for (option, weight) in [
      ("--commitment", commitment), ("--quantization-weight", quantizationWeight), ("--entropy", entropy),
      ("--weight-decay", weightDecay), ("--clip", clip), ("--collision-weight", collisionWeight),
      ("--learning-rate", learningRate),
    ] {
      try InputError.check(option, weight, in: Ranges.weight)
    }
    try InputError.check("--sinkhorn-iterations", sinkhornIterations, in: QuantizerOptions.sinkhornRange)
    try InputError.check("--epochs", epochs, in: TrainingSchedule.epochRange)
    try InputError.check("--batch", batch, in: TrainingSchedule.batchRange)
    try InputError.check("--patience", patience, in: 0...TrainingSchedule.intervalRange.upperBound)
    try InputError.check("--evaluate-every", evaluateEvery, in: TrainingSchedule.intervalRange)
    try InputError.check("--evaluation-rows", evaluationRows, in: TrainingSchedule.evaluationRowRange)
  }

  /// The method's options for so many vectors, with what was given.
  ///
  /// - Parameter sizes: nil where the method chooses by the number of vectors.
  func options(_ kind: TokenizerKind, rows: Int, sizes: [Int]?, codeDimension: Int? = nil) -> RQVAEOptions {
    var options = RQVAEOptions(kind: kind, rows: rows)
    if let sizes { options.levelSizes = sizes }
    if let layers { options.network.hidden = layers }
    if let codeDimension { options.network.codeDimension = codeDimension }
    options.network.activation = activation
    options.network.dropout = dropout
    options.network.hasBatchNorm = batchNorm
    options.quantizer.learning = codebooks
    options.quantizer.emaDecay = emaDecay
    options.quantizer.estimator = estimator
    options.quantizer.commitment = commitment
    if let quantizationWeight { options.quantizer.weight = quantizationWeight }
    options.quantizer.entropyWeight = entropy
    options.quantizer.sinkhornEpsilons =
      sinkhorn.count == 1 ? Array(repeating: sinkhorn[0], count: options.levelSizes.count) : sinkhorn
    options.quantizer.sinkhornIterations = sinkhornIterations
    options.quantizer.start = start
    options.quantizer.revivalShare = revival
    options.schedule.epochs = epochs
    options.schedule.batchSize = batch
    options.schedule.loss = loss
    if let learningRate { options.optimizer.learningRate = learningRate }
    options.optimizer.weightDecay = weightDecay
    options.optimizer.clipNorm = clip
    options.schedule.plainShare = plainShare
    options.schedule.patience = patience
    options.schedule.evaluationInterval = evaluateEvery
    options.schedule.evaluationRows = evaluationRows
    options.schedule.collisionWeight = collisionWeight
    options.schedule.seed = seed
    return options
  }

  private static func widths(_ text: String) throws -> [Int] {
    try text.split(separator: ",").map { part in
      guard let width = Int(part), (1...65_536).contains(width) else {
        throw ValidationError("--layers: expected numbers from 1 to 65,536 with commas between, found \"\(text)\"")
      }
      return width
    }
  }

  private static func numbers(_ text: String) throws -> [Double] {
    try text.split(separator: ",").map { part in
      guard let number = Double(part), number >= 0, number.isFinite else {
        throw ValidationError("--sinkhorn: expected numbers from 0 up with commas between, found \"\(text)\"")
      }
      return number
    }
  }
}
