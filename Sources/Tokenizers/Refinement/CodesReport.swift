import CKernels
import Vectors

/// What codes leave of the vectors, level by level.
struct CodesReport {
  /// Σ|x − Σⱼ﹤₌ₗ C[j][cⱼ]|² after each level.
  var errors: [Double]
  var usage: [CodeUsage]
  /// The squared error of each row after the last level.
  var rowErrors: [Float]

  /// O(N·L·d); sums are in double precision, in an order that does not depend on the threads.
  init(_ rows: Matrix, _ codes: Codes, _ codebooks: Codebooks, pool: ThreadPool) {
    let (levels, d, piece) = (codes.levels, rows.columns, 512)
    let pieces = (rows.rows + piece - 1) / piece
    var partial = [Double](repeating: 0, count: pieces * levels)
    var rowErrors = [Float](repeating: 0, count: rows.rows)
    partial.withUnsafeMutableBufferPointer { partial in
      rowErrors.withUnsafeMutableBufferPointer { rowErrors in
        rows.withUnsafeBufferPointer { rows in
          codes.values.withUnsafeBufferPointer { values in
            pool.run(over: rows.count / max(1, d), inPiecesOf: piece) { range in
              guard let base = rows.baseAddress else { return }
              var rest = [Float](repeating: 0, count: d)
              for row in range {
                for column in 0..<d { rest[column] = base[row * d + column] }
                for level in 0..<levels {
                  let square = codebooks.levels[level].withUnsafeBufferPointer { codewords in
                    codewords.baseAddress.map {
                      semid_subtract(&rest, $0 + Int(values[row * levels + level]) * d, d)
                    } ?? 0
                  }
                  partial[range.lowerBound / piece * levels + level] += Double(square)
                  rowErrors[row] = square
                }
              }
            }
          }
        }
      }
    }
    errors = (0..<levels).map { level in (0..<pieces).reduce(0) { $0 + partial[$1 * levels + level] } }
    usage = codes.levelSizes.enumerated().map { level, size in
      var counts = [Int](repeating: 0, count: size)
      codes.values.withUnsafeBufferPointer { values in
        for index in stride(from: level, to: values.count, by: levels) { counts[Int(values[index])] += 1 }
      }
      return CodeUsage(counts: counts)
    }
    self.rowErrors = rowErrors
  }
}
