import Vectors

/// Moves many centroids at a time from where they are of little use to where the error is. Lloyd's rounds cannot do
/// that, since they only move a centroid among its own rows ("breathing k-means"; Fritzke 2020).
///
/// The use of a centroid is what its rows would lose to their next nearest centroid. A move takes the centroids of
/// least use, no two of them neighbors, to rows of the clusters with the largest error. A few rounds settle it, and it
/// is kept when the error is lower. Moves that gain little are followed by smaller ones.
struct CentroidSwaps {
  /// Centroids after some of Lloyd's rounds, and their error on the rows.
  struct Settled {
    var centroids: Matrix
    var error: Double
  }

  /// Rounds after a move.
  private static let rounds = 2
  /// The most moves.
  private static let moves = 24
  /// A move that lowers the error by less than this share of it halves the size of the next.
  private static let little = 2e-3

  private let vectors: WorkingVectors
  private var random: CounterRandom
  private let pool: ThreadPool

  /// - Parameter vectors: N ≥ K rows, rounded.
  init(_ vectors: WorkingVectors, random: CounterRandom, pool: ThreadPool) {
    self.vectors = vectors
    self.random = random
    self.pool = pool
  }

  func settled(_ centroids: Matrix, rounds: Int) -> Settled {
    let lloyd = Lloyd(vectors, centroids: centroids, pool: pool)
    for _ in 0..<rounds { _ = lloyd.round() }
    return Settled(centroids: lloyd.centroids, error: lloyd.round(last: true).error)
  }

  /// - Parameter isWorthwhile: asked after the first move, which is the last unless it was.
  mutating func improved(_ start: Settled, isWorthwhile: (Settled) -> Bool) -> Settled {
    var best = start
    var size = start.centroids.rows / 8
    var rows = NearestRows(vectors, best.centroids, findsNext: true, pool: pool)
    for move in 0..<Self.moves where size > 0 {
      guard let moved = moved(best.centroids, rows, size) else { break }
      let next = settled(moved, rounds: Self.rounds)
      let gain = best.error > 0 ? (best.error - next.error) / best.error : 0
      if move == 0, !isWorthwhile(next) { break }
      if gain < Self.little { size /= 2 }
      guard gain > 0 else { continue }
      best = next
      if size > 0 { rows = NearestRows(vectors, best.centroids, findsNext: true, pool: pool) }
    }
    return best
  }

  /// Centroids of which up to `size` were moved; nil when no move promises anything.
  private mutating func moved(_ centroids: Matrix, _ rows: NearestRows, _ size: Int) -> Matrix? {
    let clusters = centroids.rows
    var errors = [Double](repeating: 0, count: clusters)
    var uses = [Double](repeating: 0, count: clusters)
    for row in rows.nearest.indices {
      errors[Int(rows.nearest[row])] += Double(rows.distances[row])
      uses[Int(rows.nearest[row])] += Double(rows.losses[row])
    }
    let pairs = pairs(errors, uses, rows, size)
    guard !pairs.isEmpty else { return nil }
    let targets = drawnRows(pairs.map(\.worst), errors, rows)
    let d = centroids.columns
    return Matrix(rows: clusters, columns: d) { values in
      centroids.withUnsafeBufferPointer { _ = values.update(fromContentsOf: $0) }
      guard let values = values.baseAddress else { return }
      for (pair, row) in zip(pairs, targets) {
        (values + pair.useless * d).update(from: vectors.row(row), count: d)
      }
    }
  }

  /// Clusters with the largest errors, each with a centroid of least use that is to help it.
  private func pairs(
    _ errors: [Double], _ uses: [Double], _ rows: NearestRows, _ size: Int
  ) -> [(worst: Int, useless: Int)] {
    let worst = errors.indices.sorted { (errors[$1], $0) < (errors[$0], $1) }.prefix(size)
    let isWorst = Set(worst)
    // Neither a cluster that gets help, nor the neighbor of one that goes, which has to take its rows.
    let neighbors = neighbors(rows, errors.count)
    var isKept = errors.indices.map { isWorst.contains($0) }
    var candidates = uses.indices.sorted { (uses[$0], $0) < (uses[$1], $1) }[...]
    var pairs: [(worst: Int, useless: Int)] = []
    for cluster in worst {
      candidates = candidates.drop { isKept[$0] }
      guard let useless = candidates.popFirst(), uses[useless] < 0.75 * errors[cluster] else { break }
      pairs.append((cluster, useless))
      if let neighbor = neighbors[useless] { isKept[neighbor] = true }
    }
    return pairs
  }

  /// For each cluster the one that most of its rows have next nearest; nil for one without rows.
  private func neighbors(_ rows: NearestRows, _ clusters: Int) -> [Int?] {
    var counts = [[UInt32: Int]](repeating: [:], count: clusters)
    // Scores that overflow name no cluster.
    for row in rows.nearest.indices where Int(rows.next[row]) < clusters {
      counts[Int(rows.nearest[row])][rows.next[row], default: 0] += 1
    }
    return counts.map { $0.max { ($0.value, $1.key) < ($1.value, $0.key) }.map { Int($0.key) } }
  }

  /// A row of each of these clusters, drawn in proportion to its squared distance.
  private mutating func drawnRows(_ clusters: [Int], _ errors: [Double], _ rows: NearestRows) -> [Int] {
    var targets = [Double](repeating: -1, count: errors.count)
    for cluster in clusters { targets[cluster] = random.uniform() * errors[cluster] }
    var drawn = [Int](repeating: -1, count: errors.count)
    for row in rows.nearest.indices {
      let cluster = Int(rows.nearest[row])
      guard targets[cluster] >= 0 else { continue }
      targets[cluster] -= Double(rows.distances[row])
      // The last row with a distance stands in for what rounding leaves over.
      if rows.distances[row] > 0 || drawn[cluster] < 0 { drawn[cluster] = row }
    }
    return clusters.map { max(0, drawn[$0]) }
  }
}
