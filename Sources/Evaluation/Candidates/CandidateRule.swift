package import Retrieval

/// A way from a query to an ordered set of candidates.
package enum CandidateRule: Hashable, Sendable {
  /// From the query's own ID.
  case expansion(Expansion)
  /// By the distance between the query and the points that the codes stand for, nearest first.
  case distance
  /// By the distance between the query and what an autoencoder's decoder makes of the codes, nearest first.
  case decoded

  /// As it is typed: `prefix`, `hamming:2`, `per-level:16`, `distance`.
  package var name: String {
    switch self {
    case .expansion(.exact): "exact"
    case .expansion(.prefix): "prefix"
    case .expansion(.hamming(let radius)): "hamming:\(radius)"
    case .expansion(.perLevel(let width)): "per-level:\(width)"
    case .expansion(.product(let width)): "product:\(width)"
    case .distance: "distance"
    case .decoded: "decoded"
    }
  }

  package static let defaults: [CandidateRule] = [
    .expansion(.prefix), .expansion(.hamming(1)), .expansion(.hamming(2)), .expansion(.perLevel(2)),
    .expansion(.perLevel(16)), .expansion(.product(2)), .expansion(.product(8)), .distance,
  ]
}
