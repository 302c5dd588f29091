import CKernels
import Vectors

/// Lloyd's rounds: assign every row to its nearest centroid, move every centroid to the mean of its rows.
///
/// Exact except for rounding: the bounds only pass over centroids that cannot be the nearest.
final class Lloyd {
  struct Round: Sendable {
    /// Σ|x − c|² of the assignment, before the centroids moved.
    var error: Double
    /// Rows that changed cluster.
    var moved: Int
    /// Empty clusters that were given half of the largest.
    var repaired: Int
    /// The share of row–panel pairs that the bounds did not pass over.
    var computed: Double
  }

  /// Rows per task of the assignment.
  private static let piece = 240

  private let vectors: WorkingVectors
  private let pool: ThreadPool
  private(set) var centroids: Matrix
  private(set) var assignment: [UInt32]
  private var sums: ClusterSums
  private var bounds: [Float]
  private var drift: [Float]
  private var assigned = false

  init(_ vectors: WorkingVectors, centroids: Matrix, pool: ThreadPool) {
    self.vectors = vectors
    self.pool = pool
    self.centroids = centroids
    assignment = Array(repeating: 0, count: vectors.count)
    sums = ClusterSums(vectors, clusters: centroids.rows, pool: pool)
    // Bounds pay while they are small beside the rows; a codebook of many panels does without.
    let panels = semid_panels(centroids.rows)
    let bounded = panels > 1 && panels * 2 <= vectors.dimension
    bounds = Array(repeating: 0, count: bounded ? panels * vectors.count : 0)
    drift = Array(repeating: 0, count: panels)
  }

  /// Assigns, then moves the centroids unless `last`.
  func round(last: Bool = false) -> Round {
    let previous = assignment
    let computed = assign()
    let moved = assignment.withUnsafeBufferPointer { new in
      previous.withUnsafeBufferPointer { old in
        new.baseAddress.map {
          sums.update(vectors, from: assigned ? old.baseAddress : nil, to: $0, pool: pool)
        } ?? 0
      }
    }
    assigned = true
    let error = centroids.withUnsafeBufferPointer { sums.error($0) }
    let pairs = max(1, vectors.count * semid_panels(centroids.rows))
    var round = Round(error: error, moved: moved, repaired: 0, computed: Double(computed) / Double(pairs))
    guard !last else { return round }
    let (means, repaired) = sums.means(previous: centroids)
    round.repaired = repaired
    measureDrift(from: centroids, to: means)
    centroids = means
    return round
  }

  private func assign() -> Int {
    let book = PackedCodebook(centroids)
    let pieces = (vectors.count + Self.piece - 1) / Self.piece
    var computed = [Int](repeating: 0, count: pieces)
    assignment.withUnsafeMutableBufferPointer { assignment in
      bounds.withUnsafeMutableBufferPointer { bounds in
        drift.withUnsafeBufferPointer { drift in
          computed.withUnsafeMutableBufferPointer { computed in
            guard let assignment = assignment.baseAddress else { return }
            pool.run(over: vectors.count, inPiecesOf: Self.piece) { range in
              computed[range.lowerBound / Self.piece] = book.nearest(
                vectors, range, assignment, bounds: bounds.isEmpty ? nil : bounds.baseAddress,
                drift: drift.baseAddress)
            }
          }
        }
      }
    }
    return computed.reduce(0, +)
  }

  /// How far the farthest-moving centroid of each panel went, rounded up.
  private func measureDrift(from old: Matrix, to new: Matrix) {
    let d = old.columns
    old.withUnsafeBufferPointer { old in
      new.withUnsafeBufferPointer { new in
        guard let old = old.baseAddress, let new = new.baseAddress else { return }
        for panel in drift.indices {
          drift[panel] = 0
          for centroid in panel * Int(SEMID_PANEL)..<min(centroids.rows, (panel + 1) * Int(SEMID_PANEL)) {
            var square: Float = 0
            semid_l2_rows(old + centroid * d, new + centroid * d, d, 1, &square)
            drift[panel] = max(drift[panel], square.squareRoot() * 1.0001)
          }
        }
      }
    }
  }
}
