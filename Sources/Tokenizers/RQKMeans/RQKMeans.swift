import CKernels
public import Vectors

/// Residual k-means: L codebooks, each of what the ones before left over.
///
/// r₀ = x; cₗ = the codeword of level l nearest rₗ; rₗ₊₁ = rₗ − C[l][cₗ]; x ≈ Σ C[l][cₗ].
public struct RQKMeans: Tokenizer {
  public let codebooks: Codebooks
  /// The options it was trained with; `metric` and `normalizesResiduals` also say how it encodes.
  public let options: RQKMeansOptions
  /// SHA-256 of the model's files.
  public let fingerprint: String

  private let packed: [PackedCodebook]

  public var dimension: Int { codebooks.dimension }
  public var levelSizes: [Int] { codebooks.levelSizes }

  /// A model from codebooks that are there already.
  ///
  /// - Parameter options: its `levelSizes` are taken from the codebooks.
  public init(codebooks: Codebooks, options: RQKMeansOptions = RQKMeansOptions()) throws {
    for (level, matrix) in codebooks.levels.enumerated() {
      let values = matrix.values
      let bad = values.withUnsafeBufferPointer { $0.firstIndex { !$0.isFinite } }
      if let bad {
        throw InputError(
          .malformed, "codebooks", at: "level \(level), codeword \(bad / matrix.columns)", expected: "finite values",
          found: "\(values[bad])")
      }
    }
    var options = options
    options.levelSizes = codebooks.levelSizes
    self.codebooks = codebooks
    self.options = options
    packed = codebooks.levels.map(PackedCodebook.init)
    fingerprint = try RQKMeansFiles.fingerprint(codebooks: codebooks, options: options)
  }

  /// Rows a task encodes: small enough to stay in the second-level cache over all levels.
  private static let piece = 120

  /// O(N · d · ΣK) multiply-adds, in 16-bit integers.
  ///
  /// - Throws: `InputError` when the vectors' length is not the model's, or naming the row that is not finite.
  public func encode(_ vectors: Matrix, pool: ThreadPool = ThreadPool()) throws -> Codes {
    try encode(vectors, pool: pool, source: "vectors")
  }

  /// - Parameter source: what an error calls the vectors.
  public func encode(_ vectors: Matrix, pool: ThreadPool, source: String) throws -> Codes {
    guard vectors.columns == dimension else {
      throw InputError(
        .mismatch, source, expected: "vectors of dimension \(dimension), the model's", found: "\(vectors.columns)")
    }
    let levels = codebooks.levels.count
    let values = try Buffer<UInt16>(count: vectors.rows * levels) { codes in
      let codes = codes
      try vectors.withUnsafeBufferPointer { input in
        guard let base = input.baseAddress, vectors.rows > 0 else { return }
        // Each thread's tasks would share scratch; a group of pieces amortises its allocation instead.
        let group = Self.piece * 16
        try pool.run(tasks: (vectors.rows + group - 1) / group) { task in
          let rows = task * group..<min(vectors.rows, (task + 1) * group)
          let scratch = WorkingVectors(count: min(Self.piece, rows.count), dimension: dimension)
          var nearest = [UInt32](repeating: 0, count: scratch.count)
          for first in stride(from: rows.lowerBound, to: rows.upperBound, by: Self.piece) {
            let count = min(Self.piece, rows.upperBound - first)
            let floats = count * dimension
            let bad = semid_first_non_finite(base + first * dimension, floats)
            guard bad == floats else {
              throw InputError(
                .malformed, source, at: "row \(first + bad / dimension)", expected: "finite values",
                found: "\(base[first * dimension + bad])", remedy: "drop or repair that row")
            }
            scratch.rows.update(from: base + first * dimension, count: floats)
            encode(scratch, 0..<count, &nearest) { row, level, code in codes[(first + row) * levels + level] = code }
          }
        }
      }
    }
    return Codes(unchecked: values, levelSizes: levelSizes)
  }

  private func encode(
    _ scratch: WorkingVectors, _ range: Range<Int>, _ nearest: inout [UInt32], _ emit: (Int, Int, UInt16) -> Void
  ) {
    if options.metric == .cosine { scratch.normalize(range) }
    for (level, book) in packed.enumerated() {
      if options.normalizesResiduals { scratch.normalize(range) }
      scratch.round(range)
      nearest.withUnsafeMutableBufferPointer { nearest in
        if let nearest = nearest.baseAddress { book.nearest(scratch, range, nearest) }
      }
      for row in range { emit(row, level, UInt16(truncatingIfNeeded: nearest[row])) }
      guard level + 1 < packed.count else { continue }
      codebooks.levels[level].withUnsafeBufferPointer { codewords in
        guard let codewords = codewords.baseAddress else { return }
        for row in range {
          _ = semid_subtract(scratch.row(row), codewords + Int(nearest[row]) * dimension, dimension)
        }
      }
    }
  }

  /// The sum of each item's codewords, N×d; O(N·L·d).
  ///
  /// - Throws: `InputError` when the codes are of other levels than the model's, or when the model scales residuals
  ///   to unit length, so that its codes do not decode by summing.
  public func decode(_ codes: Codes, pool: ThreadPool = ThreadPool()) throws -> Matrix {
    guard !options.normalizesResiduals else {
      throw InputError(
        .unsupported, "model", expected: "a model whose codes decode by summing",
        found: "one that scales every residual to unit length, so that the lengths are lost")
    }
    guard codes.levelSizes == levelSizes else {
      throw InputError(
        .mismatch, "codes", expected: "levels of \(levelSizes) codes, the model's", found: "\(codes.levelSizes)")
    }
    let levels = levelSizes.count
    return Matrix(rows: codes.count, columns: dimension) { target in
      codes.values.withUnsafeBufferPointer { codes in
        pool.run(over: codes.count / levels, inPiecesOf: 1024) { range in
          for (level, book) in codebooks.levels.enumerated() {
            book.withUnsafeBufferPointer { book in
              for item in range {
                let codeword = Int(codes[item * levels + level]) * dimension
                for column in 0..<dimension { target[item * dimension + column] += book[codeword + column] }
              }
            }
          }
        }
      }
    }
  }
}
