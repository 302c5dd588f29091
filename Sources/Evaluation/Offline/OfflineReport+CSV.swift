import Vectors

extension OfflineReport {
  /// A row per way to rank: measures, their intervals, and what the candidates were.
  package var csv: String {
    let measures = cutoffs.map { "Recall@\($0)" } + cutoffs.map { "NDCG@\($0)" } + ["MRR"]
    var lines = [
      (["model", "profile", "method"] + measures + measures.flatMap { ["\($0)_low", "\($0)_high"] }
        + [
          "evaluated", "cold_start_skipped", "candidate_recall", "avg_cand_size", "without_candidates", "of_ceiling",
          "metric", "seen", "budget",
        ]).joined(separator: ",")
    ]
    for row in rows {
      let estimates = row.recall + row.ndcg + [row.reciprocalRank]
      var fields = [row.model ?? "", row.profile ?? "", row.rule].map(Self.quoted)
      fields += estimates.map { Self.number($0.mean) }
      fields += estimates.flatMap { [Self.number($0.low), Self.number($0.high)] }
      fields += ["\(cases)", "\(coldStartSkipped)"]
      fields += [row.candidateRecall, row.candidates, row.withoutCandidates, row.ofCeiling].map {
        $0.map(Self.number) ?? ""
      }
      fields += [metric.rawValue, keepsSeen ? "kept" : "removed", "\(budget)"]
      lines.append(fields.joined(separator: ","))
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The columns of the evaluation script in CarterHe479/Semantic-ID, for rows of its rule.
  ///
  /// - Parameter width: codewords per level.
  package func scriptCSV(width: Int) -> String {
    var lines = [
      (["method"] + cutoffs.map { "Recall@\($0)" } + cutoffs.map { "NDCG@\($0)" }
        + ["evaluated", "cold_start_skipped", "avg_cand_size", "expand_rq_M", "expand_vq_T"]).joined(separator: ",")
    ]
    for row in rows where row.model != nil {
      let fields =
        [Self.quoted(row.model ?? "")] + (row.recall + row.ndcg).map { Self.number($0.mean) }
        + ["\(cases)", "\(coldStartSkipped)", Self.number(row.candidates ?? 0), "\(width)", "\(width)"]
      lines.append(fields.joined(separator: ","))
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func number(_ value: Double) -> String { "\(value)" }

  private static func quoted(_ text: String) -> String {
    text.contains { ",\"\n\r".contains($0) } ? "\"" + text.replacing("\"", with: "\"\"") + "\"" : text
  }
}
