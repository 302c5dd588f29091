public import CSemid
import SemanticID

/// How a training tells its caller what it does.
private struct TrainingEvents {
  let watch: semid_watch

  struct Round: Encodable {
    var event = "round"
    var level: Int
    var levels: Int
    var restart: Int
    var round: Int
    var rounds: Int
    var refinement: Int
    var relativeError: Double
  }

  struct Step: Encodable {
    var event = "step"
    var done: Int
    var total: Int
  }

  struct Epoch: Encodable {
    var event = "epoch"
    var epoch: RQVAEEpoch
  }

  struct Warning: Encodable {
    var event = "warning"
    var text: String
  }

  func tell(_ progress: TrainingProgress) throws {
    try watch.tell(
      CallOptions.json(
        Round(
          level: progress.level, levels: progress.levels, restart: progress.restart, round: progress.round,
          rounds: progress.rounds, refinement: progress.refinement, relativeError: progress.relativeError)))
  }

  func tell(_ progress: RQVAEProgress) throws {
    switch progress {
    case .dominantRows(let rows): try warn(rows.warning)
    case .step(let done, let total): try watch.tell(CallOptions.json(Step(done: done, total: total)))
    case .epoch(let epoch): try watch.tell(CallOptions.json(Epoch(epoch: epoch)))
    case .collapse(let collapse):
      try warn(
        "level \(collapse.level) used \(collapse.used) of its \(collapse.size) codes in epoch \(collapse.epoch); "
          + collapse.remedy)
    }
  }

  func warn(_ text: String) throws { try watch.tell(CallOptions.json(Warning(text: text))) }
}

extension semid_text {
  func kind() throws -> TokenizerKind {
    let name = try required("kind of model")
    guard let kind = TokenizerKind(rawValue: name) else {
      throw InputError(
        .usage, "kind of model", expected: TokenizerKind.allCases.map(\.rawValue).joined(separator: ", "), found: name)
    }
    return kind
  }
}

@c @implementation
public func semid_tokenizer_train(
  _ kind: semid_text, _ options: semid_text, _ vectors: semid_matrix, _ source: semid_text, _ start: UInt64,
  _ threads: Int64, _ watch: semid_watch, _ tokenizer: UnsafeMutablePointer<UInt64>?,
  _ report: UnsafeMutablePointer<UInt64>?
) -> Int32 {
  Call.run {
    guard tokenizer != nil else {
      throw InputError(.usage, "tokenizer", expected: "a place for the handle", found: "null")
    }
    let kind = try kind.kind()
    let source = try source.string("source") ?? "vectors"
    let pool = try Call.pool(threads)
    let vectors = try vectors.required(source, pool: pool)
    let events = TrainingEvents(watch: watch)
    if kind == .rqKMeans {
      guard start == 0 else {
        throw InputError(.usage, "start", expected: "none for \(kind.rawValue)", found: "a model")
      }
      let options = try CallOptions.decode(options, over: RQKMeansOptions(), "options")
      var warning: String?
      let (model, found) = try RQKMeans.train(vectors, options: options, pool: pool, source: source) {
        if let text = warning.take() { try events.warn(text) }
        try events.tell($0)
      } warn: {
        warning = $0.warning
      }
      try report.giveIfAsked(try CallResult(json: found))
      try tokenizer.give(.tokenizer(model), as: "tokenizer")
      return
    }
    let options = try RQVAEOptions.given(options, kind: kind, rows: vectors.rows)
    let startModel: (any Tokenizer)? = start == 0 ? nil : try start.tokenizer
    let (model, found) = try RQVAE.train(
      vectors, kind: kind, options: options, start: startModel, pool: pool, source: source, progress: events.tell)
    try report.giveIfAsked(try CallResult(json: found))
    try tokenizer.give(.tokenizer(model), as: "tokenizer")
  }
}
