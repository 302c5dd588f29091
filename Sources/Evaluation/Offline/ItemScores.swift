import CKernels
import Vectors

/// Scores of all items for profiles: more is nearer, under any metric.
struct ItemScores: Sendable {
  private let vectors: Matrix
  private let metric: Metric
  /// −|x|², for l2.
  private let offsets: [Float]

  /// - Throws: `InputError` for vectors whose products 32-bit floats cannot hold.
  init(_ vectors: Matrix, _ metric: Metric, source: String = "vectors", pool: ThreadPool) throws {
    if metric != .cosine { try Self.checkRange(vectors, source: source) }
    self.vectors = metric == .cosine ? vectors.withUnitRows(pool: pool) : vectors
    self.metric = metric
    guard metric == .l2 else {
      offsets = []
      return
    }
    let d = vectors.columns
    var offsets = [Float](repeating: 0, count: vectors.rows)
    vectors.withUnsafeBufferPointer { values in
      for row in 0..<vectors.rows {
        var square = 0.0
        for index in row * d..<(row + 1) * d { square += Double(values[index]) * Double(values[index]) }
        offsets[row] = Float(-square)
      }
    }
    self.offsets = offsets
  }

  /// Squared lengths from 1e-30 to 1e36, and zeros: so scores neither overflow nor vanish.
  private static func checkRange(_ vectors: Matrix, source: String) throws {
    let d = vectors.columns
    try vectors.withUnsafeBufferPointer { values in
      for row in 0..<vectors.rows {
        let length = length(values, row * d, d)
        guard length == 0 || (1e-15...1e18).contains(length) else {
          throw InputError(
            .unsupported, source, at: "row \(row) (from 0)",
            expected: "a length from 1e-15 to 1e18, whose products 32-bit floats hold", found: "\(length)",
            remedy: "scale the vectors, or use --metric cosine")
        }
      }
    }
  }

  /// Cases whose scores of all items take some 64 MB.
  var casesPerBlock: Int { max(1, min(64, (16 << 20) / max(1, vectors.rows))) }

  /// Profiles as items are compared with them: under cosine the mean of unit vectors, brought to unit length.
  func profiles(_ profile: UserProfile, _ cases: OfflineCases, pool: ThreadPool) -> Matrix {
    let means = means(profile, cases, of: vectors, pool: pool)
    return metric == .cosine ? means.withUnitRows(pool: pool) : means
  }

  /// Profiles as they are encoded. Where directions count, the mean is brought to the mean length of its vectors: the mean
  /// of vectors of several directions is shorter than the vectors that models were trained on.
  func encodable(_ profile: UserProfile, _ cases: OfflineCases, of vectors: Matrix, pool: ThreadPool) -> Matrix {
    let means = means(profile, cases, of: vectors, pool: pool)
    guard metric != .l2 else { return means }
    let d = vectors.columns
    return Matrix(rows: means.rows, columns: d) { target in
      let target = target
      means.withUnsafeBufferPointer { means in
        vectors.withUnsafeBufferPointer { values in
          pool.run(over: cases.cases.count, inPiecesOf: 256) { piece in
            for number in piece {
              let lengths = profile.taken(of: cases.history(of: number)).map { item in
                Self.length(values, Int(item) * d, d)
              }
              let own = Self.length(means, number * d, d)
              let scale = own > 0 ? lengths.reduce(0, +) / Double(lengths.count) / own : 0
              for column in 0..<d { target[number * d + column] = Float(Double(means[number * d + column]) * scale) }
            }
          }
        }
      }
    }
  }

  private static func length(_ values: UnsafeBufferPointer<Float>, _ start: Int, _ count: Int) -> Double {
    var square = 0.0
    for index in start..<start + count { square += Double(values[index]) * Double(values[index]) }
    return square.squareRoot()
  }

  /// Profiles of the rows of `vectors`.
  func means(_ profile: UserProfile, _ cases: OfflineCases, of vectors: Matrix, pool: ThreadPool) -> Matrix {
    let d = vectors.columns
    return Matrix(rows: cases.cases.count, columns: d) { target in
      let target = target
      vectors.withUnsafeBufferPointer { values in
        pool.run(over: cases.cases.count, inPiecesOf: 256) { piece in
          for number in piece {
            let mean = profile.vector(of: cases.history(of: number), values, dimension: d)
            for column in 0..<d { target[number * d + column] = Float(mean[column]) }
          }
        }
      }
    }
  }

  /// The scores of all items for each profile, profile after profile.
  func products(_ profiles: Matrix) -> [Float] {
    let (n, d) = (vectors.rows, vectors.columns)
    return [Float](unsafeUninitializedCapacity: profiles.rows * n) { scores, count in
      count = profiles.rows * n
      guard let out = scores.baseAddress, count > 0 else { return }
      // One query at a time by a kernel that sums each row by itself: equal vectors get equal scores, wherever they stand.
      profiles.withUnsafeBufferPointer { queries in
        vectors.withUnsafeBufferPointer { rows in
          guard let query = queries.baseAddress, let base = rows.baseAddress else { return }
          for number in 0..<profiles.rows { semid_dot_rows(query + number * d, base, d, n, out + number * n) }
        }
      }
      if metric == .l2 {
        for index in 0..<count { scores[index] = 2 * scores[index] + offsets[index % n] }
      }
    }
  }
}
