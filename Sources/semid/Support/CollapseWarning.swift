import SemanticID

extension TrainingReport.Level {
  /// What to say of a level whose codes are used by few items or unevenly, and what would help.
  func collapseWarning(seedReach: Double) -> String {
    let found =
      used * 2 < size
      ? "uses \(Text.count(used)) of its \(Text.count(size)) codes"
      : "has the perplexity of \(Text.fixed(perplexity, 1)) equally used codes, of \(Text.count(size))"
    let remedy =
      seedReach > KMeansOptions().seedReach
      ? "--seed-reach \(KMeansOptions().seedReach) spreads vectors more evenly"
      : "a smaller codebook, more vectors or fewer equal vectors would help"
    return "level \(level) has collapsed: it \(found); \(remedy)"
  }
}
