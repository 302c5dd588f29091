import CKernels
import Vectors

/// The sum and the number of every cluster's rows, kept up to date by what changed.
///
/// Sums are in double precision and each cluster's rows are added in row order, by one task: the same bits on any
/// number of threads. A round costs O(changed rows · d).
struct ClusterSums {
  let clusters: Int
  let dimension: Int
  private(set) var sums: [Double]
  private(set) var counts: [Int]
  /// |x|² of every row, and their sum in each cluster. So errors are differences within a cluster, and a few very long
  /// rows cost the others no digits.
  private let rowSquares: [Double]
  private var squares: [Double]

  init(_ vectors: WorkingVectors, clusters: Int, pool: ThreadPool) {
    self.clusters = clusters
    dimension = vectors.dimension
    rowSquares = vectors.squares(pool)
    squares = Array(repeating: 0, count: clusters)
    sums = Array(repeating: 0, count: clusters * dimension)
    counts = Array(repeating: 0, count: clusters)
  }

  /// Moves every row whose cluster differs between `old` (nil: rows were in no cluster) and `new`.
  ///
  /// - Returns: how many rows moved.
  mutating func update(
    _ vectors: WorkingVectors, from old: UnsafePointer<UInt32>?, to new: UnsafePointer<UInt32>, pool: ThreadPool
  ) -> Int {
    // Counting sort of the changes by cluster: first how many each cluster has, then where each one goes.
    var starts = [Int](repeating: 0, count: clusters + 1)
    var moved = 0
    for row in 0..<vectors.count where old.map({ $0[row] != new[row] }) ?? true {
      moved += 1
      starts[Int(new[row]) + 1] += 1
      if let old { starts[Int(old[row]) + 1] += 1 }
    }
    for cluster in 0..<clusters { starts[cluster + 1] += starts[cluster] }
    guard moved > 0 else { return 0 }
    var next = Array(starts.dropLast())
    // A change is the row's number, its complement when the row leaves.
    let changes = [Int](unsafeUninitializedCapacity: starts[clusters]) { changes, count in
      for row in 0..<vectors.count where old.map({ $0[row] != new[row] }) ?? true {
        changes[next[Int(new[row])]] = row
        next[Int(new[row])] += 1
        if let old {
          changes[next[Int(old[row])]] = ~row
          next[Int(old[row])] += 1
        }
      }
      count = starts[clusters]
    }
    sums.withUnsafeMutableBufferPointer { sums in
      counts.withUnsafeMutableBufferPointer { counts in
        squares.withUnsafeMutableBufferPointer { squares in
          pool.run(tasks: clusters) { cluster in
            guard let sum = sums.baseAddress.map({ $0 + cluster * dimension }) else { return }
            for change in changes[starts[cluster]..<starts[cluster + 1]] {
              let joins = change >= 0
              let row = joins ? change : ~change
              semid_accumulate(sum, vectors.row(row), dimension, joins ? 1 : -1)
              counts[cluster] += joins ? 1 : -1
              squares[cluster] += joins ? rowSquares[row] : -rowSquares[row]
            }
          }
        }
      }
    }
    return moved
  }

  /// Σ|x − c|² over all rows for centroids `centroids`: the sums hold all that it needs.
  func error(_ centroids: UnsafeBufferPointer<Float>) -> Double {
    var total = 0.0
    for cluster in 0..<clusters {
      var product = 0.0
      var square = 0.0
      for column in cluster * dimension..<(cluster + 1) * dimension {
        let value = Double(centroids[column])
        product += sums[column] * value
        square += value * value
      }
      total += max(0, squares[cluster] + Double(counts[cluster]) * square - 2 * product)
    }
    return total
  }

  /// The mean of every cluster; an empty one takes half of the largest.
  ///
  /// - Parameter previous: K×d, kept where a cluster is empty and there is none to split.
  /// - Returns: the new centroids (K×d) and how many clusters were empty.
  func means(previous: Matrix) -> (centroids: Matrix, repaired: Int) {
    var counts = counts
    var repaired = 0
    let centroids = Matrix(rows: clusters, columns: dimension) { target in
      previous.withUnsafeBufferPointer { previous in
        for cluster in 0..<clusters {
          let inverse = counts[cluster] > 0 ? 1 / Double(counts[cluster]) : 0
          for column in cluster * dimension..<(cluster + 1) * dimension {
            target[column] = counts[cluster] > 0 ? Float(sums[column] * inverse) : previous[column]
          }
        }
      }
      for empty in 0..<clusters where counts[empty] == 0 {
        guard let largest = counts.indices.max(by: { counts[$0] < counts[$1] }), counts[largest] > 1 else { break }
        repaired += 1
        Self.split(target, largest, into: empty, dimension: dimension)
        counts[empty] = counts[largest] / 2
        counts[largest] -= counts[empty]
      }
    }
    return (centroids, repaired)
  }

  /// Puts a second centroid a thousandth beside one, along alternating signs, so that the next round parts its rows.
  /// The first stays in place, so that a cluster of equal rows, which nothing can part, keeps its exact mean.
  private static func split(
    _ centroids: UnsafeMutableBufferPointer<Float>, _ source: Int, into target: Int, dimension: Int
  ) {
    for column in 0..<dimension {
      let shift: Float = column % 2 == 0 ? 0x1p-10 : -0x1p-10
      centroids[target * dimension + column] = centroids[source * dimension + column] * (1 + shift)
    }
  }
}
