import Tokenizers
import Vectors

extension Distortion {
  /// Rows decoded at a time.
  private static let block = 8192

  /// Decodes both sets of codes and takes the distances. Where the model's codes do not decode, takes the tokenizer's
  /// costs at the last level.
  ///
  /// - Parameter moved: the rows whose codes differ between `before` and `after`.
  init(
    _ vectors: Matrix, before: Codes, after: Codes, moved: [Int], tokenizer: any Tokenizer, pool: ThreadPool
  ) throws {
    func mean(_ error: (Matrix, Codes) throws -> Double) throws -> (Double, Double) {
      let total = try Self.total(vectors, before, Array(0..<vectors.rows), error)
      let old = try Self.total(vectors, before, moved, error)
      let new = try Self.total(vectors, after, moved, error)
      let items = Double(max(1, vectors.rows))
      return (total / items, (total + (new - old)) / items)
    }
    do {
      let (before, after) = try mean { vectors, codes in
        Self.squaredDistance(vectors, try tokenizer.decode(codes, pool: pool), pool)
      }
      self.init(space: .vectors, before: before, after: after)
    } catch let error as InputError where error.kind == .unsupported {
      let last = before.levels - 1
      let (before, after) = try mean { vectors, codes in
        let costs = try tokenizer.costs(of: vectors, codes: codes, level: last, pool: pool)
        return (0..<codes.count).reduce(0) {
          $0 + Double(costs[$1, Int(codes.values[$1 * codes.levels + last])])
        }
      }
      self.init(space: .quantized, before: before, after: after)
    }
  }

  private static func total(
    _ vectors: Matrix, _ codes: Codes, _ rows: [Int], _ error: (Matrix, Codes) throws -> Double
  ) rethrows -> Double {
    let all = rows.count == vectors.rows
    var total = 0.0
    for first in stride(from: 0, to: rows.count, by: block) {
      let piece = rows[first..<min(rows.count, first + block)]
      let part = all ? vectors[rows: first..<first + piece.count] : vectors.gathered(piece)
      total += try error(part, codes.gathered(piece))
    }
    return total
  }

  /// Σ (a − b)², added up in a fixed order.
  private static func squaredDistance(_ a: Matrix, _ b: Matrix, _ pool: ThreadPool) -> Double {
    let columns = a.columns
    let sums = Buffer<Double>(count: a.rows) { sums in
      let sums = sums
      a.withUnsafeBufferPointer { a in
        b.withUnsafeBufferPointer { b in
          pool.run(over: sums.count, inPiecesOf: 256) { range in
            for row in range {
              var lanes = SIMD8<Float>.zero
              var column = row * columns
              let end = column + columns
              while column + 8 <= end {
                var x = SIMD8<Float>.zero
                for lane in 0..<8 { x[lane] = a[column + lane] - b[column + lane] }
                lanes += x * x
                column += 8
              }
              var sum = Double(lanes.sum())
              while column < end {
                let x = Double(a[column] - b[column])
                sum += x * x
                column += 1
              }
              sums[row] = sum
            }
          }
        }
      }
    }
    return sums.array.reduce(0, +)
  }
}
