package import Vectors

/// The cost of each codeword for each row: |c|² − 2⟨r, c⟩, the squared distance less |r|², N×K floats.
///
/// Rows are padded to whole vectors with costs that no row takes. Owns raw memory; confined to the call that makes it.
package final class CostMatrix {
  package static let lanes = 16
  package static let unaffordable = Float.greatestFiniteMagnitude / 4

  package let rows: Int
  package let clusters: Int
  /// Floats per row.
  package let stride: Int
  private let values: UnsafeMutablePointer<Float>

  package init(rows: Int, clusters: Int) {
    self.rows = rows
    self.clusters = clusters
    stride = (clusters + Self.lanes - 1) / Self.lanes * Self.lanes
    values = .allocate(capacity: max(1, rows * stride))
  }

  deinit { values.deallocate() }

  package func row(_ index: Int) -> UnsafeMutablePointer<Float> { values + index * stride }

  /// O(N · K · d), by sgemm; pieces do not depend on the number of threads.
  package func fill(_ vectors: WorkingVectors, _ centroids: Matrix, pool: ThreadPool) {
    // BLAS sees addresses alone, which keep neither side alive.
    defer { withExtendedLifetime((vectors, self)) {} }
    let d = vectors.dimension
    let squares = (0..<clusters).map { cluster in
      centroids[rows: cluster..<cluster + 1].values.withUnsafeBufferPointer { row in
        Float(row.reduce(0.0) { $0 + Double($1) * Double($1) })
      }
    }
    centroids.withUnsafeBufferPointer { centroids in
      guard let centroids = centroids.baseAddress else { return }
      pool.run(over: rows, inPiecesOf: 256) { range in
        BLAS.gemm(
          .no, .yes, m: range.count, n: clusters, k: d, alpha: -2, vectors.row(range.lowerBound), lda: d, centroids,
          ldb: d, row(range.lowerBound), ldc: stride)
        for index in range {
          let row = row(index)
          for cluster in 0..<clusters { row[cluster] += squares[cluster] }
          for cluster in clusters..<stride { row[cluster] = Self.unaffordable }
        }
      }
    }
  }
}
