package import Tokenizers
package import Vectors

/// How far decoded vectors are from the items' own vectors.
public struct ReconstructionError: Codable, Hashable, Sendable {
  /// The mean over all items of |x − x̂|², as training and resolving report it: d times the mean over all values.
  public var squaredErrorPerItem: Double
  /// Σ|x − x̂|² / Σ|x − mean|²; nil when all vectors are equal.
  public var relative: Double?
  /// Whether x is the vector at unit length, as a cosine model sees it.
  public var isOfUnitVectors: Bool

  private static let piece = 1024
  /// Rows decoded at a time: a multiple of `piece`.
  private static let block = 1 << 15

  /// Decodes block by block; memory: 32,768 vectors.
  ///
  /// - Throws: `InputError` of kind `unsupported` for a model whose codes do not decode, and of kind `mismatch` when the
  ///   codes, the vectors and the model do not belong together.
  package init(_ vectors: Matrix, _ codes: Codes, _ model: any Tokenizer, pool: ThreadPool = ThreadPool()) throws {
    guard vectors.columns == model.dimension, vectors.rows == codes.count, vectors.rows > 0 else {
      throw InputError(
        .mismatch, "vectors", expected: "\(codes.count) × \(model.dimension), one for each code",
        found: "\(vectors.rows) × \(vectors.columns)")
    }
    isOfUnitVectors = (model as? RQKMeans)?.options.metric == .cosine
    let d = vectors.columns
    // Measured from the first vector, not from 0, so that the variance keeps its digits where the mean is far away.
    let origin = (isOfUnitVectors ? vectors[rows: 0..<1].withUnitRows(pool: pool) : vectors).row(0)
    var sums = [Double](repeating: 0, count: d)
    var squares = 0.0
    var error = 0.0
    for first in stride(from: 0, to: vectors.rows, by: Self.block) {
      let rows = first..<min(vectors.rows, first + Self.block)
      let part = try Codes(
        levelSizes: codes.levelSizes,
        values: codes.values[slice: rows.lowerBound * codes.levels..<rows.upperBound * codes.levels])
      let decoded = try model.decode(part, pool: pool)
      let block = isOfUnitVectors ? vectors[rows: rows].withUnitRows(pool: pool) : vectors[rows: rows]
      for piece in Self.partial(block, decoded, origin, pool) {
        squares += piece.squares
        error += piece.error
        for column in 0..<d { sums[column] += piece.sums[column] }
      }
    }
    let count = Double(vectors.rows)
    let variance = squares - sums.reduce(0) { $0 + $1 * $1 } / count
    squaredErrorPerItem = error / count
    relative = variance > 0 ? error / variance : nil
  }

  private struct Partial: Sendable {
    var sums: [Double]
    var squares = 0.0
    var error = 0.0
  }

  private static func partial(_ vectors: Matrix, _ decoded: Matrix, _ origin: [Float], _ pool: ThreadPool)
    -> [Partial]
  {
    let d = vectors.columns
    var partial = [Partial](
      repeating: Partial(sums: [Double](repeating: 0, count: d)), count: (vectors.rows + piece - 1) / piece)
    vectors.withUnsafeBufferPointer { x in
      decoded.withUnsafeBufferPointer { y in
        partial.withUnsafeMutableBufferPointer { partial in
          pool.run(over: vectors.rows, inPiecesOf: piece) { range in
            var sum = Partial(sums: [Double](repeating: 0, count: d))
            sum.sums.withUnsafeMutableBufferPointer { sums in
              for row in range {
                var squares = 0.0
                var error = 0.0
                for column in 0..<d {
                  let value = Double(x[row * d + column])
                  let difference = value - Double(y[row * d + column])
                  let offset = value - Double(origin[column])
                  sums[column] += offset
                  squares += offset * offset
                  error += difference * difference
                }
                sum.squares += squares
                sum.error += error
              }
            }
            partial[range.lowerBound / piece] = sum
          }
        }
      }
    }
    return partial
  }
}
