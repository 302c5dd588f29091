import Vectors

/// The best centroids for vectors of one number. On a line, clusters are intervals of the sorted values, and dynamic
/// programming finds the cuts of least error (Wang and Song 2011). It halves ranges of cuts, since the best cut never
/// moves left as the end moves right. O(K · M log M) for M places where a cut may be.
struct LineStart {
  /// Past so many centroids the table of cuts is too large.
  static let mostClusters = 1024
  /// K · M at most.
  private static let work = 1 << 22

  /// Σx and Σx² of the sorted values before each place for a cut, and their number.
  private let sums: [Double]
  private let squares: [Double]
  private let counts: [Int]
  private let center: Double

  /// - Parameters:
  ///   - vectors: N×1.
  ///   - clusters: at most `mostClusters`, and at most N.
  init(_ vectors: WorkingVectors, clusters: Int) {
    let sorted = vectors.buffer(0..<vectors.count).sorted()
    // Of very many values every second, third … place alone; the error of a cut stays exact.
    let places = max(clusters, Self.work / clusters)
    let step = (sorted.count + places - 1) / places
    // Centered, so that squares keep their digits.
    let center = Double(sorted[sorted.count / 2])
    var (sums, squares, counts) = ([0.0], [0.0], [0])
    var (sum, square) = (0.0, 0.0)
    for (index, value) in sorted.enumerated() {
      let value = Double(value) - center
      sum += value
      square += value * value
      guard (index + 1) % step == 0 || index + 1 == sorted.count else { continue }
      sums.append(sum)
      squares.append(square)
      counts.append(index + 1)
    }
    self.sums = sums
    self.squares = squares
    self.counts = counts
    self.center = center
  }

  /// K×1, ascending; K at most the number of places.
  func centroids(_ clusters: Int) -> Matrix {
    let places = counts.count - 1
    let clusters = min(clusters, places)
    // best[m]: the least error of the first m places in as many clusters as there were rounds.
    var best = (0...places).map { $0 == 0 ? 0 : cost(0, $0) }
    var cuts = [[Int32]](repeating: [], count: clusters)
    for round in 1..<max(1, clusters) {
      var next = [Double](repeating: .infinity, count: places + 1)
      var cut = [Int32](repeating: 0, count: places + 1)
      // Ends not settled yet, and between which cuts theirs are.
      var open = [(low: round + 1, high: places, first: round, last: places - 1)]
      while let part = open.popLast() {
        guard part.low <= part.high else { continue }
        let middle = (part.low + part.high) / 2
        var chosen = part.first
        for place in part.first...max(part.first, min(part.last, middle - 1)) {
          let error = best[place] + cost(place, middle)
          if error < next[middle] { (next[middle], chosen) = (error, place) }
        }
        cut[middle] = Int32(truncatingIfNeeded: chosen)
        open.append((part.low, middle - 1, part.first, chosen))
        open.append((middle + 1, part.high, chosen, part.last))
      }
      best = next
      cuts[round] = cut
    }
    var ends = [places]
    for round in stride(from: clusters - 1, to: 0, by: -1) { ends.append(Int(cuts[round][ends[ends.count - 1]])) }
    ends.append(0)
    ends.reverse()
    return Matrix(
      rows: clusters, columns: 1,
      values: zip(ends, ends.dropFirst()).map { from, to in
        Float((sums[to] - sums[from]) / Double(counts[to] - counts[from]) + center)
      })
  }

  /// Σ(x − mean)² of the values between two places.
  private func cost(_ from: Int, _ to: Int) -> Double {
    let sum = sums[to] - sums[from]
    return max(0, squares[to] - squares[from] - sum * sum / Double(counts[to] - counts[from]))
  }
}
