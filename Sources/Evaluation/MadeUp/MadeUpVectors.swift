import Formats
import Foundation
package import Vectors

/// Vectors for measurements without data: normal clouds around centers, which are themselves drawn around fewer
/// centers, with weights as uneven as those of real items. The same on every machine, for any number of threads.
package struct MadeUpVectors: Hashable, Sendable {
  package var dimension: Int
  package var seed: UInt64
  /// Number of groups, and of clusters in each group.
  package var groups = 64
  package var clustersPerGroup = 64
  /// Standard deviations of the clusters of a group, and of the vectors of a cluster; that of groups is 1.
  package var clusterSpread: Float = 0.5
  package var spread: Float = 0.25

  package init(dimension: Int = 32, seed: UInt64 = 1) {
    self.dimension = dimension
    self.seed = seed
  }

  /// Vectors `range` of an endless sequence.
  package func vectors(_ range: Range<Int>, pool: ThreadPool = ThreadPool()) -> Matrix {
    let centers = centers()
    return Matrix(rows: range.count, columns: dimension) { target in
      guard let base = target.baseAddress else { return }
      pool.run(over: range.count, inPiecesOf: 1024) { piece in
        for row in piece {
          var random = CounterRandom(seed: seed, stream: UInt64(range.lowerBound + row) + 2)
          // The square makes clusters with low numbers heavier: the first tenth of them holds a third of the rows.
          let share = random.uniform()
          let cluster = Int(share * share * Double(groups * clustersPerGroup))
          fill(base + row * dimension, &random) { centers[cluster * dimension + $0] + spread * $1 }
        }
      }
    }
  }

  /// Writes `count` vectors as `.npy` in pieces, so that memory does not grow with them.
  package func write(_ count: Int, to path: String, pool: ThreadPool = ThreadPool(), progress: (Int) -> Void) throws {
    try NPY.stream(Float.self, columns: dimension, to: path) { rows in
      for start in stride(from: 0, to: count, by: 1 << 16) {
        let piece = vectors(start..<min(count, start + 1 << 16), pool: pool)
        try piece.withUnsafeBufferPointer { try rows.append($0) }
        progress(start + piece.rows)
      }
    }
  }

  private func centers() -> [Float] {
    var centers = [Float](repeating: 0, count: groups * clustersPerGroup * dimension)
    centers.withUnsafeMutableBufferPointer { centers in
      guard let base = centers.baseAddress else { return }
      var random = CounterRandom(seed: seed, stream: 0)
      var around = CounterRandom(seed: seed, stream: 1)
      var group = [Float](repeating: 0, count: dimension)
      for number in 0..<groups {
        group.withUnsafeMutableBufferPointer { group in
          if let start = group.baseAddress { fill(start, &random) { $1 } }
        }
        for cluster in 0..<clustersPerGroup {
          fill(base + (number * clustersPerGroup + cluster) * dimension, &around) { group[$0] + clusterSpread * $1 }
        }
      }
    }
    return centers
  }

  private func fill(
    _ target: UnsafeMutablePointer<Float>, _ random: inout CounterRandom, _ value: (Int, Float) -> Float
  ) {
    for column in stride(from: 0, to: dimension, by: 2) {
      let (a, b) = random.normals()
      target[column] = value(column, Float(a))
      if column + 1 < dimension { target[column + 1] = value(column + 1, Float(b)) }
    }
  }
}
