import CKernels
import Clustering
import Synchronization
import Vectors

/// Residual codes by beam search: at each level the B best partial codes of a vector are kept, not the one best.
///
/// For x ≈ Σ C[l][cₗ] the squared error less |x|² is a sum over levels,
/// Σₗ (|C[l][cₗ]|² − 2⟨x, C[l][cₗ]⟩ + Σⱼ﹤ₗ 2⟨C[j][cⱼ], C[l][cₗ]⟩),
/// so all that depends on the vector is ⟨x, c⟩ for the ΣK codewords: one pass over them in 16-bit integers, as much
/// work as greedy encoding's, and the rest is looked up in tables of products of codewords. Integer scores choose the
/// beams; where the final scores of several lie within the measured rounding error, distances are compared in float.
///
/// The greedy code of every vector, exactly the one that greedy encoding gives, competes to the end: the result is
/// never farther from the vector. Rows are independent: same bits for any batch and any number of threads.
struct BeamEncoder: Sendable {
  static let largestBeam = 4096
  /// Tables of products of codewords take no more than this: 3 × 13,000 or 4 × 9,000 codes.
  static let tableLimit = 2 << 30

  let codebooks: [Matrix]
  /// The prices of codewords, placed as their scores are; empty for a model without.
  let prices: Buffer<Float>
  let isCosine: Bool
  /// The mean codeword of the first level, from where vectors and that level are seen: rounding is finer there.
  let origin: [Float]
  let books: [PackedCodebook]
  let products: CrossProducts
  /// Floats that the scores of each level take, and where they begin in a row of all levels.
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
