package import Vectors

extension RQVAE {
  /// Encodes and decodes rows, and measures how well their codes tell them apart and reconstruct them.
  ///
  /// - Parameter collisionWeight: weight of the collision rate in the score.
  package func evaluation(
    on vectors: Matrix, collisionWeight: Double = 1, pool: ThreadPool = ThreadPool()
  ) throws -> RQVAEEvaluation {
    let codes = try encode(vectors, pool: pool, source: "vectors")
    let decoded = try decode(codes, pool: pool)
    let piece = 1024
    var partial = [Double](repeating: 0, count: (vectors.rows + piece - 1) / piece)
    let d = dimension
    vectors.withUnsafeBufferPointer { vectors in
      decoded.withUnsafeBufferPointer { decoded in
        partial.withUnsafeMutableBufferPointer { partial in
          pool.run(over: codes.count, inPiecesOf: piece) { rows in
            guard let vectors = vectors.baseAddress, let decoded = decoded.baseAddress else { return }
            var low = SIMD4<Double>.zero
            var high = SIMD4<Double>.zero
            let start = rows.lowerBound * d
            forLanes(rows.count * d) { index, count in
              let difference = lanes(vectors + start + index, count) - lanes(decoded + start + index, count)
              let square = difference * difference
              low += SIMD4<Double>(square.lowHalf)
              high += SIMD4<Double>(square.highHalf)
            }
            partial[rows.lowerBound / piece] = (low + high).sum()
          }
        }
      }
    }
    let variance = Double(scaling.scale) * Double(scaling.scale)
    let error = partial.reduce(0, +) / Double(max(1, vectors.values.count)) / variance
    let levels = codes.values.withUnsafeBufferPointer { LevelUsage.count($0, sizes: levelSizes) }
    return RQVAEEvaluation(
      rows: vectors.rows, relativeError: error, levels: levels,
      score: error + collisionWeight * (levels.last?.collisionRate ?? 0), isBest: false)
  }
}
