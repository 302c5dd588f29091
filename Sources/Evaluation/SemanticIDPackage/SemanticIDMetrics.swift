import Foundation
import Retrieval
package import Tokenizers
package import Vectors

/// The measurements of the Python package semantic-id's `evaluate(X, codes, encoder, k, n_pairs, seed)`, under its
/// names.
///
/// It takes the same samples and pairs (numpy's legacy generator), the same formulas, and the same arithmetic where it
/// shows. One thing cannot be the same: recall and NDCG in the package depend on the order in which scikit-learn
/// returns ties, and drop the first item as the item itself. Here the item itself is left out by its number, and ties
/// count by `TieRule`. The results are equal wherever the package's own result does not depend on the order of ties.
package struct SemanticIDMetrics: Hashable, Sendable {
  /// The package's definitions changed once.
  package enum Version: String, Hashable, Sendable, CaseIterable {
    /// 0.2.3: by Hamming distance; no figures per level, no NDCG; queries always drawn with seed 42.
    case v0_2_3 = "semantic-id-0.2.3"
    /// 0.2.4 and 0.2.5: by prefix ("hierarchical") distance.
    case v0_2_5 = "semantic-id"
  }

  package enum Value: Hashable, Sendable {
    case count(Int)
    case number(Double)
    case numbers([Double])
  }

  /// Keys and values, in the package's order.
  package let values: [(key: String, value: Value)]

  /// - Parameters:
  ///   - vectors: N×d, finite.
  ///   - codes: of the vectors' rows. Its level sizes are the encoder's, where there is one.
  ///   - model: the encoder; nil where there is none: then utilization is of the largest code plus one.
  ///   - k: number of neighbors; where k ≥ N, 0.2.5 leaves recall and NDCG out.
  ///   - sample: the most items whose neighbors are looked at; the package's `sample_size`.
  ///   - distance: of codes; nil: the version's own. 0.2.5 calls prefix distance "hierarchical".
  /// - Throws: `InputError` when vectors and codes differ in number, when there is no row, or with 0.2.3 when k ≥ N.
  package init(
    _ vectors: Matrix, _ codes: Codes, model: (any Tokenizer)? = nil, version: Version = .v0_2_5, k: Int = 10,
    sample: Int = 1000, pairs: Int = 2000, distance: CodeDistance? = nil, seed: UInt32 = 42,
    pool: ThreadPool = ThreadPool()
  ) throws {
    try EvaluationInput.check(vectors, codes, atLeast: 1)
    try InputError.check("sample", sample, in: 1...1_000_000_000)
    let count = codes.count
    guard k >= 1, pairs >= 0, version == .v0_2_5 || k < count else {
      throw InputError(.usage, "k", expected: "1 to \(count - 1), less than the number of items", found: "\(k)")
    }
    let trie = try CodeTrie(codes, pool: pool)
    let depths = trie.levels.map { 1 - Double($0.count) / Double(count) }
    var values: [(String, Value)] = [
      ("n_samples", .count(count)), ("n_unique_codes", .count(trie.levels[codes.levels - 1].count)),
      ("collision_rate", .number(depths[codes.levels - 1])),
    ]
    let isLater = version == .v0_2_5
    if isLater { values.append(("collision_rate_per_level", .numbers(depths))) }
    let distance = distance ?? (isLater ? .prefix : .hamming)
    if k < count {
      var random = NumPyRandom(seed: isLater ? seed : 42)
      let queries = random.choice(min(count, sample), of: count)
      let found = NeighborAgreement.measure(vectors, [trie], queries: queries, k: k, pool: pool)[0]
      let score = distance == .prefix ? found.prefix : found.hamming
      values.append(("recall_at_\(k)", .number(score.recall)))
      if isLater { values.append(("ndcg_at_\(k)", .number(score.ndcg))) }
    }
    values.append(("distance_correlation", .number(Self.correlation(vectors, trie, pairs, seed, distance))))
    if isLater {
      let counts = codes.levelSizes.indices.map { trie.codeCounts(level: $0) }
      values.append(("code_utilization_per_level", .numbers(counts.map { Self.utilization($0, of: model) })))
      values.append(("code_entropy_per_level", .numbers(counts.map { Self.entropy($0, items: count) })))
    }
    if let model, let error = try Self.meanSquaredError(vectors, codes, model, pool) {
      values.append(("quantization_mse", .number(error)))
    }
    self.values = values
  }

  private static func utilization(_ counts: [Int], of model: (any Tokenizer)?) -> Double {
    let used = Double(counts.count { $0 > 0 })
    let size = model == nil ? (counts.lastIndex { $0 > 0 } ?? 0) + 1 : counts.count
    return used / Double(size)
  }

  /// The package adds 10⁻¹² inside the logarithm.
  private static func entropy(_ counts: [Int], items: Int) -> Double {
    counts.reduce(0) { sum, count in
      guard count > 0 else { return sum }
      let share = Double(count) / Double(items)
      return sum - share * log(share + 1e-12)
    }
  }

  /// Pairs may repeat, and may be of an item with itself.
  private static func correlation(
    _ vectors: Matrix, _ trie: CodeTrie, _ pairs: Int, _ seed: UInt32, _ distance: CodeDistance
  ) -> Double {
    var random = NumPyRandom(seed: seed)
    let a = random.integers(below: trie.count, count: pairs)
    let b = random.integers(below: trie.count, count: pairs)
    let d = vectors.columns
    var squares = [Float](repeating: 0, count: d)
    let distances = vectors.withUnsafeBufferPointer { values in
      zip(a, b).map { a, b in
        for column in 0..<d {
          let difference = values[a * d + column] - values[b * d + column]
          squares[column] = difference * difference
        }
        return Double(squares.withUnsafeBufferPointer { NumPySum.sum($0) }.squareRoot())
      }
    }
    let found = zip(a, b).map { trie.codeDistances($0, $1) }
    return RankCorrelation.ofRanks(
      RankCorrelation.ranks(distances),
      RankCorrelation.ranks(counting: found.map { distance == .prefix ? $0.prefix : $0.hamming }))
  }

  /// The mean over all values, not over items as elsewhere, in single precision, as numpy takes it; nil for a model
  /// whose codes do not decode.
  private static func meanSquaredError(
    _ vectors: Matrix, _ codes: Codes, _ model: any Tokenizer, _ pool: ThreadPool
  ) throws -> Double? {
    guard let decoded = try model.decodedWherePossible(codes, pool: pool) else { return nil }
    let squares = Matrix(rows: vectors.rows, columns: vectors.columns) { target in
      let target = target
      vectors.withUnsafeBufferPointer { x in
        decoded.withUnsafeBufferPointer { y in
          pool.run(over: target.count, inPiecesOf: 1 << 16) { range in
            for index in range {
              let difference = x[index] - y[index]
              target[index] = difference * difference
            }
          }
        }
      }
    }
    return Double(squares.withUnsafeBufferPointer { NumPySum.sum($0) } / Float(squares.values.count))
  }

  package static func == (a: SemanticIDMetrics, b: SemanticIDMetrics) -> Bool {
    a.values.elementsEqual(b.values) { $0 == $1 }
  }

  package func hash(into hasher: inout Hasher) {
    for (key, value) in values {
      hasher.combine(key)
      hasher.combine(value)
    }
  }
}

extension SemanticIDMetrics: Encodable {
  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    for (key, value) in values {
      let key = Key(stringValue: key)
      switch value {
      case .count(let value): try container.encode(value, forKey: key)
      case .number(let value): try container.encode(value, forKey: key)
      case .numbers(let values): try container.encode(values, forKey: key)
      }
    }
  }
}

extension Tokenizer {
  /// nil for a model whose codes do not decode.
  func decodedWherePossible(_ codes: Codes, pool: ThreadPool) throws -> Matrix? {
    do {
      return try decode(codes, pool: pool)
    } catch let error as InputError where error.kind == .unsupported {
      return nil
    }
  }
}
