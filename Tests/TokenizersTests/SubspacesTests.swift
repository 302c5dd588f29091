import Testing
import Vectors

@testable import Clustering
@testable import Tokenizers

@Suite("Levels of subspaces") struct SubspacesTests {
  static func working(_ vectors: Matrix) -> WorkingVectors {
    let working = WorkingVectors(count: vectors.rows, dimension: vectors.columns)
    vectors.withUnsafeBufferPointer { values in
      for index in values.indices { working.rows[index] = values[index] }
    }
    return working
  }

  @Test func theBasesAreARotation() throws {
    let vectors = Self.working(Synthetic.clusters(rows: 3000, columns: 70, centers: 40, seed: 81))
    let subspaces = try #require(Subspaces(vectors, count: 3, pool: ThreadPool(threads: 2)))
    #expect(subspaces.bases.map(\.rows) == [24, 23, 23])
    let axes = subspaces.bases.flatMap { basis in (0..<basis.rows).map { basis.row($0) } }
    for first in axes.indices {
      for second in axes.indices {
        let product = zip(axes[first], axes[second]).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
        #expect(abs(product - (first == second ? 1 : 0)) < 1e-5)
      }
    }
    // Projections hold all that there is, and come back.
    var total = 0.0
    for subspace in 0..<3 {
      let projected = subspaces.projected(vectors, onto: subspace, ThreadPool(threads: 2))
      total += projected.sumOfSquares(ThreadPool(threads: 1))
    }
    let squares = vectors.sumOfSquares(ThreadPool(threads: 1))
    #expect(abs(total - squares) < 1e-5 * squares)
  }

  @Test func axesAreDealtOutByTheProductOfTheirVariances() {
    #expect(Subspaces.dealtOut([8, 4, 2, 1], into: 2) == [[0, 3], [1, 2]])
    #expect(Subspaces.dealtOut([0, 0, 5], into: 2).map(\.count) == [2, 1])
    #expect(Subspaces.dealtOut([1e-30, 1e-20, 1], into: 3).map(\.count) == [1, 1, 1])
  }

  @Test func levelsAreOrthogonalAndTheReportIsRight() throws {
    let vectors = Synthetic.clusters(rows: 2000, columns: 24, centers: 50, spread: 0.8, seed: 82)
    let options = RQKMeansTests.options([16, 32, 20]) { $0.subspaceLevels = 2 }
    let one = try RQKMeans.train(vectors, options: options, pool: ThreadPool(threads: 1))
    let many = try RQKMeans.train(vectors, options: options, pool: ThreadPool(threads: 4))
    #expect(one.model.fingerprint == many.model.fingerprint)
    let levels = one.model.codebooks.levels
    for first in 0..<32 {
      for second in 0..<20 {
        let (a, b) = (levels[1].row(first), levels[2].row(second))
        let product = zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
        #expect(abs(product) < 1e-4)
      }
    }
    let codes = try one.model.encode(vectors)
    let error = BeamSearchTests.costs(vectors, codes, one.model).reduce(0, +) / 2000
    #expect(abs(one.report.levels[2].squaredErrorPerItem - error) < 1e-3 * error)
    #expect(one.report.levels.map(\.relativeError) == one.report.levels.map(\.relativeError).sorted(by: >))
  }

  @Test func allLevelsMayBeSubspacesOfVectorsAwayFromTheOrigin() throws {
    let centered = Synthetic.clusters(rows: 1000, columns: 10, centers: 20, seed: 83)
    let vectors = Matrix(rows: 1000, columns: 10, values: centered.values.array.map { $0 + 5 })
    let options = RQKMeansTests.options([32, 32]) { $0.subspaceLevels = 2 }
    let (model, report) = try RQKMeans.train(vectors, options: options)
    let error = BeamSearchTests.costs(vectors, try model.encode(vectors), model).reduce(0, +) / 1000
    #expect(abs(report.levels[1].squaredErrorPerItem - error) < 1e-3 * error)
    #expect(report.levels[1].relativeError < 0.3)
    for (levels, columns) in [(3, 10), (2, 1)] {
      #expect(throws: InputError.self) {
        try RQKMeans.train(
          Synthetic.clusters(rows: 100, columns: columns, centers: 5, seed: 84),
          options: RQKMeansTests.options([8, 8]) { $0.subspaceLevels = levels })
      }
    }
  }
}
