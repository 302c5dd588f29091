import Foundation
import Testing
import Vectors

@testable import Evaluation

@Suite struct CatalogueMapTests {
  /// Groups of normals around corners that are far apart.
  private func groups(_ count: Int, of size: Int, _ columns: Int, seed: UInt64) -> Matrix {
    var random = CounterRandom(seed: seed)
    let corners = (0..<count).map { _ in (0..<columns).map { _ in 6 * random.normals().0 } }
    return Matrix(
      rows: count * size, columns: columns,
      values: (0..<count * size).flatMap { row in corners[row % count].map { Float($0 + random.normals().0) } })
  }

  @Test(arguments: [5, 40, 300]) func axesAreThoseOfTheCovariance(columns: Int) throws {
    // Each column varies less than the one before; then all are turned into each other.
    var random = CounterRandom(seed: 3)
    let rows = 700
    let turn = (0..<columns * columns).map { _ in random.normals().0 / Double(columns).squareRoot() }
    let plain = (0..<rows).map { _ in (0..<columns).map { 10 / Double($0 + 1) * random.normals().0 + 3 } }
    let values = plain.flatMap { row in
      (0..<columns).map { column in
        Float((0..<columns).reduce(0) { $0 + row[$1] * turn[$1 * columns + column] })
      }
    }
    let x = Matrix(rows: rows, columns: columns, values: values)
    let found = PrincipalComponents(x, count: 3, seed: 1, pool: ThreadPool(threads: 2))
    var mean = [Double](repeating: 0, count: columns)
    for row in 0..<rows { for column in 0..<columns { mean[column] += Double(x[row, column]) / Double(rows) } }
    var covariance = [Double](repeating: 0, count: columns * columns)
    for row in 0..<rows {
      let centered = (0..<columns).map { Double(x[row, $0]) - mean[$0] }
      for a in 0..<columns {
        for b in 0..<columns { covariance[a * columns + b] += centered[a] * centered[b] / Double(rows) }
      }
    }
    let (values2, vectors) = try #require(BLAS.symmetricEigen(covariance, n: columns))
    for axis in 0..<3 {
      let place = columns - 1 - axis
      #expect(abs(found.variances[axis] / values2[place] - 1) < 1e-4)
      let own = found.axes.row(axis).map(Double.init)
      let product = zip(own, vectors[place * columns..<(place + 1) * columns]).reduce(0) { $0 + $1.0 * $1.1 }
      #expect(abs(abs(product) - 1) < 1e-4, "axis \(axis): \(product)")
      #expect((own.max { abs($0) < abs($1) } ?? 0) > 0)
    }
    let projected = found.project(x, pool: ThreadPool(threads: 2))
    for row in [0, 17, 699] {
      let expected = (0..<columns).reduce(0) {
        $0 + (Double(x[row, $1]) - mean[$1]) * Double(found.axes[1, $1])
      }
      #expect(abs(Double(projected[row, 1]) - expected) < 1e-3)
    }
  }

  @Test func neighborsStayTogetherAndGroupsComeApart() {
    let x = groups(6, of: 100, 24, seed: 5)
    let map = CatalogueMap(x, pool: ThreadPool(threads: 2))
    #expect(map.laidOut == 600 && map.rows == Array(0..<600))
    var same = 0
    for a in 0..<600 {
      let nearest = (0..<600).filter { $0 != a }.min { first, second in
        distance(map, a, first) < distance(map, a, second)
      }
      if (nearest ?? 0) % 6 == a % 6 { same += 1 }
    }
    #expect(same >= 594, "\(same) of 600 have a neighbor of their group")
    // Most of a group lies nearer to its own middle than to any other.
    let middles = (0..<6).map { group in
      let rows = (0..<100).map { $0 * 6 + group }
      return (rows.reduce(0) { $0 + map.x[$1] } / 100, rows.reduce(0) { $0 + map.y[$1] } / 100)
    }
    let own = (0..<600).count { row in
      (0..<6).min { group(map, row, middles[$0]) < group(map, row, middles[$1]) } == row % 6
    }
    #expect(own >= 570, "\(own) of 600 lie nearest to their own group")
    #expect(map.x.allSatisfy { (0...1).contains($0) } && map.y.allSatisfy { (0...1).contains($0) })
    #expect(max(map.x.max()! - map.x.min()!, map.y.max()! - map.y.min()!) > 0.999)
  }

