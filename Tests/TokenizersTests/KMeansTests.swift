import Testing
import Vectors

@testable import Clustering
@testable import Tokenizers

@Suite struct KMeansTests {
  static func working(_ matrix: Matrix) -> WorkingVectors {
    let working = WorkingVectors(count: matrix.rows, dimension: matrix.columns)
    matrix.withUnsafeBufferPointer { working.rows.update(from: $0.baseAddress.unsafelyUnwrapped, count: $0.count) }
    working.round(0..<matrix.rows)
    return working
  }

  static func run(
    _ matrix: Matrix, _ clusters: Int, threads: Int = 2, _ change: (inout KMeansOptions) -> Void = { _ in }
  ) -> KMeans.Result {
    var options = KMeansOptions()
    change(&options)
    return KMeans(options: options, pool: ThreadPool(threads: threads))
      .run(working(matrix), clusters: clusters, stream: 0) { _, _, _ in }
  }

  @Test(arguments: KMeansOptions.Start.allCases) func separatedGroupsAreFoundExactly(_ start: KMeansOptions.Start) {
    // Three groups of two points: the means are known.
    let points = Matrix(rows: 6, columns: 2, values: [0, 0, 0, 2, 10, 0, 10, 2, 50, 50, 52, 50])
    let result = Self.run(points, 3) {
      $0.start = start
      $0.restarts = 8
      $0.tolerance = 0
    }
    let centroids = (0..<3).map { result.centroids.row($0) }.sorted { $0[0] < $1[0] }
    #expect(centroids == [[0, 1], [10, 1], [51, 50]])
    #expect(abs(result.error - 6) < 1e-9)
  }

  @Test(arguments: KMeansOptions.Start.allCases) func asManyClustersAsPointsLeaveNoError(_ start: KMeansOptions.Start) {
    let points = Synthetic.clusters(rows: 40, columns: 7, centers: 5, seed: 1)
    let result = Self.run(points, 40) { $0.start = start }
    #expect(result.error < 1e-6)
    #expect(Set(result.assignment).count == 40)
  }

  @Test(arguments: KMeansOptions.Start.allCases) func theErrorNeverRisesAndIsTheTrueOne(_ start: KMeansOptions.Start) {
    let points = Synthetic.clusters(rows: 1500, columns: 40, centers: 30, seed: 2)
    let result = Self.run(points, 64) {
      $0.start = start
      $0.tolerance = 0
    }
    #expect(zip(result.history, result.history.dropFirst()).allSatisfy { $1 <= $0 * (1 + 1e-6) })
    var error = 0.0
    for row in 0..<points.rows {
      let point = points.row(row)
      let distances = (0..<64).map { k in
        zip(point, result.centroids.row(k)).reduce(0.0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }
      }
      error += distances[Int(result.assignment[row])]
      #expect(distances[Int(result.assignment[row])] <= (distances.min() ?? 0) * (1 + 1e-5))
    }
    #expect(abs(error - result.error) < 1e-4 * error)
  }

  @Test func clustersThatRunEmptyTakeHalfOfTheLargest() {
    // Two equal seeds: the second of them is never the nearest, so it is empty after the first round.
    let points = Synthetic.clusters(rows: 400, columns: 20, centers: 2, seed: 3)
    let working = Self.working(points)
    let seeds = Matrix(
      rows: 4, columns: 20,
      values: points.row(0) + points.row(0) + [Float](repeating: 100, count: 20) + points.row(1))
    let lloyd = Lloyd(working, centroids: seeds, pool: ThreadPool(threads: 2))
    let first = lloyd.round()
    #expect(first.repaired == 2)
    for _ in 0..<10 { _ = lloyd.round() }
    _ = lloyd.round(last: true)
    #expect(Set(lloyd.assignment) == [0, 1, 2, 3])
  }

  @Test func equalPointsAreNoTrouble() {
    let points = Matrix(rows: 50, columns: 3, values: [Float](repeating: 2.5, count: 150))
    for start in KMeansOptions.Start.allCases {
      let result = Self.run(points, 8) { $0.start = start }
      #expect(result.error < 1e-6)
      #expect(result.centroids.values.array.allSatisfy { $0.isFinite })
    }
  }

  @Test func theBestOfTheRestartsIsKept() {
    let points = Synthetic.clusters(rows: 600, columns: 10, centers: 25, seed: 4)
    let one = (0..<1).map { _ in Self.run(points, 25) { $0.start = .random } }.map(\.error)
    let five = Self.run(points, 25) {
      $0.start = .random
      $0.restarts = 5
    }
    #expect(five.error <= one[0])
  }

  @Test func neighborsShareAPanelAndNothingIsLost() {
    let centroids = Synthetic.clusters(rows: 100, columns: 12, centers: 7, spread: 0.01, seed: 5)
    let sorted = CentroidOrder.sorted(centroids, pool: ThreadPool(threads: 3))
    let rows = { (matrix: Matrix) in (0..<matrix.rows).map { matrix.row($0) } }
    #expect(Set(rows(sorted)) == Set(rows(centroids)))
    let spread = { (matrix: Matrix) in
      stride(from: 0, to: 96, by: 16).reduce(0.0) { sum, first in
        sum
          + (first + 1..<first + 16).reduce(0.0) { inner, row in
            inner + zip(matrix.row(first), matrix.row(row)).reduce(0.0) { $0 + Double(abs($1.0 - $1.1)) }
          }
      }
    }
    #expect(spread(sorted) < 0.6 * spread(centroids))
  }
}

