import ArgumentParser
import SemanticID

/// What the verbs of neural tokenizers do once their options are read: train, write, tell.
struct NeuralTraining {
  let kind: TokenizerKind
  let input: InputOptions
  let output: String
  let initial: String?
  /// For so many vectors.
  let options: (_ rows: Int) -> RQVAEOptions

  func run(_ console: Console) async throws {
    try Output.check([.directory(output, .tokenizer)], reading: input.paths + [initial].compactMap(\.self))
    let start = try initial.map { try TokenizerModel.open($0) }
    let set = try input.open(console, readsIDs: false)
    let chosen = options(set.vectors.rows)
    let (model, report) = try await console.step("training", unit: "steps") { step in
      try RQVAE.train(
        set.vectors, kind: kind, options: chosen, start: start, pool: console.pool, source: set.source
      ) { event in
        switch event {
        case .step(let done, let total): step.update(to: done, of: total)
        case .dominantRows(let rows): console.warn(rows.warning)
        case .epoch(let epoch): step.note(Self.note(epoch))
        case .collapse(let collapse): console.warn(Self.warning(collapse))
        }
      }
    }
    try model.write(to: output)
    let threads = console.pool.threads
    try console.print(
      Summary(model: output, fingerprint: model.fingerprint, threads: threads, training: report)
    ) {
      let evaluation = report.evaluation
      return """
        trained \(output) on \(Text.count(report.rows)) × \(report.dimension) in \
        \(Text.duration(seconds: report.seconds)): \(Text.count(report.epochs)) epochs of batches of \
        \(Text.count(report.batchSize)) (\(Text.figure(report.samplesPerSecond)) rows/s), the best of them \
        \(Text.count(report.bestEpoch))
        relative error \(Text.fixed(evaluation.relativeError, 4)), collision rate \
        \(Text.percent(evaluation.collisionRate, digits: 2)) of \(Text.count(evaluation.rows, "item"))
        """
    }
    if !console.isJSON {
      try console.print(
        report.evaluation.levels.enumerated().map { Level(level: $0.offset, usage: $0.element) }, Self.columns)
    }
  }

  private static func note(_ epoch: RQVAEEpoch) -> String {
    var text = "epoch \(epoch.epoch), loss \(Text.figure(epoch.loss))"
    if let evaluation = epoch.evaluation {
      text += ", relative error \(Text.fixed(evaluation.relativeError, 3))"
      text += ", collisions \(Text.percent(evaluation.collisionRate, digits: 1))"
    }
    return text
  }

  static func warning(_ collapse: CodebookCollapse) -> String {
    "level \(collapse.level) used \(collapse.used) of its \(collapse.size) codes in epoch \(collapse.epoch); "
      + collapse.remedy
  }

  struct Summary: Encodable {
    var model: String
    var fingerprint: String
    var threads: Int
    var training: RQVAEReport
  }

  struct Level: Encodable {
    var level: Int
    var usage: LevelUsage
  }

  static let columns: [Column<Level>] = [
    Column("level", .right) { "\($0.level)" },
    Column("codes", .right) { Text.count($0.usage.size) },
    Column("used", .right) { Text.count($0.usage.used) },
    Column("perplexity", .right) { Text.fixed($0.usage.perplexity, 1) },
    Column("collisions to here", .right) { Text.percent($0.usage.collisionRate, digits: 2) },
  ]
}
