import Retrieval
package import Vectors

/// What an offline evaluation measures.
package struct OfflineOptions: Sendable {
  package var profiles = [UserProfile.last(5)]
  package var rules: [CandidateRule] = [
    .expansion(.exact), .expansion(.prefix), .expansion(.hamming(1)), .expansion(.perLevel(16)),
    .expansion(.product(8)), .distance, .decoded,
  ]
  /// Items wanted per set of candidates; nil: one item in twenty, and 100 at least.
  package var budget: Int?
  /// The K of Recall@K and NDCG@K, ascending.
  package var cutoffs = [10, 20, 50, 100]
  /// What near means between a profile and an item.
  package var metric = Metric.cosine
  /// Whether items of the user's own history are ranked, too.
  package var keepsSeen = false
  /// Whether a user without candidates gets the whole catalogue ranked; otherwise nothing is found for such a user.
  package var fallsBack = false
  /// Whether profiles are made of unit vectors and brought to unit length before they are encoded. Otherwise the mean of the
  /// vectors as they are is encoded, brought to the mean of their lengths: the scale that models were trained on.
  package var encodesDirections = false
  /// Seed of the bootstrap.
  package var seed: UInt64 = 42
  /// Samples of the bootstrap.
  package var resamples = 1000

  package init() {}

  /// The rule of the evaluation script in CarterHe479/Semantic-ID: unit vectors, the last five items, each level's code
  /// replaced by that of the `width` nearest codewords, one level at a time, no limit to the candidates, the whole
  /// catalogue where there are none, items of the history ranked too.
  package static func seedRule(width: Int) -> OfflineOptions {
    var options = OfflineOptions()
    options.rules = [.expansion(.perLevel(width))]
    options.budget = .max
    options.cutoffs = [10, 50, 100]
    options.keepsSeen = true
    options.fallsBack = true
    options.encodesDirections = true
    return options
  }

  func validate() throws {
    guard !profiles.isEmpty, !cutoffs.isEmpty, cutoffs.allSatisfy({ $0 >= 1 }), cutoffs == cutoffs.sorted() else {
      throw InputError(
        .usage, "cutoffs", expected: "numbers from 1, ascending, and at least one profile", found: "\(cutoffs)")
    }
    guard (budget ?? 1) >= 1 else {
      throw InputError(.usage, "budget", expected: "1 or more", found: "\(budget ?? 0)")
    }
  }

  /// Items wanted in a catalogue of `count`.
  package func budget(of count: Int) -> Int { min(count, budget ?? max(100, count / 20)) }
}
