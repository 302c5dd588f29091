import CKernels
import Vectors

/// 2⟨C[j][a], C[l][k]⟩ for every two levels j < l: what code a at level j adds to the score of code k at level l.
///
/// A row of every table is padded with zeros to whole panels of the kernels.
struct CrossProducts: Sendable {
  let values: Buffer<Float>
  /// Where the table of levels j < l begins, at l · (l − 1) / 2 + j.
  private let starts: [Int]
  private let widths: [Int]

  /// The bytes that the tables of levels of these sizes take.
  static func bytes(_ sizes: [Int]) -> Int {
    sizes.indices.reduce(0) { sum, level in
      sum + sizes[..<level].reduce(0, +) * semid_codebook_square_count(sizes[level]) * MemoryLayout<Float>.stride
    }
  }

  /// O(Σ Kⱼ·Kₗ·d).
  init(_ levels: [Matrix], pool: ThreadPool) {
    let widths = levels.map { semid_codebook_square_count($0.rows) }
    let rows = 64
    var starts: [Int] = []
    var tasks: [(level: Int, earlier: Int, first: Int, target: Int)] = []
    var total = 0
    for level in levels.indices {
      for earlier in 0..<level {
        starts.append(total)
        tasks += stride(from: 0, to: levels[earlier].rows, by: rows).map {
          (level, earlier, $0, total + $0 * widths[level])
        }
        total += levels[earlier].rows * widths[level]
      }
    }
    self.widths = widths
    self.starts = starts
    values = Buffer(count: total) { target in
      guard let target = target.baseAddress else { return }
      pool.run(tasks: tasks.count) { task in
        let (level, earlier, first, place) = tasks[task]
        let d = levels[level].columns
        levels[earlier].withUnsafeBufferPointer { left in
          levels[level].withUnsafeBufferPointer { right in
            guard let left = left.baseAddress, let right = right.baseAddress else { return }
            BLAS.gemm(
              .no, .yes, m: min(rows, levels[earlier].rows - first), n: levels[level].rows, k: d, alpha: 2,
              left + first * d, lda: d, right, ldb: d, target + place, ldc: widths[level])
          }
        }
      }
    }
  }

  /// Where in `values` the row of codeword `code` of level `earlier` against all codewords of `level` begins.
  func row(level: Int, earlier: Int, code: UInt16) -> Int {
    starts[level * (level - 1) / 2 + earlier] + Int(code) * widths[level]
  }
}
