package import Retrieval
package import Vectors

/// How well the items that are near by code agree with those that are near by vector. `TieRule` says how ties count.
public struct NeighborAgreement: Codable, Hashable, Sendable {
  /// Recall and NDCG, in the mean over the queries.
  public struct Score: Codable, Hashable, Sendable {
    /// Share of the true k neighbors that are among the k nearest by code, 0 to 1.
    public var recall: Double
    /// NDCG@k of the order by code, 0 to 1. A neighbor of true rank r (from 0) has relevance k − r.
    public var ndcg: Double
  }

  /// Neighbors of each query that are compared.
  public var k: Int
  /// Number of items whose neighbors were compared.
  public var queries: Int
  /// The recall of a random order: k / (N − 1).
  package var recallByChance: Double
  /// With codes compared by their common prefix: the longer, the nearer.
  public var prefix: Score
  /// With codes compared by the number of levels at which they differ: the fewer, the nearer.
  public var hamming: Score

  /// Compares the neighbors of some rows, for several sets of codes of the same items in one pass over the vectors.
  ///
  /// Takes 2·|queries|·N·d operations for the vectors, O(|queries|·N·L) for each set of codes, and the memory of one
  /// block of queries besides the inputs. Same bits for any number of threads.
  ///
  /// - Parameters:
  ///   - tries: codes of the rows of `vectors`.
  ///   - queries: rows, in any order.
  ///   - progress: called with the number of queries done.
  /// - Precondition: 1 ≤ k < rows; all values finite; at least one query.
  package static func measure(
    _ vectors: Matrix, _ tries: [CodeTrie], queries: [Int], k: Int, pool: ThreadPool = ThreadPool(),
    progress: @Sendable (Int) -> Void = { _ in }
  ) -> [NeighborAgreement] {
    precondition(!queries.isEmpty && tries.allSatisfy { $0.count == vectors.rows }, "codes of the rows, and queries")
    let exact = ExactNeighbors(vectors, k: k, pool: pool)
    let rule = TieRule(k: k)
    let sets = tries.map { CodeNeighborhood($0, pool: pool) }
    var scores = [QueryScore](repeating: QueryScore(), count: sets.count * queries.count)
    scores.withUnsafeMutableBufferPointer { scores in
      let block = ExactNeighbors.block
      pool.run(tasks: (queries.count + block - 1) / block) { task in
        let range = task * block..<min(queries.count, (task + 1) * block)
        exact.neighbors(of: queries[range]) { position, neighbors in
          let truth = Self.truth(neighbors, rule)
          for (number, set) in sets.enumerated() {
            scores[number * queries.count + position] = Self.score(queries[position], truth, set, rule)
          }
        }
        progress(range.count)
      }
    }
    return sets.indices.map { number in
      let sum = scores[number * queries.count..<(number + 1) * queries.count].reduce(into: QueryScore()) { $0.add($1) }
      let count = Double(queries.count)
      return NeighborAgreement(
        k: k, queries: queries.count, recallByChance: Double(k) / Double(vectors.rows - 1),
        prefix: Score(recall: sum.prefix.recall / count, ndcg: sum.prefix.ndcg / count),
        hamming: Score(recall: sum.hamming.recall / count, ndcg: sum.hamming.ndcg / count))
    }
  }

  /// An item that is among the true k in some order of ties.
  private struct TrueNeighbor {
    var row: Int
    var inside: Double
    var relevance: Double
  }

  private static func truth(_ neighbors: [ExactNeighbors.Neighbor], _ rule: TieRule) -> [TrueNeighbor] {
    var truth: [TrueNeighbor] = []
    truth.reserveCapacity(neighbors.count)
    var first = 0
    while first < neighbors.count {
      var end = first + 1
      while end < neighbors.count, neighbors[end].distance == neighbors[first].distance { end += 1 }
      let inside = rule.inside(before: first, count: end - first)
      let relevance = rule.relevance(before: first, count: end - first)
      for neighbor in neighbors[first..<end] {
        truth.append(TrueNeighbor(row: neighbor.row, inside: inside, relevance: relevance))
      }
      first = end
    }
    return truth
  }

  private static func score(_ query: Int, _ truth: [TrueNeighbor], _ set: CodeNeighborhood, _ rule: TieRule)
    -> QueryScore
  {
    let position = Int(set.trie.positions[query])
    let prefix = Found(set.prefixCounts(position), rule)
    let hamming = Found(set.hammingCounts(position), rule)
    var score = QueryScore()
    for item in truth {
      let distance = set.trie.codeDistances(query, item.row)
      score.prefix.recall += item.inside * prefix.inside[distance.prefix]
      score.prefix.ndcg += item.relevance * prefix.discount[distance.prefix]
      score.hamming.recall += item.inside * hamming.inside[distance.hamming]
      score.hamming.ndcg += item.relevance * hamming.discount[distance.hamming]
    }
    score.prefix.recall /= Double(rule.k)
    score.hamming.recall /= Double(rule.k)
    score.prefix.ndcg /= rule.idealGain
    score.hamming.ndcg /= rule.idealGain
    return score
  }

  /// The value of an item at each code distance.
  private struct Found {
    var inside: [Double] = []
    var discount: [Double] = []

    init(_ counts: [Int], _ rule: TieRule) {
      var before = 0
      for count in counts {
        inside.append(rule.inside(before: before, count: count))
        discount.append(rule.discount(before: before, count: count))
        before += count
      }
    }
  }

  private struct QueryScore {
    var prefix = Score(recall: 0, ndcg: 0)
    var hamming = Score(recall: 0, ndcg: 0)

    mutating func add(_ other: QueryScore) {
      prefix.recall += other.prefix.recall
      prefix.ndcg += other.prefix.ndcg
      hamming.recall += other.hamming.recall
      hamming.ndcg += other.hamming.ndcg
    }
  }
}
