package import Vectors

/// What an offline evaluation measured.
package struct OfflineReport: Codable, Hashable, Sendable {
  /// A mean over the cases, and the bootstrap's interval of 95 % around it.
  package struct Estimate: Codable, Hashable, Sendable {
    package var mean: Double
    package var low: Double
    package var high: Double
  }

  /// One way to rank items for users.
  package struct Row: Codable, Hashable, Sendable {
    /// nil where no codes take part.
    package var model: String?
    /// nil where no profile takes part.
    package var profile: String?
    /// The rule of candidates, or `brute force`, `last item`, `popularity`.
    package var rule: String
    /// By cutoff.
    package var recall: [Estimate]
    package var ndcg: [Estimate]
    package var reciprocalRank: Estimate
    /// The share of cases whose item is among the candidates, before they are ranked; nil where all items are ranked.
    package var candidateRecall: Double?
    /// Candidates per case that has some.
    package var candidates: Double?
    /// The share of cases without a candidate.
    package var withoutCandidates: Double?
    /// Recall at the first cutoff over that of brute force with the same profile.
    package var ofCeiling: Double?
  }

  package var items: Int
  package var metric: Metric
  package var cutoffs: [Int]
  /// Interactions of the test that were asked about.
  package var cases: Int
  /// Interactions of the test that were not, since their item has no vector.
  package var withoutVector: Int
  /// … since their user has no interaction before the test.
  package var withoutHistory: Int
  /// Cases whose item the user met before: it cannot be found where seen items are removed.
  package var repeated: Int
  package var keepsSeen: Bool
  package var fallsBack: Bool
  /// Items wanted per set of candidates.
  package var budget: Int
  package var rows: [Row]

  /// As the script skips them: without history or without a vector.
  package var coldStartSkipped: Int { withoutVector + withoutHistory }
}
