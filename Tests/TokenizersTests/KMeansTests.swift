import Testing
import Vectors

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
    let points = Synthetic.clusters(rows: 40, columns: 7, centres: 5, seed: 1)
    let result = Self.run(points, 40) { $0.start = start }
    #expect(result.error < 1e-6)
    #expect(Set(result.assignment).count == 40)
  }

  @Test(arguments: KMeansOptions.Start.allCases) func theErrorNeverRisesAndIsTheTrueOne(_ start: KMeansOptions.Start) {
    let points = Synthetic.clusters(rows: 1500, columns: 40, centres: 30, seed: 2)
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
    let points = Synthetic.clusters(rows: 400, columns: 20, centres: 2, seed: 3)
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
    let points = Synthetic.clusters(rows: 600, columns: 10, centres: 25, seed: 4)
    let one = (0..<1).map { _ in Self.run(points, 25) { $0.start = .random } }.map(\.error)
    let five = Self.run(points, 25) {
      $0.start = .random
      $0.restarts = 5
    }
    #expect(five.error <= one[0])
  }

  @Test func neighboursShareAPanelAndNothingIsLost() {
    let centroids = Synthetic.clusters(rows: 100, columns: 12, centres: 7, spread: 0.01, seed: 5)
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
