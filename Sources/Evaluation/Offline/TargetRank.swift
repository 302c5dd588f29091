import Vectors

/// Where the item that a user met stands among ranked items.
///
/// Items with the same score have no order. The rank is then any of several, all equally likely, and measures are the
/// means over them.
struct TargetRank: Hashable, Sendable {
  /// Items with a higher score.
  var above: Int
  /// Other items with the same score.
  var tied: Int

  /// The item is not among the ranked ones.
  static let absent = TargetRank(above: .max, tied: 0)

  var isPresent: Bool { above != .max }

  /// The probability that the item is among the first `k`.
  func recall(at k: Int) -> Double {
    guard isPresent, above < k else { return 0 }
    return min(1, Double(k - above) / Double(tied + 1))
  }

  /// The mean of 1 / log₂(rank + 1), ranks from 1; 0 for ranks over `k`.
  func ndcg(at k: Int) -> Double {
    guard isPresent, above < k else { return 0 }
    var sum = 0.0
    for rank in above..<min(k, above + tied + 1) { sum += Math.log(2.0) / Math.log(Double(rank + 2)) }
    return sum / Double(tied + 1)
  }

  /// The mean of 1 / rank.
  var reciprocal: Double {
    guard isPresent else { return 0 }
    // The harmonic sum, by its first terms and its expansion where there are many.
    return (Self.harmonic(above + tied + 1) - Self.harmonic(above)) / Double(tied + 1)
  }

  private static func harmonic(_ n: Int) -> Double {
    if n < 64 { return (0..<n).reduce(0) { $0 + 1 / Double($1 + 1) } }
    let x = Double(n)
    return Math.log(x) + 0.577_215_664_901_532_9 + 1 / (2 * x) - 1 / (12 * x * x)
  }
}