  private func distance(_ map: CatalogueMap, _ a: Int, _ b: Int) -> Float {
    group(map, a, (map.x[b], map.y[b]))
  }

  private func group(_ map: CatalogueMap, _ row: Int, _ place: (Float, Float)) -> Float {
    let (dx, dy) = (map.x[row] - place.0, map.y[row] - place.1)
    return dx * dx + dy * dy
  }

  @Test(arguments: [Metric.l2, .cosine]) func threadsDoNotMatter(metric: Metric) {
    let x = groups(4, of: 130, 70, seed: 6)
    var options = CatalogueMap.Options()
    options.layoutItems = 200
    options.metric = metric
    let one = CatalogueMap(x, options: options, pool: ThreadPool(threads: 1))
    for threads in [2, 3] {
      let other = CatalogueMap(x, options: options, pool: ThreadPool(threads: threads))
      #expect(one.x == other.x && one.y == other.y)
    }
    options.seed = 43
    #expect(CatalogueMap(x, options: options).x != one.x)
  }

  @Test func itemsBesideTheLayoutLieAtTheirGroup() {
    let x = groups(5, of: 200, 16, seed: 7)
    var options = CatalogueMap.Options()
    options.layoutItems = 150
    let map = CatalogueMap(x, options: options, pool: ThreadPool(threads: 2))
    #expect(map.laidOut == 150)
    let placed = Set(CatalogueMap.sample(150, of: 1000, seed: options.seed))
    let others = (0..<1000).filter { !placed.contains($0) }
    let right = others.count { row in
      let nearest = placed.min { distance(map, row, $0) < distance(map, row, $1) } ?? 0
      return nearest % 5 == row % 5
    }
    #expect(right * 100 >= others.count * 99, "\(right) of \(others.count)")
  }

  @Test func pcaIsTheProjectionOnOneScale() {
    let x = groups(3, of: 40, 8, seed: 8)
    var options = CatalogueMap.Options()
    options.method = .pca
    let map = CatalogueMap(x, rows: [3, 50, 51, 110], options: options, pool: ThreadPool(threads: 2))
    let rows = x.gathered([3, 50, 51, 110])
    let components = PrincipalComponents(rows, count: 2, seed: options.seed, pool: ThreadPool(threads: 1))
    let places = components.project(rows, pool: ThreadPool(threads: 1))
    let scale = (map.x[0] - map.x[1]) / (places[0, 0] - places[1, 0])
    for (a, b) in [(0, 2), (1, 3), (2, 3)] {
      #expect(abs((map.x[a] - map.x[b]) - scale * (places[a, 0] - places[b, 0])) < 1e-4)
      #expect(abs((map.y[a] - map.y[b]) - scale * (places[a, 1] - places[b, 1])) < 1e-4)
    }
  }

  @Test func smallAndFlatCataloguesHaveAMap() {
    for rows in [1, 2, 31, 32, 33] {
      let map = CatalogueMap(Naive.normals(rows, 3, seed: 9))
      #expect(map.x.count == rows && map.x.allSatisfy(\.isFinite) && map.y.allSatisfy { (0...1).contains($0) })
    }
    let equal = Matrix(rows: 64, columns: 4, values: [Float](repeating: 2.5, count: 256))
    let map = CatalogueMap(equal)
    #expect(map.x.allSatisfy { (0...1).contains($0) } && map.y.allSatisfy { (0...1).contains($0) })
    var options = CatalogueMap.Options()
    options.method = .pca
    #expect(CatalogueMap(equal, options: options).x.allSatisfy { $0 == 0.5 })
    // One number for each item.
    #expect(CatalogueMap(Naive.normals(50, 1, seed: 2)).x.allSatisfy { $0.isFinite })
  }
}
