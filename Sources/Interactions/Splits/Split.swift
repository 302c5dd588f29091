/// The three parts of interactions: what models learn from, are chosen by, and are judged by.
public enum Split: String, Hashable, Sendable, Codable, CaseIterable {
  /// To train models.
  case train
  /// To choose among them.
  case valid
  /// To judge them.
  case test
}

/// What to make of a user who meets an item again.
public enum Repeats: String, Hashable, Sendable, Codable, CaseIterable {
  /// Only the first meeting counts, as in the public data sets.
  case first
  /// All count.
  case keep
}
