import Formats
import Vectors

/// A table of one vector a token: a text's vector is the mean of its tokens', without a network (StaticEmbedding of
/// sentence-transformers, model2vec).
struct StaticEmbedding: Sendable {
  private let table: Matrix
  /// The row of each token id; nil: the id itself.
  private let rows: Buffer<Int32>?
  /// By token id; nil: all 1.
  private let weights: Buffer<Float>?
  /// The token that is left out, as model2vec does with unknown words.
  let leavesOut: Int32?

  var dimension: Int { table.columns }
  /// One more than the largest token id.
  var vocabularySize: Int { rows?.count ?? table.rows }

  /// - Throws: `InputError` when a row is not in the table.
  init(_ files: ModelWeights, leavingOut token: Int32? = nil) throws {
    leavesOut = token
    table = try files.table(files.has("embedding.weight") ? "embedding.weight" : "embeddings")
    if files.has("mapping") {
      let mapping = try files.array("mapping").integers(as: Int32.self)
      for id in 0..<mapping.count where mapping[id] < 0 || Int(mapping[id]) >= table.rows {
        throw InputError(
          .malformed, files.source, at: "tensor mapping, token \(id)", expected: "a row below \(table.rows)",
          found: "\(mapping[id])")
      }
      rows = mapping
    } else {
      rows = nil
    }
    weights = files.has("weights") ? try files.floats("weights", rows?.count ?? table.rows) : nil
  }

  /// The mean of the tokens' vectors; zeros where there is no token.
  func mean(_ ids: ArraySlice<Int32>, to target: UnsafeMutablePointer<Float>) {
    target.update(repeating: 0, count: dimension)
    var count = 0
    table.withUnsafeBufferPointer { values in
      guard let values = values.baseAddress else { return }
      for id in ids where id != leavesOut {
        let row = values + Int(rows?[Int(id)] ?? id) * dimension
        let weight = weights?[Int(id)] ?? 1
        for index in 0..<dimension { target[index] += weight * row[index] }
        count += 1
      }
    }
    guard count > 0 else { return }
    for index in 0..<dimension { target[index] /= Float(count) }
  }
}
