import CKernels
import Vectors

/// The nearest centroid of every row, and what the row would lose without it.
struct NearestRows {
  /// By row.
  private(set) var nearest: [UInt32]
  /// |x − c|² of the nearest.
  private(set) var distances: [Float]
  /// The next nearest, and how much farther it is, by the integer scores: near enough to choose by. Empty unless asked for.
  private(set) var next: [UInt32] = []
  private(set) var losses: [Float] = []
  /// Σ|x − c|², in double precision, in row order.
  let error: Double

  /// O(N·K·d).
  ///
  /// - Parameters:
  ///   - vectors: N rows, rounded.
  ///   - centroids: K×d.
  init(_ vectors: WorkingVectors, _ centroids: Matrix, findsNext: Bool = false, pool: ThreadPool) {
    let book = PackedCodebook(centroids)
    let d = vectors.dimension
    let piece = 120
    var nearest = [UInt32](repeating: 0, count: vectors.count)
    var distances = [Float](repeating: 0, count: vectors.count)
    var next = [UInt32](repeating: 0, count: findsNext ? vectors.count : 0)
    var losses = [Float](repeating: 0, count: next.count)
    nearest.withUnsafeMutableBufferPointer { nearest in
      distances.withUnsafeMutableBufferPointer { distances in
        next.withUnsafeMutableBufferPointer { next in
          losses.withUnsafeMutableBufferPointer { losses in
            centroids.withUnsafeBufferPointer { values in
              guard let names = nearest.baseAddress, let base = values.baseAddress,
                let lengths = distances.baseAddress
              else { return }
              pool.run(over: vectors.count, inPiecesOf: piece) { range in
                book.nearest(vectors, range, names)
                for row in range {
                  semid_l2_rows(vectors.row(row), base + Int(names[row]) * d, d, 1, lengths + row)
                }
                guard findsNext else { return }
                let stride = semid_codebook_square_count(centroids.rows)
                var scores = [Float](repeating: 0, count: range.count * stride)
                var margins = [Float](repeating: 0, count: range.count)
                scores.withUnsafeMutableBufferPointer { scores in
                  margins.withUnsafeMutableBufferPointer { margins in
                    guard let scores = scores.baseAddress, let margins = margins.baseAddress else { return }
                    book.scores(vectors, range, into: scores, stride: stride, margins: margins)
                    for (place, row) in range.enumerated() {
                      let own = scores[place * stride + Int(names[row])]
                      scores[place * stride + Int(names[row])] = .infinity
                      let second = Self.least(scores + place * stride, count: stride)
                      next[row] = UInt32(truncatingIfNeeded: second.index)
                      losses[row] = max(0, second.score - own)
                    }
                  }
                }
              }
            }
          }
        }
      }
    }
    (self.nearest, self.distances, self.next, self.losses) = (nearest, distances, next, losses)
    error = distances.reduce(0) { $0 + Double($1) }
  }

  /// - Parameter count: a multiple of 16.
  private static func least(_ scores: UnsafePointer<Float>, count: Int) -> (score: Float, index: Int) {
    var least = SIMD16<Float>(repeating: .infinity)
    var starts = SIMD16<Int32>(repeating: 0)
    for start in stride(from: 0, to: count, by: 16) {
      let values = UnsafeRawPointer(scores + start).loadUnaligned(as: SIMD16<Float>.self)
      let isLess = values .< least
      least.replace(with: values, where: isLess)
      starts.replace(with: SIMD16<Int32>(repeating: Int32(truncatingIfNeeded: start)), where: isLess)
    }
    var best = (score: Float.infinity, index: Int.max)
    for lane in 0..<16 where (least[lane], Int(starts[lane]) + lane) < best {
      best = (least[lane], Int(starts[lane]) + lane)
    }
    return best
  }
}
