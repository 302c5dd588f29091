package import Vectors

extension RQVAEOptions {
  /// - Throws: `InputError` naming the parameter that is out of range, or when there are fewer rows than codes.
  package func check(kind: TokenizerKind, _ vectors: Matrix, source: String) throws {
    try validate(kind: kind)
    let needed = levelSizes.max() ?? 0
    guard vectors.columns > 0, vectors.rows >= max(2, needed) else {
      throw InputError(
        .mismatch, source, expected: "at least \(max(2, needed)) rows for codebooks of \(needed)",
        found: "\(vectors.rows) × \(vectors.columns)", remedy: "lower the codebook size or bring more vectors")
    }
  }

  /// - Throws: `InputError` naming the parameter that is out of range.
  func validate(kind: TokenizerKind) throws {
    func demand(_ condition: Bool, _ name: String, _ expected: String, _ found: Any) throws {
      guard condition else { throw InputError(.usage, name, expected: expected, found: "\(found)") }
    }
    _ = try CodeShape(levelSizes, source: "codebook sizes")
    try demand(
      kind != .vqVAE || levelSizes.count == 1, "levels", "one, since a VQ-VAE has one codebook", levelSizes.count)
    for width in network.hidden + [network.codeDimension].compactMap({ $0 }) {
      try demand((1...65_536).contains(width), "layers", "widths from 1 to 65,536", width)
    }
    try demand(
      network.skip == .none || network.codeDimension == nil, "code dimension",
      "none where the encoder adds to the vector, since the code is as long", network.codeDimension ?? 0)
    try demand((0..<1).contains(network.dropout), "dropout", "a share from 0 to below 1", network.dropout)

    try demand((0..<1).contains(quantizer.emaDecay), "EMA decay", "a share from 0 to below 1", quantizer.emaDecay)
    for (name, value) in [
      ("commitment weight", quantizer.commitment), ("quantization weight", quantizer.weight),
      ("entropy weight", quantizer.entropyWeight), ("weight decay", optimizer.weightDecay),
      ("clip norm", optimizer.clipNorm), ("collision weight", schedule.collisionWeight),
    ] {
      try demand(value >= 0 && value.isFinite, name, "a number from 0 up", value)
    }
    for epsilon in quantizer.sinkhornEpsilons {
      try demand(epsilon >= 0 && epsilon.isFinite, "Sinkhorn epsilon", "numbers from 0 up", epsilon)
    }
    try demand(
      quantizer.sinkhornEpsilons.count <= levelSizes.count, "Sinkhorn epsilon", "at most one a level",
      quantizer.sinkhornEpsilons.count)
    try InputError.check("Sinkhorn iterations", quantizer.sinkhornIterations, in: QuantizerOptions.sinkhornRange)
    try demand((0..<1).contains(quantizer.revivalShare), "revival", "a share from 0 to below 1", quantizer.revivalShare)
    try demand(quantizer.startRows >= 1, "start rows", "at least 1", quantizer.startRows)

    try demand(
      optimizer.learningRate.map { $0 > 0 && $0.isFinite } ?? true, "learning rate", "a number above 0",
      optimizer.learningRate ?? 0)
    for (name, share) in [("beta 1", optimizer.beta1), ("beta 2", optimizer.beta2)] {
      try demand((0..<1).contains(share), name, "a share from 0 to below 1", share)
    }
    for (name, share) in [
      ("warm-up", optimizer.warmUpShare), ("final rate", optimizer.finalShare), ("plain share", schedule.plainShare),
      ("join warm-up", schedule.joinWarmUpShare),
    ] {
      try demand((0...1).contains(share), name, "a share from 0 to 1", share)
    }
    try InputError.check("epochs", schedule.epochs, in: TrainingSchedule.epochRange)
    try InputError.check("batch size", schedule.batchSize, in: TrainingSchedule.batchRange)
    try InputError.check("patience", schedule.patience, in: 0...TrainingSchedule.intervalRange.upperBound)
    try InputError.check("evaluation rows", schedule.evaluationRows, in: TrainingSchedule.evaluationRowRange)
    try InputError.check("evaluation interval", schedule.evaluationInterval, in: TrainingSchedule.intervalRange)
  }
}
