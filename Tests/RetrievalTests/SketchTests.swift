import CKernels
import Formats
import TestSupport
import Testing
import Tokenizers
import Vectors

@testable import Retrieval

@Suite struct SketchTests {
  @Test(arguments: [1, 3, 31, 32, 33, 64, 96, 100, 384, 784, 1000])
  func rotationKeepsProducts(_ d: Int) {
    let rotation = FastRotation(dimension: d)
    #expect(rotation.width % 32 == 0 && rotation.width >= d && rotation.width < max(257, d + 32))
    var catalogue = RandomCatalogue(seed: UInt64(d))
    let vectors = catalogue.matrix(rows: 2, columns: d)
    let rotated = (0..<2).map { row in
      var target = [Float](repeating: .nan, count: rotation.width)
      rotation.apply(vectors.row(row), to: &target)
      return target
    }
    func dot(_ a: [Float], _ b: [Float]) -> Double { zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) } }
    for (a, b) in [(0, 0), (0, 1), (1, 1)] {
      let expected = dot(vectors.row(a), vectors.row(b))
      #expect(abs(dot(rotated[a], rotated[b]) - expected) < 1e-4 * (1 + Double(d).squareRoot() * 4))
    }
    // One dimension's energy is spread over all: no rotated value keeps a large part of it.
    guard d >= 64 else { return }
    var unit = [Float](repeating: 0, count: d)
    unit[d / 2] = 1
    var target = [Float](repeating: 0, count: rotation.width)
    rotation.apply(unit, to: &target)
    #expect(target.allSatisfy { abs($0) < 0.6 })
    #expect(target.count { abs($0) > 0.02 } > rotation.width / 4)
  }

  @Test(arguments: Metric.allCases)
  func estimatesAreCloseAndUnbiased(_ metric: Metric) throws {
    let built = try BuiltIndex(seed: 31, metric: metric, count: 2000, levelSizes: [8, 16], dimension: 200)
    let sketch = try #require(built.index.segments[0].arrays.sketch)
    let vectors = try #require(built.contents.vectors)
    let scratch = SketchScratch()
    var errors = 0.0
    var signed = 0.0
    var spread = 0.0
    for query in 0..<20 {
      let exact = built.distances(query, metric, to: vectors)
      var vector = built.queries.row(query)
      if metric == .cosine {
        let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
        vector = vector.map { $0 / length }
      }
      var all = SmallestKeys()
      all.reset(limit: 2000)
      var account = SearchAccount()
      SketchScan([.init(sketch: sketch, slots: nil, items: 0..<2000)]).run(
        vector, byInnerProduct: metric == .innerProduct, limit: .max, scratch, into: &all, &account)
      #expect(account.codesScanned == sketch.layout.itemCount && !account.budgetExhausted)
      let mean = exact.reduce(0, +) / 2000
      let found = all.withKept { Array($0) }
      #expect(Set(found.map(RankKey.item)).count == 2000)
      for key in found {
        let row = Int(built.index.trie.rows[Int(RankKey.item(key))])
        // Under cosine the scan works with |q − x|² = 2 (1 − cos).
        let estimate = Double(RankKey.distance(key)) * (metric == .cosine ? 0.5 : 1)
        errors += (estimate - exact[row]) * (estimate - exact[row])
        signed += estimate - exact[row]
        spread += (exact[row] - mean) * (exact[row] - mean)
      }
    }
    #expect(errors < 0.1 * spread, "\(errors) of \(spread)")
    #expect(abs(signed / 40_000) < 0.1 * (errors / 40_000).squareRoot())
  }

  @Test func sameBitsForAnyNumberOfThreads() throws {
    let built = try BuiltIndex(seed: 32, count: 700, dimension: 45)
    let vectors = try #require(built.contents.vectors)
    let make = {
      Sketch(
        built.index.trie, VectorRows(vectors), byInnerProduct: false, isUnit: false, cells: SketchCells.Options(),
        pool: ThreadPool(threads: $0))
    }
    let one = make(1)
    for threads in [2, 4] {
      let many = make(threads)
      #expect(many.blocks.bytes.array == one.blocks.bytes.array && many.layout.starts.array == one.layout.starts.array)
      #expect(many.centers.values.array == one.centers.values.array)
    }
    #expect(built.index.segments[0].arrays.sketch?.blocks.bytes.array == one.blocks.bytes.array)
  }

  @Test(arguments: [1, 31, 32, 33, 100, 1000])
  func leavesHoldWhatLiesTogether(_ count: Int) {
    // Groups of items around far-apart centers, in no order.
    let groups = max(1, count / 40)
    var catalogue = RandomCatalogue(seed: UInt64(count))
    var vectors = catalogue.matrix(rows: count, columns: 6).values.array
    for item in 0..<count { vectors[item * 6 + item % groups % 6] += Float(item % groups + 1) * 40 }
    var items = Array(0..<count)
    let order = LeafOrder(dimension: 6) { item, target in
      for column in 0..<6 { target[column] = vectors[item * 6 + column] }
    }
    order.sort(&items)
    #expect(items.sorted().elementsEqual(0..<count))
    // A leaf's items are few groups', where those of a leaf of any items would be nearly all of them.
    let spread = stride(from: 0, to: count, by: 32).map {
      Set(items[$0..<min(count, $0 + 32)].map { $0 % groups }).count
    }
    #expect(spread.reduce(0, +) <= 3 * spread.count, "\(spread)")
  }

  @Test func leavesOfEqualItemsEnd() {
    var items = Array(0..<200)
    LeafOrder(dimension: 2) { _, target in (target[0], target[1]) = (1, 2) }.sort(&items)
    #expect(items.sorted().elementsEqual(0..<200))
  }

  /// Against a plain reading of the rule, with the means of the nearest cells in the place of k-means' centroids.
  @Test func itemsAreInTheirNearestCellAndInAnOrthogonalOne() throws {
    let (count, d) = (1500, 20)
    var catalogue = RandomCatalogue(seed: 36)
    let vectors = catalogue.matrix(rows: count, columns: d)
    let cells = [1, 2].map { copies -> [[Int]] in
      var options = SketchCells.Options()
      options.copies = copies
      let cells = SketchCells(count: count, dimension: d, options: options, pool: ThreadPool(threads: 3)) {
        $1.update(from: vectors.row($0), count: d)
      }
      let layout = SketchLayout(starts: cells.starts)
      #expect(layout.cellCount == 11 && layout.itemCount == copies * count)
      return (0..<layout.cellCount).map { cell in layout.items(cell).map { Int(cells.items[$0]) } }
    }
    let means = cells[0].map { items in
      (0..<d).map { column in items.reduce(0) { $0 + Double(vectors.row($1)[column]) } / Double(items.count) }
    }
    func residual(_ item: Int, _ cell: Int) -> [Double] {
      (0..<d).map { Double(vectors.row(item)[$0]) - means[cell][$0] }
    }
    func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    var nearest = 0
    var best = 0
    var notSecond = 0
    for item in 0..<count {
      let first = try #require(cells[0].firstIndex { $0.contains(item) })
      let both = cells[1].indices.filter { cells[1][$0].contains(item) }
      #expect(both.count == 2 && both.contains(first))
      let residuals = cells[0].indices.map { residual(item, $0) }
      let distances = residuals.map { dot($0, $0) }
      nearest += distances[first] <= 1.02 * (distances.min() ?? 0) ? 1 : 0
      let losses = residuals.map { residual in
        let along = dot(residual, residuals[first])
        return dot(residual, residual) + 2 * along * along / distances[first]
      }
      let others = cells[0].indices.filter { $0 != first }
      let other = try #require(both.first { $0 != first })
      best += losses[other] <= 1.05 * (others.map { losses[$0] }.min() ?? 0) ? 1 : 0
      notSecond += distances[other] > (others.map { distances[$0] }.min() ?? 0) ? 1 : 0
    }
    #expect(nearest > count * 9 / 10 && best > count * 9 / 10, "\(nearest), \(best)")
    #expect(notSecond > count / 20, "\(notSecond)")
  }

  /// The states of a live index share it: as many cells in all do not make the same places.
  @Test func scratchMemoryFollowsTheLayouts() {
    func layout(_ cells: Int) -> SketchLayout {
      SketchLayout(starts: Buffer((0...cells).map { UInt32(truncatingIfNeeded: $0) }))
    }
    let (few, many) = (layout(3), layout(300))
    let scratch = SketchScratch()
    let rotation = FastRotation(dimension: 16)
    for layouts in [[many, few], [few, many], [many, few]] {
      scratch.reserve(layouts, rotation, positions: 0)
      #expect(scratch.segments[1].centers - scratch.segments[0].centers == layouts[0].cellCount)
    }
  }

  @Test func clustersAreHeldOnce() {
    let (count, d) = (6000, 24)
    var catalogue = RandomCatalogue(seed: 37)
    var values = catalogue.matrix(rows: count, columns: d).values.array
    let centers = catalogue.matrix(rows: count / 100, columns: d).values.array
    for item in 0..<count {
      for column in 0..<d { values[item * d + column] += 8 * centers[item % (count / 100) * d + column] }
    }
    let made = [1, 3].map { threads in
      SketchCells(count: count, dimension: d, options: SketchCells.Options(), pool: ThreadPool(threads: threads)) {
        for column in 0..<d { $1[column] = values[$0 * d + column] }
      }
    }
    #expect(made[0].items.count == count)
    #expect(made[0].items.array == made[1].items.array && made[0].starts.array == made[1].starts.array)
  }

  private static let texts = "debian-packages/debian-packages-minilm-384-angular.hdf5"

  /// The neighbors of a text lie in many cells: with two for each item, less than two thirds have to be scanned.
  @Test(.enabled(if: RealData.has(Self.texts))) func textsAreHeldTwice() throws {
    let vectors = try HDF5File(path: RealData.path(Self.texts)).matrix("train")
    let source = CellSource(count: vectors.rows, dimension: vectors.columns) {
      $1.update(from: vectors.row($0), count: vectors.columns)
    }
    let pool = ThreadPool()
    let centers = try #require(source.centers(SketchCells.Options(), pool))
    let trial = CellTrial(CellAssignment(source, centers, orthogonality: 2), seed: 0, pool)
    #expect(trial.pays && trial.withTwo < 0.67 * trial.withOne, "\(trial.withTwo), \(trial.withOne)")
  }

  @Test func fewItemsOrImpossibleOnesAreRunsInOrder() {
    for (count, value) in [(0, Float(1)), (1, 1), (200, 1), (1000, 1e30)] {
      let options = SketchCells.Options()
      let cells = SketchCells(count: count, dimension: 3, options: options, pool: ThreadPool(threads: 1)) {
        for column in 0..<3 { $1[column] = value * Float($0 + column) }
      }
      let layout = SketchLayout(starts: cells.starts)
      #expect(layout.cellCount == 0 || layout.itemCount >= count)
      #expect(Set(cells.items.array).count == count)
    }
  }

  @Test func theNearestLeavesAreScannedFirst() throws {
    let built = try BuiltIndex(seed: 34, count: 20_000, levelSizes: [32, 16], dimension: 48)
    // A tenth of the catalogue scanned finds nearly all that the whole finds.
    let options = SearchOptions(k: 10, candidates: 400, scan: 2000)
    var found = 0
    for query in 0..<20 {
      let vector = built.queries.row(query)
      let result = try built.index.search(vector, options: options)
      let exact = try built.index.exactSearch(Matrix(rows: 1, columns: 48, values: vector), k: 10)[0].hits
      #expect(result.account.codesScanned >= 2000 && result.account.codesScanned < 2600)
      #expect(result.account.budgetExhausted)
      found += Set(result.hits.map(\.row)).intersection(exact.map(\.row)).count
    }
    #expect(found >= 150, "\(found) of 200")
  }

  @Test func vectorsTooLongForFloatsAreStillFound() throws {
    let folder = try TemporaryFolder()
    let codes = try Codes(levelSizes: [4], values: Buffer((0..<200).map { UInt16($0 % 4) }))
    var catalogue = RandomCatalogue(seed: 35)
    let vectors = Matrix(
      rows: 200, columns: 5, values: catalogue.matrix(rows: 200, columns: 5).values.array.map { $0 * 1e25 })
    try IndexBuilder().build(IndexContents(codes: codes, vectors: vectors), at: folder.file("index"))
    let index = try SemanticIndex(opening: folder.file("index"))
    let result = try index.search(vectors.row(3), options: SearchOptions(k: 200, candidates: 200))
    #expect(result.hits.count == 200 && result.account.codesScanned >= 200)
    try index.verify()
  }

  @Test func vectorsAloneAreEnoughToSearch() throws {
    let built = try BuiltIndex(seed: 33)
    let folder = try TemporaryFolder()
    let bare = IndexContents(codes: built.contents.codes, vectors: built.contents.vectors)
    try IndexBuilder().build(bare, at: folder.file("index"))
    let index = try SemanticIndex(opening: folder.file("index"))
    let options = SearchOptions(k: 5, candidates: 100)
    #expect(try index.search(built.queries, options: options) == built.index.search(built.queries, options: options))
  }

  @Test func itemsOfACellThatAreEqualAreFoundExactly() throws {
    // Residuals of length 0: no direction to estimate.
    let folder = try TemporaryFolder()
    let codes = try Codes(levelSizes: [2], values: Buffer((0..<100).map { UInt16($0 / 50) }))
    let vectors = Matrix(rows: 100, columns: 3) { values in
      for row in 0..<100 { for column in 0..<3 { values[row * 3 + column] = Float(row / 50 * 2 + column) } }
    }
    try IndexBuilder().build(IndexContents(codes: codes, vectors: vectors), at: folder.file("index"))
    let index = try SemanticIndex(opening: folder.file("index"))
    let hits = try index.search(vectors.row(70), options: SearchOptions(k: 3, candidates: 60, scan: 50)).hits
    #expect(hits.map(\.row) == [50, 51, 52] && hits.allSatisfy { $0.distance == 0 })
    try index.verify()
  }
}
