import Vectors

/// How evenly the codes of one level are used.
package struct CodeUsage: Hashable, Sendable, Codable {
  /// K.
  package let size: Int
  /// Codes that at least one item has.
  package let used: Int
  /// −Σ p ln p, in nats.
  package let entropy: Double
  /// e to the entropy: the number of equally used codes that would carry as much information, 1 … K.
  package var perplexity: Double { Math.exp(entropy) }

  /// - Parameter counts: items of each code.
  package init(counts: [Int]) {
    let total = Double(counts.reduce(0, +))
    size = counts.count
    used = counts.count { $0 > 0 }
    entropy = counts.reduce(0) { sum, count in
      guard count > 0 else { return sum }
      let share = Double(count) / total
      return sum - share * Math.log(share)
    }
  }
}
