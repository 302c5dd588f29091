import CKernels
import Clustering
import Synchronization
import Vectors

/// Residual codes by beam search: each level keeps the B best partial codes of a vector, not the best one alone.
///
/// For x ≈ Σ C[l][cₗ] the squared error less |x|² is a sum over levels, Σₗ (|C[l][cₗ]|² − 2⟨x, C[l][cₗ]⟩ + Σⱼ﹤ₗ
/// 2⟨C[j][cⱼ], C[l][cₗ]⟩). So only ⟨x, c⟩ for the ΣK codewords depends on the vector. It takes one pass over them in
/// 16-bit integers, as much work as greedy encoding. Tables of products of codewords give the rest. Integer scores
/// choose the beams. Where final scores lie within the measured rounding error, distances are compared in float.
///
/// The greedy code of every vector, exactly the one that greedy encoding gives, competes to the end. So the result is
/// never farther from the vector. Rows are independent: same bits for any batch and any number of threads.
struct BeamEncoder: Sendable {
  static let largestBeam = 4096
  /// The most bytes of the tables of products: enough for 3 × 13,000 or 4 × 9,000 codes.
  static let tableLimit = 2 << 30

  let codebooks: [Matrix]
  /// The prices of codewords, placed as their scores are; empty for a model without prices.
  let prices: Buffer<Float>
  let isCosine: Bool
  /// The mean codeword of the first level. Vectors and that level are taken relative to it, which makes rounding finer.
  let origin: [Float]
  let books: [PackedCodebook]
  let products: CrossProducts
  /// Floats of each level's scores, and where they begin in a row of all levels.
  let widths: [Int]
  let starts: [Int]
  let rowWidth: Int
  /// Σ of the levels' largest |c|, and of their largest |price|.
  let reach: (codewords: Float, prices: Float)

  var dimension: Int { origin.count }
  var levels: Int { books.count }

  /// - Throws: `InputError` when the codebooks are too large for tables of their products.
  init(codebooks: Codebooks, prices: [[Float]], isCosine: Bool, pool: ThreadPool) throws {
    let bytes = CrossProducts.bytes(codebooks.levelSizes)
    guard bytes <= Self.tableLimit else {
      throw InputError(
        .unsupported, "beam search", expected: "codebooks whose products take at most \(Self.tableLimit >> 20) MiB",
        found: "\(codebooks.levelSizes), which take \(bytes >> 20) MiB", remedy: "encode with a beam of 1")
    }
    self.codebooks = codebooks.levels
    self.isCosine = isCosine
    let first = codebooks.levels[0]
    let d = codebooks.dimension
    var mean = [Double](repeating: 0, count: d)
    first.withUnsafeBufferPointer { values in
      for index in values.indices { mean[index % d] += Double(values[index]) / Double(first.rows) }
    }
    let origin = mean.map { Float($0) }
    let shifted = Matrix(rows: first.rows, columns: d) { target in
      first.withUnsafeBufferPointer { values in
        for index in values.indices { target[index] = values[index] - origin[index % d] }
      }
    }
    let seen = [shifted] + codebooks.levels.dropFirst()
    let widths = seen.map { semid_codebook_square_count($0.rows) }
    self.origin = origin
    self.widths = widths
    starts = widths.indices.map { widths[..<$0].reduce(0, +) }
    rowWidth = widths.reduce(0, +)
    books = seen.enumerated().map { PackedCodebook($1, prices: prices.isEmpty ? [] : prices[$0]) }
    products = CrossProducts(seen, pool: pool)
    self.prices = Buffer(
      zip(prices, widths).flatMap { prices, width in prices + Array(repeating: 0, count: width - prices.count) })
    reach = (
      books.reduce(0) { $0 + $1.largestNorm },
      prices.reduce(0) { $0 + ($1.lazy.map(\.magnitude).max() ?? 0) }
    )
  }

  /// N × L codes of finite rows; O(N · ΣK · (d + B·L)).
  ///
  /// - Throws: `InputError` naming the row that is not finite.
  func encode(_ vectors: Matrix, beam: Int, pool: ThreadPool, source: String) throws -> Buffer<UInt16> {
    try Buffer<UInt16>(count: vectors.rows * levels) { codes in
      guard let codes = codes.baseAddress else { return }
      try vectors.withUnsafeBufferPointer { input in
        guard let input = input.baseAddress else { return }
        let piece = BeamScratch.rows(for: self, beam: beam)
        // A group of pieces amortizes the allocation of scratch.
        let group = piece * max(1, 1920 / piece)
        try pool.run(tasks: (vectors.rows + group - 1) / group) { task in
          let rows = task * group..<min(vectors.rows, (task + 1) * group)
          let scratch = BeamScratch(self, beam: beam, rows: min(piece, rows.count))
          for first in stride(from: rows.lowerBound, to: rows.upperBound, by: piece) {
            let count = min(piece, rows.upperBound - first)
            try FiniteRows.check(input, rows: first..<first + count, dimension: dimension, source: source)
            scratch.encode(input + first * dimension, count: count, into: codes + first * levels)
          }
        }
      }
    }
  }
}

/// A beam encoder that is made when it is first needed, and then kept.
final class BeamEncoderCache: Sendable {
  private let encoder = Mutex<BeamEncoder?>(nil)

  func encoder(or make: () throws -> BeamEncoder) rethrows -> BeamEncoder {
    try encoder.withLock { kept in
      if let kept { return kept }
      let made = try make()
      kept = made
      return made
    }
  }
}
