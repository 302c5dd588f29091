import CKernels
import Vectors

/// The vectors of a segment, rounded to one byte per dimension. They give a second estimate of candidates' distances,
/// much better than that of the sketches. So few vectors beyond the k nearest have to be read in full.
///
/// One step serves all dimensions: x ≈ minimum + step · byte. So squares add up in whole numbers, and the error of
/// every dimension counts the same.
struct ByteVectors: Sendable {
  let grid: Grid
  /// N × width, in ID order.
  let codes: Buffer<UInt8>

  var width: Int { Self.width(dimension: grid.dimension) }

  /// Bytes per vector: a multiple of the processor's vector.
  static func width(dimension: Int) -> Int { (dimension + 15) / 16 * 16 }

  /// How bytes become values.
  struct Grid: Sendable {
    /// The least value of each dimension, then the step, then the root of the mean squared error of a dimension.
    let values: Buffer<Float>

    var dimension: Int { values.count - 2 }
    var step: Float { values[dimension] }
    var error: Float { values[dimension + 1] }
    /// False for vectors that do not differ, or differ so much that floats overflow.
    var isUsable: Bool { step > 0 && step.isFinite && error.isFinite }
  }

  /// A query in the units of a grid.
  struct Query {
    fileprivate let values: UnsafePointer<Int16>
    fileprivate let shift: Int32
    fileprivate let byInnerProduct: Bool
    /// The factor and the summand that make a distance of a sum.
    fileprivate let scale: Float
    fileprivate let offset: Float
    /// The standard deviation of an estimate: for the inner product of every estimate, otherwise of one of distance 1,
    /// since it grows with the root of the distance.
    fileprivate let deviation: Float

    /// The largest estimate of an item that may well be as near as one with this estimate.
    func limit(of estimate: Float) -> Float {
      // Four standard deviations cover the errors of both.
      estimate + 4 * deviation * (byInnerProduct ? 1 : max(estimate, 0).squareRoot())
    }
  }

  /// Brings a query into the units of the grid.
  ///
  /// - Parameters:
  ///   - query: d floats.
  ///   - target: room for `width` numbers, which the result points to.
  /// - Returns: nil where the grid is of no use, or the query lies so far from all vectors that sums would overflow.
  func prepare(
    _ query: UnsafePointer<Float>, byInnerProduct: Bool, into target: UnsafeMutablePointer<Int16>
  ) -> Query? {
    let grid = grid
    guard grid.isUsable else { return nil }
    (target + grid.dimension).update(repeating: 0, count: width - grid.dimension)
    return grid.values.withUnsafeBufferPointer { minima in
      guard let minima = minima.baseAddress else { return nil }
      return byInnerProduct
        ? Self.prepareProduct(query, grid, minima, into: target)
        : Self.prepareDistance(query, grid, minima, into: target)
    }
  }

  private static func prepareDistance(
    _ query: UnsafePointer<Float>, _ grid: Grid, _ minima: UnsafePointer<Float>,
    into target: UnsafeMutablePointer<Int16>
  ) -> Query? {
    let inverse = 1 / grid.step
    // The farthest that a vector within the grid can be, in steps.
    var (farthest, most): (Float, Float) = (0, 0)
    semid_bytes_reach(query, minima, inverse, grid.dimension, &farthest, &most)
    // Fractions of a step, as fine as the sums allow.
    let fits = { (shift: Int32) in
      let unit = Float(1 << shift)
      return (farthest * unit * unit).isLess(than: 2e9) && (most * unit).isLess(than: 3e4)
    }
    guard let shift = [4, 3, 2, 1, 0].first(where: fits) else { return nil }
    let unit = Float(1 << shift)
    semid_bytes_query(query, minima, inverse * unit, grid.dimension, target)
    let rounding = grid.step / unit * 0.289
    let error = (grid.error * grid.error + rounding * rounding).squareRoot()
    return Query(
      values: target, shift: shift, byInnerProduct: false, scale: grid.step * grid.step / (unit * unit), offset: 0,
      deviation: 2 * error)
  }

  private static func prepareProduct(
    _ query: UnsafePointer<Float>, _ grid: Grid, _ minima: UnsafePointer<Float>,
    into target: UnsafeMutablePointer<Int16>
  ) -> Query? {
    var (largest, sum, square, offset): (Float, Float, Float, Float) = (0, 0, 0, 0)
    for column in 0..<grid.dimension {
      largest = max(largest, abs(query[column]))
      sum += abs(query[column])
      square += query[column] * query[column]
      offset -= query[column] * minima[column]
    }
    let unit = max(largest / 32_000, sum * 255 / 2e9)
    let inverse = 1 / unit
    guard unit > 0, inverse.isFinite, square.isFinite, offset.isFinite else { return nil }
    semid_bytes_query(query, nil, inverse, grid.dimension, target)
    return Query(
      values: target, shift: 0, byInnerProduct: true, scale: -grid.step * unit, offset: offset,
      deviation: square.squareRoot() * grid.error)
  }

  /// Whether these are the vectors of a file, each rounded to the nearest point of the grid.
  func areRounded(of vectors: FlatVectorFile, pool: ThreadPool) -> Bool {
    guard grid.step > 0, grid.step.isFinite else { return true }
    let piece = 1 << 10
    let tasks = (vectors.count + piece - 1) / piece
    var holds = [Bool](repeating: false, count: tasks)
    holds.withUnsafeMutableBufferPointer { holds in
      pool.run(tasks: tasks) { task in
        holds[task] = (task * piece..<min(vectors.count, (task + 1) * piece)).allSatisfy { position in
          let vector = vectors.vector(at: position)
          return vector.indices.allSatisfy { column in
            let value = (vector[column] - grid.values[column]) / grid.step
            return abs(value - Float(codes[position * width + column])) <= 0.51
          }
        }
      }
    }
    return !holds.contains(false)
  }

  /// Estimates the distances of the vectors at `positions`: squared, or inner products below 0.
  func distances(
    _ query: Query, _ positions: UnsafePointer<UInt32>, count: Int, into out: UnsafeMutablePointer<Float>
  ) {
    codes.withUnsafeBufferPointer { codes in
      guard let codes = codes.baseAddress else { return }
      if query.byInnerProduct {
        semid_bytes_dot_gather(query.values, codes, width, positions, count, out)
      } else {
        semid_bytes_l2_gather(query.values, query.shift, codes, width, positions, count, out)
      }
    }
    for index in 0..<count { out[index] = query.offset + query.scale * out[index] }
  }
}
