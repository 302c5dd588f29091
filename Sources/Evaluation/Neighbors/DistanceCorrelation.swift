package import Retrieval
package import Vectors

/// Spearman's correlation between the distance of two items' vectors and the distance of their codes.
public struct DistanceCorrelation: Codable, Hashable, Sendable {
  /// Number of pairs of different items that were compared.
  public var pairs: Int
  /// Whether these are all pairs, and not a sample.
  public var isExhaustive: Bool
  /// By the length of the common prefix; nil when all distances are equal on one side.
  public var prefix: Double?
  /// By the number of levels at which the codes differ; nil when all distances are equal on one side.
  public var hamming: Double?

  /// Measures several sets of codes of the same items on the same pairs: on all pairs where there are no more than
  /// `pairs`, otherwise on this many, drawn with replacement.
  ///
  /// - Precondition: at least two rows.
  package static func measure(
    _ vectors: Matrix, _ tries: [CodeTrie], pairs: Int, seed: UInt64 = 42, pool: ThreadPool = ThreadPool()
  ) -> [DistanceCorrelation] {
    let drawn = Self.pairs(of: vectors.rows, atMost: pairs, seed: seed)
    var distances = [Double](repeating: 0, count: drawn.count)
    distances.withUnsafeMutableBufferPointer { distances in
      vectors.withUnsafeBufferPointer { values in
        pool.run(over: drawn.count, inPiecesOf: 1024) { range in
          for index in range {
            distances[index] = squaredDistance(values, drawn[index].0, drawn[index].1, vectors.columns)
          }
        }
      }
    }
    let isExhaustive = vectors.rows * (vectors.rows - 1) / 2 <= pairs
    var results = tries.map { _ in
      DistanceCorrelation(pairs: drawn.count, isExhaustive: isExhaustive, prefix: nil, hamming: nil)
    }
    let ranks = RankCorrelation.ranks(distances)
    results.withUnsafeMutableBufferPointer { results in
      pool.run(tasks: tries.count) { number in
        let found = drawn.map { tries[number].codeDistances($0.0, $0.1) }
        let prefix = RankCorrelation.ofRanks(ranks, RankCorrelation.ranks(counting: found.map(\.prefix)))
        let hamming = RankCorrelation.ofRanks(ranks, RankCorrelation.ranks(counting: found.map(\.hamming)))
        results[number].prefix = prefix.isNaN ? nil : prefix
        results[number].hamming = hamming.isNaN ? nil : hamming
      }
    }
    return results
  }

  static func pairs(of count: Int, atMost limit: Int, seed: UInt64) -> [(Int, Int)] {
    precondition(count > 1, "at least two rows")
    // Half of a product below 2⁶³ for as many rows as 32 bits can number.
    if count * (count - 1) / 2 <= limit {
      return (0..<count).flatMap { a in (a + 1..<count).map { (a, $0) } }
    }
    var random = CounterRandom(seed: seed)
    return (0..<limit).map { _ in
      let a = random.below(count)
      let b = random.below(count - 1)
      return (a, b < a ? b : b + 1)
    }
  }
}
