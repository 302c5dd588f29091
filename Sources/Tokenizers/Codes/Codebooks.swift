public import Vectors

/// The codewords of L residual levels: level l has Kₗ×d floats, one codeword per row.
public struct Codebooks: Sendable {
  /// Kₗ×d for each level l, first to last.
  public let levels: [Matrix]

  /// d, the length of the codewords.
  public var dimension: Int { levels[0].columns }
  /// K of each level: its number of codewords.
  public var levelSizes: [Int] { levels.map(\.rows) }

  /// - Parameter source: what an error calls them: the file that they were read from.
  /// - Throws: `InputError` when there is no level, when levels differ in dimension, when a level does not have 1 to
  ///   65,536 codewords, or when a codeword is not finite, with its number.
  package init(levels: [Matrix], source: String = "codebooks") throws {
    guard let first = levels.first else {
      throw InputError(.malformed, source, expected: "at least one level", found: "none")
    }
    for (level, matrix) in levels.enumerated() {
      guard matrix.columns == first.columns, matrix.columns > 0 else {
        throw InputError(
          .malformed, source, at: "level \(level)", expected: "codewords of dimension \(first.columns)",
          found: "\(matrix.columns)")
      }
      guard CodeShape.sizeRange.contains(matrix.rows) else {
        throw InputError(
          .malformed, source, at: "level \(level)", expected: "1 to 65,536 codewords", found: "\(matrix.rows)")
      }
      if let bad = matrix.withUnsafeBufferPointer({ $0.firstIndex { !$0.isFinite } }) {
        throw InputError(
          .malformed, source, at: "level \(level), codeword \(bad / matrix.columns)", expected: "finite values",
          found: "\(matrix.values[bad])")
      }
    }
    self.levels = levels
  }
  /// These codebooks, with a level of zeros behind them. That level tells items with equal codes apart, and has no
  /// vectors.
  ///
  /// - Parameter sizes: those of all levels; where it names no level more, nothing is added.
  package func extended(to sizes: [Int]) throws -> Codebooks {
    guard sizes.count == levels.count + 1, sizes.starts(with: levelSizes), let last = sizes.last else { return self }
    let zeros = Buffer<Float>(count: last * dimension) { _ in }
    return try Codebooks(levels: levels + [Matrix(rows: last, columns: dimension, values: zeros)])
  }
}
