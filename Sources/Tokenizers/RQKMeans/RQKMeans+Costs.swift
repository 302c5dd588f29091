import CKernels
import Clustering
public import Vectors

extension RQKMeans {
  /// O(N · (level + Kₗ) · d).
  public func costs(
    of vectors: Matrix, codes: Codes, level: Int, pool: ThreadPool = ThreadPool()
  ) throws -> Matrix {
    try check(vectors, codes, level: level)
    let residuals = WorkingVectors(count: vectors.rows, dimension: dimension)
    vectors.withUnsafeBufferPointer { vectors in
      guard let base = vectors.baseAddress else { return }
      residuals.rows.update(from: base, count: vectors.count)
    }
    let book = codebooks.levels[level]
    return Matrix(rows: codes.count, columns: book.rows) { target in
      let target = target
      pool.run(over: codes.count, inPiecesOf: 64) { range in
        if options.metric == .cosine { residuals.normalize(range) }
        for level in 0..<level {
          if options.normalizesResiduals { residuals.normalize(range) }
          codebooks.levels[level].withUnsafeBufferPointer { codewords in
            guard let codewords = codewords.baseAddress else { return }
            for row in range {
              let code = Int(codes.values[row * codes.levels + level])
              _ = semid_subtract(residuals.row(row), codewords + code * dimension, dimension)
            }
          }
        }
        if options.normalizesResiduals { residuals.normalize(range) }
        book.withUnsafeBufferPointer { codewords in
          guard let codewords = codewords.baseAddress, let target = target.baseAddress else { return }
          for row in range {
            semid_l2_rows(residuals.row(row), codewords, dimension, book.rows, target + row * book.rows)
          }
        }
      }
    }
  }
}
