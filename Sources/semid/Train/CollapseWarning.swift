import SemanticID

extension TrainingReport.Level {
  /// What to say of a level whose codes are used by few items or unevenly, and what would help, where it was trained with
  /// `options`.
  func collapseWarning(_ options: RQKMeansOptions) -> String {
    let found =
      used * 2 < size
      ? "uses \(Text.count(used)) of its \(Text.count(size)) codes"
      : "has the perplexity of \(Text.fixed(perplexity, 1)) equally used codes, of \(Text.count(size))"
    let reach = KMeansOptions().seedReach
    let remedy =
      options.kMeans.seedReach > reach
      ? "--seed-reach \(reach) spreads vectors more evenly"
      : options.balance == .none
        ? "--balance price shares items out evenly; a smaller codebook, more vectors or fewer equal vectors would help, too"
        : "a smaller codebook, more vectors or fewer equal vectors would help"
    return "level \(level) has collapsed: it \(found); \(remedy)"
  }
}
