import Tokenizers

/// One figure of an evaluation, formatted for the terminal and for the report.
package struct EvaluationFigure: Hashable, Sendable {
  package enum Group: String, Hashable, Sendable, CaseIterable {
    case uniqueness = "Do codes tell items apart?"
    case usage = "Are the codes used?"
    case fidelity = "Do codes keep the vectors?"
    case neighbors = "Are neighbors by code neighbors by vector?"
  }

  package let group: Group
  package let name: String
  package let value: String
  /// What it means, in a sentence.
  package let meaning: String
}

extension CodeEvaluation {
  /// All figures, group after group. The names and their order are the same for every evaluation of the same vectors,
  /// whether or not a figure has a value.
  package var figures: [EvaluationFigure] { uniqueness + usage + fidelity + agreement }

  private func figure(
    _ group: EvaluationFigure.Group, _ name: String, _ value: String?, _ meaning: String
  ) -> EvaluationFigure {
    EvaluationFigure(group: group, name: name, value: value ?? "n/a", meaning: meaning)
  }

  private var uniqueness: [EvaluationFigure] {
    let s = statistics
    var figures = [
      figure(.uniqueness, "items", Numerals.count(s.items), "N"),
      figure(.uniqueness, "possible IDs", Numerals.count(s.possibleIDs), "the product of the codebook sizes"),
      figure(.uniqueness, "distinct IDs", Numerals.count(s.ids), "IDs that at least one item has"),
      figure(.uniqueness, "collision rate", Numerals.percent(s.collisionRate), "1 − distinct IDs / items"),
      figure(
        .uniqueness, "items sharing an ID",
        "\(Numerals.count(s.itemsSharingAnID)) (\(Numerals.percent(s.shareSharingAnID)))",
        "items that are not alone under their ID"),
    ]
    if let duplicates {
      figures += [
        figure(
          .uniqueness, "items with an exact duplicate", Numerals.count(duplicates.itemsWithDuplicates),
          "items whose vector another item has, number by number"),
        figure(
          .uniqueness, "collision rate at best", Numerals.percent(duplicates.floor),
          "1 − distinct vectors / items: no tokenizer that sees vectors alone comes below it"),
        figure(
          .uniqueness, "collisions of duplicates", Numerals.count(duplicates.ofDuplicates),
          "items beyond the first under an ID whose vector stands there already"),
        figure(
          .uniqueness, "collisions of the quantizer", Numerals.count(duplicates.ofQuantizer),
          "items beyond the first under an ID with another vector"),
      ]
    }
    let b = s.buckets
    return figures + [
      figure(
        .uniqueness, "items an ID: mean, median, p90, p99, most",
        ([Numerals.fixed(b.mean, 2)] + [b.median, b.percentile90, b.percentile99, b.largest].map(Numerals.count))
          .joined(separator: ", "), "of the IDs in use"),
      figure(
        .uniqueness, "Gini of items over IDs", Numerals.fixed(b.gini, 4), "of the IDs in use; 0 when all are equal"),
      figure(
        .uniqueness, "perplexity of IDs", Numerals.count(b.perplexity),
        "as many IDs with as many items each would tell as much"),
    ]
  }

  private func levels(_ text: (CodeStatistics.Level) -> String) -> String {
    statistics.levels.map(text).joined(separator: " / ")
  }

  private var usage: [EvaluationFigure] {
    [
      figure(.usage, "codebook sizes", levels { Numerals.count($0.usage.size) }, "K of every level"),
      figure(.usage, "codes used", levels { Numerals.percent($0.utilization) }, "share of the K codes, by level"),
      figure(
        .usage, "perplexity", levels { Numerals.fixed($0.perplexity, 1) },
        "e to the entropy: so many codes used evenly would carry as much"),
      figure(.usage, "entropy, nats", levels { Numerals.fixed($0.usage.entropy, 3) }, "−Σ p ln p, by level"),
      figure(.usage, "Gini", levels { Numerals.fixed($0.gini, 3) }, "of all K codes; 0 when all are used equally"),
      figure(.usage, "items of the largest code", levels { Numerals.count($0.largestCode) }, "by level"),
      figure(.usage, "distinct prefixes", levels { Numerals.count($0.prefixes) }, "nodes of the prefix tree, by level"),
      figure(
        .usage, "collision rate of prefixes", levels { Numerals.percent($0.collisionRate) },
        "1 − distinct prefixes / items, by level"),
    ]
  }

  private var fidelity: [EvaluationFigure] {
    guard duplicates != nil else { return [] }
    let isUnit = reconstruction?.isOfUnitVectors == true
    return [
      figure(
        .fidelity, "squared error per item", reconstruction.map { Numerals.significant($0.squaredErrorPerItem) },
        "squared distance between a vector and what its codes decode to" + (isUnit ? ", vectors at unit length" : "")),
      figure(
        .fidelity, "relative error", reconstruction.flatMap(\.relative).map { Numerals.fixed($0, 4) },
        "squared error over the variance of the vectors: 0 is lossless, 1 is knowing only the mean"),
    ]
  }

  private var agreement: [EvaluationFigure] {
    guard let n = neighbors, let c = correlation else { return [] }
    let sample = "of \(Numerals.count(n.queries)) items; ties count by their expected value"
    let pairs = "Spearman, of \(Numerals.count(c.pairs)) pairs of items"
    return [
      figure(.neighbors, "recall@\(n.k), by prefix", Numerals.fixed(n.prefix.recall, 4), sample),
      figure(.neighbors, "recall@\(n.k), by Hamming", Numerals.fixed(n.hamming.recall, 4), sample),
      figure(
        .neighbors, "recall@\(n.k) by chance", Numerals.significant(n.recallByChance),
        "k / (N − 1): what any order that ignores the vectors has"),
      figure(.neighbors, "NDCG@\(n.k), by prefix", Numerals.fixed(n.prefix.ndcg, 4), sample),
      figure(.neighbors, "NDCG@\(n.k), by Hamming", Numerals.fixed(n.hamming.ndcg, 4), sample),
      figure(.neighbors, "distance correlation, prefix", c.prefix.map { Numerals.fixed($0, 4) }, pairs),
      figure(.neighbors, "distance correlation, Hamming", c.hamming.map { Numerals.fixed($0, 4) }, pairs),
    ]
  }
}
