import SemanticID

/// How evaluations of codes are shown: figure by figure for one set of codes, a row each for several.
struct EvaluationTables {
  let candidates: [CodesToCompare.Candidate]
  let evaluations: [CodeEvaluation]
  let set: EmbeddingSet?
  /// All of it together, without reading and encoding.
  let seconds: Double

  static let inferredSizes = "codebook sizes of codes without a model are each level's largest code and one"

  struct Line: Encodable {
    var codes: String?
    var model: String?
    var kind: String?
    var fingerprint: String?
    var levelSizes: [Int]
    var sizesAreInferred: Bool
    var dimension: Int?
    var encodeSeconds: Double?
    /// Evaluating alone, of all sets of codes together.
    var seconds: Double
    var evaluation: CodeEvaluation
  }

  func print(_ console: Console) throws {
    for (candidate, evaluation) in zip(candidates, evaluations) where console.isJSON {
      try console.results.line(
        JSON.line(
          Line(
            codes: candidate.file, model: candidate.model, kind: candidate.tokenizer?.kind.rawValue,
            fingerprint: candidate.tokenizer?.fingerprint, levelSizes: candidate.codes.levelSizes,
            sizesAreInferred: candidate.sizesAreInferred, dimension: set?.dimension,
            encodeSeconds: candidate.encodeSeconds, seconds: seconds, evaluation: evaluation)))
    }
    if console.isJSON { return }
    try console.heading(heading)
    if evaluations.count == 1 {
      try printOne(evaluations[0], console)
    } else {
      try printSeveral(console)
    }
    if candidates.contains(where: \.sizesAreInferred) {
      console.note(Self.inferredSizes + "; --codebook-size or --model says better")
    }
    for (candidate, evaluation) in zip(candidates, evaluations)
    where set != nil && candidate.tokenizer != nil && evaluation.reconstruction == nil {
      console.note("\(candidate.name): its codes do not decode, since it scales residuals to unit length")
    }
  }

  private var heading: String {
    var text = set.map { "\($0.source): \(Text.count($0.count)) × \($0.dimension)" } ?? "codes alone"
    if let first = evaluations.first, let duplicates = first.duplicates, evaluations.count > 1 {
      text += """
        , \(Text.count(duplicates.itemsWithDuplicates, "item")) with an exact duplicate \
        (collision rate at best \(Text.percent(duplicates.floor, digits: 2)))
        """
    }
    return text + "; measured in \(Text.duration(seconds: seconds))"
  }

  private func printOne(_ evaluation: CodeEvaluation, _ console: Console) throws {
    let columns: [Column<EvaluationFigure>] = [
      Column("") { "  " + $0.name },
      Column("", shrinks: true) { $0.value },
    ]
    let figures = evaluation.figures
    let names = Table(figures, columns).lines(width: console.columns)
    for group in EvaluationFigure.Group.allCases where figures.contains(where: { $0.group == group }) {
      try console.heading(group.rawValue)
      for (figure, line) in zip(figures, names) where figure.group == group { try console.heading(line) }
    }
  }

  private func printSeveral(_ console: Console) throws {
    @Sendable func levels(_ evaluation: CodeEvaluation, _ text: (CodeStatistics.Level) -> String) -> String {
      evaluation.statistics.levels.map(text).joined(separator: "/")
    }
    var columns: [Column<CodeEvaluation>] = [
      Column("", shrinks: true) { $0.name },
      Column("possible", .right) { Text.figure($0.statistics.possibleIDs) },
      Column("IDs", .right) { Text.count($0.statistics.ids) },
      Column("collisions", .right) { Text.percent($0.statistics.collisionRate, digits: 2) },
      Column("sharing", .right) { Text.percent($0.statistics.shareSharingAnID, digits: 2) },
      Column("most", .right) { Text.count($0.statistics.largestBucket) },
      Column("used", .right) { levels($0) { Text.fixed($0.utilization * 100, 0) } + "%" },
      Column("perplexity", .right) { levels($0) { Text.fixed($0.perplexity, 0) } },
    ]
    if let neighbors = evaluations.first?.neighbors {
      let k = neighbors.k
      columns.insert(
        Column("relative MSE", .right) { $0.reconstruction?.relative.map { Text.fixed($0, 4) } ?? "" }, at: 1)
      columns += [
        Column("recall@\(k) prefix", .right) { Text.fixed($0.neighbors?.prefix.recall ?? .nan, 4) },
        Column("Hamming", .right) { Text.fixed($0.neighbors?.hamming.recall ?? .nan, 4) },
        Column("NDCG@\(k) prefix", .right) { Text.fixed($0.neighbors?.prefix.ndcg ?? .nan, 4) },
        Column("Hamming", .right) { Text.fixed($0.neighbors?.hamming.ndcg ?? .nan, 4) },
        Column("correlation", .right) { Text.fixed($0.correlation?.prefix ?? .nan, 3) },
      ]
    }
    try console.print(evaluations, columns)
  }

  /// semantic-id's keys and values; a column for each set of codes.
  static func print(_ results: [SemanticIDMetrics], _ candidates: [CodesToCompare.Candidate], _ console: Console) throws
  {
    if console.isJSON {
      for result in results { try console.results.line(JSON.line(result)) }
      return
    }
    @Sendable func text(_ value: SemanticIDMetrics.Value) -> String {
      switch value {
      case .count(let value): "\(value)"
      case .number(let value): "\(value)"
      case .numbers(let values): values.map { Text.fixed($0, 4) }.joined(separator: " ")
      }
    }
    let names = shortNames(candidates.map(\.name))
    let rows = (results.first?.values ?? []).map(\.key)
    var columns: [Column<String>] = [Column("") { $0 }]
    for (name, result) in zip(names, results) {
      columns.append(
        Column(results.count > 1 ? name : "") { key in
          result.values.first { $0.key == key }.map { text($0.value) } ?? ""
        })
    }
    try console.print(rows, columns)
  }

  /// The last parts of paths, as many as tell them apart.
  static func shortNames(_ paths: [String]) -> [String] {
    let parts = paths.map { $0.split(separator: "/").map(String.init) }
    for count in 1...max(1, parts.map(\.count).max() ?? 1) {
      let names = parts.map { $0.suffix(count).joined(separator: "/") }
      if Set(names).count == Set(paths).count { return names }
    }
    return paths
  }
}