/// The default start against the best of many, on vectors of few dimensions and of tight clusters.
@Suite("Starts that suit the dimension") struct StartTrialTests {
  /// The squared error of k-means on `vectors` with the default start, as a share of what `reference` says.
  private static func error(_ vectors: Matrix, _ clusters: Int, _ change: (inout KMeansOptions) -> Void = { _ in })
    -> Double
  {
    KMeansTests.run(vectors, clusters, change).error / Double(vectors.rows)
  }

  private static func normals(_ rows: Int, _ columns: Int, seed: UInt64) -> Matrix {
    var random = CounterRandom(seed: seed)
    return Matrix(rows: rows, columns: columns, values: (0..<rows * columns).map { _ in Float(random.normals().0) })
  }

  /// On a line the optimum is known: by dynamic programming over the sorted values.
  private static func optimum(_ values: [Double], _ clusters: Int) -> Double {
    let sorted = values.sorted()
    var (sums, squares) = ([0.0], [0.0])
    for value in sorted {
      sums.append((sums.last ?? 0) + value)
      squares.append((squares.last ?? 0) + value * value)
    }
    func cost(_ from: Int, _ to: Int) -> Double {
      let sum = sums[to] - sums[from]
      return max(0, squares[to] - squares[from] - sum * sum / Double(to - from))
    }
    var best = [Double](repeating: .infinity, count: sorted.count + 1)
    best[0] = 0
    for _ in 0..<clusters {
      var next = [Double](repeating: .infinity, count: sorted.count + 1)
      next[0] = 0
      // The cut never moves left as the end moves right.
      func solve(_ low: Int, _ high: Int, _ first: Int, _ last: Int) {
        guard low <= high else { return }
        let middle = (low + high) / 2
        var cut = first
        for from in first...min(last, middle - 1) where best[from] + cost(from, middle) < next[middle] {
          next[middle] = best[from] + cost(from, middle)
          cut = from
        }
        solve(low, middle - 1, first, cut)
        solve(middle + 1, high, cut, last)
      }
      solve(1, sorted.count, 0, sorted.count - 1)
      best = next
    }
    return best[sorted.count]
  }

  @Test func aLineIsCutAtTheOptimum() {
    let vectors = Self.normals(1500, 1, seed: 91)
    let optimum = Self.optimum(vectors.values.array.map(Double.init), 48) / 1500
    let found = Self.error(vectors, 48)
    #expect(abs(found / optimum - 1) < 1e-3, "\(found / optimum)")
    // What the start was before, drawn in whatever the dimension.
    #expect(Self.error(vectors, 48) { $0.start = .kMeansParallel } > optimum * 1.1)
  }

  /// Equal values and as many centroids as values, too.
  @Test func aLineOfFewValues() {
    let vectors = Matrix(rows: 12, columns: 1, values: [5, 5, 5, 1, 1, 9, 9, 9, 9, 2, 2, 2])
    for (clusters, error) in [(1, 122.917), (2, 22.875), (3, 1.2), (4, 0), (12, 0)] {
      let result = KMeansTests.run(vectors, clusters)
      #expect(result.error < error + 1e-2 && result.centroids.rows == clusters, "\(clusters): \(result.error)")
    }
  }

  @Test(arguments: [2, 4]) func fewDimensionsAreAsGoodAsTheBestOfTen(_ columns: Int) {
    let vectors = Self.normals(1500, columns, seed: 92)
    let best = Self.error(vectors, 48) {
      $0.start = .kMeansPlusPlus
      $0.seedReach = 1
      $0.restarts = 10
      $0.iterations = 100
    }
    let found = Self.error(vectors, 48)
    #expect(found <= best * 1.02, "\(found / best)")
  }

  /// Clusters that no centroid came to are found: their error would show many times over.
  @Test func tightClustersAreAllFound() {
    let vectors = Synthetic.clusters(rows: 1600, columns: 16, centers: 64, spread: 0.05, seed: 93)
    let found = Self.error(vectors, 64)
    #expect(found < 16 * 0.05 * 0.05 * 1.02, "\(found)")
  }

  @Test func theUsualStartIsKeptWhereItIsBest() {
    let vectors = Synthetic.clusters(rows: 1200, columns: 160, centers: 30, spread: 0.6, seed: 41)
    let usual = KMeansTests.run(vectors, 64) { $0.start = .kMeansParallel }
    #expect(KMeansTests.run(vectors, 64).centroids.values.array == usual.centroids.values.array)
  }

  @Test func theSameBitsForAnyThreads() {
    for columns in [1, 3, 24] {
      let vectors = Synthetic.clusters(rows: 900, columns: columns, centers: 40, spread: 0.1, seed: 94)
      let one = KMeansTests.run(vectors, 32, threads: 1)
      let three = KMeansTests.run(vectors, 32, threads: 3)
      #expect(one.centroids.values.array == three.centroids.values.array && one.error == three.error)
    }
  }

  /// The next nearest of every row and what it would lose, by all distances.
  @Test func whatARowWouldLoseIsWhatDistancesSay() {
    let vectors = Self.normals(200, 5, seed: 95)
    let centroids = Self.normals(37, 5, seed: 96)
    let rows = NearestRows(KMeansTests.working(vectors), centroids, findsNext: true, pool: ThreadPool(threads: 2))
    var total = 0.0
    for row in 0..<200 {
      let distances = (0..<37).map { k in
        zip(vectors.row(row), centroids.row(k)).reduce(0.0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }
      }
      let order = distances.indices.sorted { distances[$0] < distances[$1] }
      total += distances[order[0]]
      #expect(Int(rows.nearest[row]) == order[0])
      #expect(abs(Double(rows.losses[row]) - (distances[order[1]] - distances[order[0]])) < 1e-2)
      #expect(distances[Int(rows.next[row])] - distances[order[1]] < 1e-2)
    }
    #expect(abs(rows.error - total) < 1e-4 * total)
  }
}
