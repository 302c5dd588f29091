import CKernels
import Clustering
import Formats
public import Vectors

extension RQKMeans {
  /// Rows per piece: small enough to stay in the second-level cache over all levels.
  private static let piece = 120

  public var needsDirections: Bool { options.metric == .cosine }

  /// Encodes with the model's own beam, `options.beam`. O(N · d · ΣK) multiply-adds, in 16-bit integers.
  ///
  /// - Throws: `InputError` when the vectors' length is not the model's, or naming the row that is not finite, or that is
  ///   zero where the model's metric is cosine.
  public func encode(_ vectors: Matrix, pool: ThreadPool, source: String) throws -> Codes {
    try encode(vectors, beam: options.beam, pool: pool, source: source)
  }

  /// Encodes with the given beam. 1 is greedy: the nearest codeword, level by level. A larger beam keeps that many
  /// partial codes of every vector, for a lower error at a little more time. No vector's error is higher than with
  /// greedy encoding.
  ///
  /// - Throws: `InputError` also when the beam is not in 1...4,096, or when the model scales residuals to unit length.
  public func encode(
    _ vectors: Matrix, beam: Int, pool: ThreadPool = ThreadPool(), source: String = "vectors"
  ) throws -> Codes {
    try check(vectors, source: source)
    try options.validate(beam: beam)
    if needsDirections { try vectors.checkDirections(source: source, pool: pool) }
    if beam > 1 {
      let encoder = try beams.encoder(or: {
        try BeamEncoder(codebooks: codebooks, prices: prices, isCosine: options.metric == .cosine, pool: pool)
      })
      return Codes(
        unchecked: try encoder.encode(vectors, beam: beam, pool: pool, source: source), levelSizes: levelSizes)
    }
    let levels = codebooks.levels.count
    let values = try Buffer<UInt16>(count: vectors.rows * levels) { codes in
      let codes = codes
      try vectors.withUnsafeBufferPointer { input in
        guard let base = input.baseAddress, vectors.rows > 0 else { return }
        // Tasks of a thread would share scratch. A group of pieces amortizes its allocation instead.
        let group = Self.piece * 16
        try pool.run(tasks: (vectors.rows + group - 1) / group) { task in
          let rows = task * group..<min(vectors.rows, (task + 1) * group)
          let scratch = WorkingVectors(count: min(Self.piece, rows.count), dimension: dimension)
          var nearest = [UInt32](repeating: 0, count: scratch.count)
          for first in stride(from: rows.lowerBound, to: rows.upperBound, by: Self.piece) {
            let count = min(Self.piece, rows.upperBound - first)
            try FiniteRows.check(base, rows: first..<first + count, dimension: dimension, source: source)
            scratch.rows.update(from: base + first * dimension, count: count * dimension)
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
}
