import Foundation
import Vectors

/// The nearest items of each item, itself first: exact, ties in the order of the rows.
struct AtlasNeighbors: Sendable {
  struct Found: Sendable {
    /// `width` rows for each item.
    var rows: [Int32]
    var distances: Matrix
    var width: Int { distances.columns }
  }

  private let exact: ExactNeighbors
  private let k: Int
  private let metric: Metric

  /// - Parameters:
  ///   - k: neighbors besides the item itself, fewer than there are rows.
  ///   - metric: `cosine` has one minus the cosine for a distance; `l2` the Euclidean one.
  init(_ vectors: Matrix, k: Int, metric: Metric, pool: ThreadPool) {
    exact = ExactNeighbors(metric == .cosine ? vectors.withUnitRows(pool: pool) : vectors, k: k, pool: pool)
    self.k = k
    self.metric = metric
  }

  func find(_ items: Range<Int>, pool: ThreadPool, progress: @Sendable (Int) -> Void) -> Found {
    let width = k + 1
    var rows = [Int32](repeating: 0, count: items.count * width)
    let wanted = Array(items)
    let distances = Matrix(rows: items.count, columns: width) { distances in
      rows.withUnsafeMutableBufferPointer { rows in
        pool.run(over: wanted.count, inPiecesOf: ExactNeighbors.block) { range in
          exact.neighbors(of: wanted[range]) { place, found in
            rows[place * width] = Int32(wanted[place])
            distances[place * width] = 0
            for (number, neighbor) in found.prefix(k).enumerated() {
              rows[place * width + number + 1] = Int32(neighbor.row)
              distances[place * width + number + 1] = Float(
                metric == .cosine ? neighbor.distance / 2 : neighbor.distance.squareRoot())
            }
          }
          progress(range.count)
        }
      }
    }
    return Found(rows: rows, distances: distances)
  }
}
