import TestSupport
import Testing
import Vectors

@testable import Clustering
@testable import Tokenizers

@Suite struct BalanceTests {
  private static func costs(_ rows: Int, _ clusters: Int, _ random: inout CounterRandom, steps: Int? = nil)
    -> CostMatrix
  {
    let costs = CostMatrix(rows: rows, clusters: clusters)
    for row in 0..<rows {
      for cluster in 0..<costs.stride {
        // With `steps`, costs repeat: ties everywhere.
        let value = steps.map { Float(random.below($0)) } ?? Float(random.uniform())
        costs.row(row)[cluster] = cluster < clusters ? value : CostMatrix.unaffordable
      }
    }
    return costs
  }

  /// The least cost of sharing the rows out with exactly these many to each cluster.
  private static func least(_ costs: CostMatrix, _ sizes: [Int], row: Int = 0) -> Double {
    guard row < costs.rows else { return 0 }
    var best = Double.infinity
    for cluster in sizes.indices where sizes[cluster] > 0 {
      var rest = sizes
      rest[cluster] -= 1
      best = min(best, Double(costs.row(row)[cluster]) + least(costs, rest, row: row + 1))
    }
    return best
  }

  private static func sizes(_ assignment: [UInt32], _ clusters: Int) -> [Int] {
    var sizes = [Int](repeating: 0, count: clusters)
    for cluster in assignment { sizes[Int(cluster)] += 1 }
    return sizes
  }

  @Test func noSharingOutIsCheaper() {
    var random = CounterRandom(seed: 71)
    for round in 0..<300 {
      let clusters = 1 + random.below(4)
      let rows = 1 + random.below(8)
      let costs = Self.costs(rows, clusters, &random, steps: round % 3 == 0 ? 3 : nil)
      let start = (0..<clusters).map { _ in Float(random.uniform()) }
      let solved = CapacityAssignment(costs, prices: start, pool: ThreadPool(threads: 1))
      let sizes = Self.sizes(solved.assignment, clusters)
      #expect(sizes.allSatisfy { $0 == rows / clusters || $0 == (rows + clusters - 1) / clusters })
      #expect(abs(solved.cost - Self.least(costs, sizes)) < 1e-5, "round \(round)")
    }
  }

  @Test(arguments: [(200, 7), (1000, 16), (999, 17), (256, 256), (5000, 40), (40, 40)])
  func pricesGiveEveryRowItsCluster(_ rows: Int, _ clusters: Int) {
    var random = CounterRandom(seed: UInt64(rows * clusters))
    let costs = Self.costs(rows, clusters, &random)
    // Much cheaper than the others: without prices nearly all rows would be in these.
    for row in 0..<rows { for cluster in 0..<min(3, clusters) { costs.row(row)[cluster] -= 0.7 } }
    let solved = CapacityAssignment(
      costs, prices: Array(repeating: 0, count: clusters), pool: ThreadPool(threads: 3))
    let sizes = Self.sizes(solved.assignment, clusters)
    #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1)
    #expect(solved.prices.count == clusters && solved.prices.allSatisfy { $0 >= 0 && $0.isFinite })
    for row in 0..<rows {
      let byPrice = (0..<clusters).min {
        costs.row(row)[$0] + solved.prices[$0] < costs.row(row)[$1] + solved.prices[$1]
      }
      #expect(byPrice == Int(solved.assignment[row]), "row \(row)")
    }
  }

  /// Kinds of rows: no sharing out is cheaper, by trying each, and the prices say so.
  @Test func kindsAreSharedOutAtTheLeastCost() {
    var random = CounterRandom(seed: 79)
    for round in 0..<300 {
      let clusters = 1 + random.below(4)
      let costs = Self.costs(1 + random.below(3), clusters, &random, steps: round % 3 == 0 ? 3 : nil)
      let vectors = WorkingVectors(count: 1 + random.below(9), dimension: 1)
      // A row of every kind first, then any.
      for row in 0..<vectors.count { vectors.row(row)[0] = Float(row < costs.rows ? row : random.below(costs.rows)) }
      let kinds = RowKinds(vectors, pool: ThreadPool(threads: 1))
      guard kinds.count == costs.rows else { continue }
      let full = CostMatrix(rows: vectors.count, clusters: clusters)
      for row in 0..<vectors.count {
        full.row(row).update(from: costs.row(Int(vectors.row(row)[0])), count: full.stride)
      }
      let start = (0..<clusters).map { _ in Float(random.uniform()) }
      let solved = CapacityAssignment(costs, kinds: kinds, prices: start, pool: ThreadPool(threads: 2))
      let sizes = Self.sizes(solved.assignment, clusters)
      let rows = vectors.count
      #expect(sizes.allSatisfy { $0 == rows / clusters || $0 == (rows + clusters - 1) / clusters })
      #expect(abs(solved.cost - Self.least(full, sizes)) < 1e-5, "round \(round)")
      // A cluster without a row has no price that a row would have to pay.
      for row in 0..<rows where rows >= clusters {
        let sums = (0..<clusters).map { full.row(row)[$0] + solved.prices[$0] }
        #expect(sums[Int(solved.assignment[row])] <= (sums.min() ?? 0) + 1e-5, "round \(round), row \(row)")
      }
    }
  }

  /// Kinds larger than a cluster, shared out at once: at the cost at which their rows are, each a kind of its own, and
  /// whatever prices the search starts from.
  @Test func largeKindsCostWhatTheirRowsDo() {
    var random = CounterRandom(seed: 81)
    for round in 0..<120 {
      let clusters = 2 + random.below(30)
      let large = 1 + random.below(4)
      let vectors = WorkingVectors(count: clusters * (2 + random.below(8)) + random.below(clusters), dimension: 1)
      // The first row of every kind first; then mostly rows of the large kinds.
      let few = vectors.count / 4
      for row in 0..<vectors.count {
        vectors.row(row)[0] = Float(row < large + few || random.below(5) == 0 ? row : random.below(large))
      }
      let kinds = RowKinds(vectors, pool: ThreadPool(threads: 1))
      let costs = Self.costs(kinds.count, clusters, &random, steps: round % 3 == 0 ? 4 : nil)
      let full = CostMatrix(rows: vectors.count, clusters: clusters)
      for row in 0..<vectors.count {
        full.row(row).update(from: costs.row(Int(kinds.kinds[row])), count: full.stride)
      }
      let start = (0..<clusters).map { _ in Float(random.uniform()) * Float(round % 2) }
      let solved = CapacityAssignment(costs, kinds: kinds, prices: start, pool: ThreadPool(threads: 2))
      let again = CapacityAssignment(costs, kinds: kinds, prices: solved.prices, pool: ThreadPool(threads: 1))
      let sizes = Self.sizes(solved.assignment, clusters)
      #expect(sizes.allSatisfy { $0 == vectors.count / clusters || $0 == (vectors.count + clusters - 1) / clusters })
      for other in [again, CapacityAssignment(full, prices: start, pool: ThreadPool(threads: 1))] {
        // Which clusters have a row more is not part of the optimum.
        guard Self.sizes(other.assignment, clusters) == sizes else { continue }
        #expect(abs(solved.cost - other.cost) < 1e-4, "round \(round): \(solved.cost), \(other.cost)")
      }
      // Prices prove it: every row has what costs it least.
      for row in 0..<vectors.count {
        let sums = (0..<clusters).map { full.row(row)[$0] + solved.prices[$0] }
        #expect(sums[Int(solved.assignment[row])] <= (sums.min() ?? 0) + 1e-5, "round \(round), row \(row)")
      }
    }
  }

  /// Four of five vectors are equal: the work is that of the others.
  @Test func manyEqualVectorsAreSharedOutFast() throws {
    let some = Synthetic.clusters(rows: 2000, columns: 6, centers: 30, seed: 80)
    let vectors = some.gathered((0..<2000).map { $0 % 5 == 0 ? $0 : 0 })
    let codes = try within(seconds: 60) {
      try RQKMeans.train(vectors, options: Self.options([32, 32], .strict)).model.encodeBalanced(vectors)
    }
    for level in 0..<2 { #expect(Self.counts(codes, level: level).allSatisfy { $0 == 62 || $0 == 63 }) }
  }

  @Test func rowsThatAreAllAlikeAreSharedOut() {
    let costs = CostMatrix(rows: 500, clusters: 20)
    for row in 0..<500 {
      for cluster in 0..<costs.stride { costs.row(row)[cluster] = cluster < 20 ? Float(cluster) : 1e30 }
    }
    let solved = CapacityAssignment(costs, prices: Array(repeating: 0, count: 20), pool: ThreadPool(threads: 2))
    #expect(Self.sizes(solved.assignment, 20).allSatisfy { $0 == 25 })
  }

  private static func options(_ sizes: [Int], _ balance: Balance) -> RQKMeansOptions {
    var options = RQKMeansOptions()
    options.levelSizes = sizes
    options.balance = balance
    return options
  }

  private static func counts(_ codes: Codes, level: Int) -> [Int] {
    (0..<codes.count).reduce(into: [Int](repeating: 0, count: codes.levelSizes[level])) {
      $0[Int(codes[$1][level])] += 1
    }
  }

  @Test(arguments: RQKMeansOptions.metrics)
  func storedCodesAreBalanced(_ metric: Metric) throws {
    let vectors = Synthetic.clusters(rows: 1003, columns: 12, centers: 5, seed: 72)
    var options = Self.options([16, 9, 30], .strict)
    options.metric = metric
    let (model, report) = try RQKMeans.train(vectors, options: options)
    let codes = try model.encodeBalanced(vectors)
    let byPrice = try model.encode(vectors)
    for (level, size) in options.levelSizes.enumerated() {
      let counts = Self.counts(codes, level: level)
      #expect(counts.allSatisfy { $0 == 1003 / size || $0 == 1003 / size + 1 }, "\(counts)")
      #expect(report.levels[level].perplexity > 0.999 * Double(size))
    }
    // A row by itself is sent where it was, but for what rounding decides.
    let differing = (0..<1003).count { codes[$0] != byPrice[$0] }
    #expect(differing <= 10, "\(differing) rows")
    #expect(report.levels.map(\.squaredErrorPerItem) == report.levels.map(\.squaredErrorPerItem).sorted(by: >))
    let plain = try RQKMeans.train(vectors, options: Self.options([16, 9, 30], .none)).model
    let uneven = Self.counts(try plain.encode(vectors), level: 1)
    #expect((uneven.max() ?? 0) > 1003 / 9 + 1)
  }

  @Test func duplicatesAndSmallBatchesAreSharedOutToo() throws {
    let few = Synthetic.clusters(rows: 40, columns: 6, centers: 3, seed: 73)
    let vectors = few.gathered((0..<400).map { $0 % 40 })
    let model = try RQKMeans.train(vectors, options: Self.options([8, 10], .strict)).model
    let codes = try model.encodeBalanced(vectors)
    #expect(Self.counts(codes, level: 0).allSatisfy { $0 == 50 })
    #expect(Self.counts(codes, level: 1).allSatisfy { $0 == 40 })
    let small = try model.encodeBalanced(vectors[rows: 0..<5])
    #expect((0..<2).allSatisfy { Self.counts(small, level: $0).allSatisfy { $0 <= 1 } })
    #expect(try model.encodeBalanced(vectors[rows: 0..<0]).count == 0)
  }

  @Test func partsAddUpToAnEvenWhole() throws {
    let vectors = Synthetic.clusters(rows: 1017, columns: 6, centers: 4, seed: 74)
    let model = try RQKMeans.train(vectors, options: Self.options([6, 4], .strict)).model
    for limit in [100, 250, 1016] {
      let codes = try model.encodeBalanced(vectors, rowsATime: limit, pool: ThreadPool(threads: 2), source: "vectors")
      for (level, size) in [6, 4].enumerated() {
        #expect(Self.counts(codes, level: level).allSatisfy { $0 == 1017 / size || $0 == 1017 / size + 1 })
      }
    }
  }

  @Test func sameBitsForAnyNumberOfThreads() throws {
    let vectors = Synthetic.clusters(rows: 900, columns: 20, centers: 6, seed: 75)
    let one = try RQKMeans.train(vectors, options: Self.options([32, 20], .price), pool: ThreadPool(threads: 1)).model
    for threads in [2, 4] {
      let pool = ThreadPool(threads: threads)
      let many = try RQKMeans.train(vectors, options: Self.options([32, 20], .price), pool: pool).model
      #expect(many.fingerprint == one.fingerprint && many.prices == one.prices)
      #expect(try many.encodeBalanced(vectors, pool: pool).values.array == one.encodeBalanced(vectors).values.array)
    }
  }

  @Test func pricesAreKeptAndUsed() throws {
    let folder = try TemporaryFolder()
    let vectors = Synthetic.clusters(rows: 500, columns: 8, centers: 4, seed: 76)
    let model = try RQKMeans.train(vectors, options: Self.options([20, 10], .price)).model
    try model.write(to: folder.file("model"))
    let again = try RQKMeans(opening: folder.file("model"))
    #expect(again.prices == model.prices && again.fingerprint == model.fingerprint)
    let others = Synthetic.clusters(rows: 300, columns: 8, centers: 4, seed: 77)
    let codes = try again.encode(others)
    // The definition: least squared distance plus price, level by level.
    for row in stride(from: 0, to: 300, by: 7) {
      var residual = others.row(row).map(Double.init)
      for level in 0..<2 {
        let book = model.codebooks.levels[level]
        let costs = (0..<book.rows).map { code in
          zip(residual, book.row(code)).reduce(Double(model.prices[level][code])) {
            $0 + ($1.0 - Double($1.1)) * ($1.0 - Double($1.1))
          }
        }
        let code = Int(codes[row][level])
        #expect(costs[code] <= (costs.min() ?? 0) + 1e-4)
        residual = zip(residual, book.row(code)).map { $0 - Double($1) }
      }
    }
    #expect(throws: InputError.self) { try model.writeSemanticID(to: folder.file("foreign")) }
  }

  @Test func whatCannotBeSharedOutIsRefused() {
    let vectors = Synthetic.clusters(rows: 7, columns: 3, centers: 2, seed: 78)
    #expect(throws: InputError.self) { try RQKMeans.train(vectors, options: Self.options([8], .strict)) }
    #expect(throws: InputError.self) {
      try RQKMeans.train(vectors[rows: 0..<0], options: Self.options([1], .strict))
    }
    var values = vectors.values.array
    values[4] = .nan
    #expect(throws: InputError.self) {
      try RQKMeans.train(Matrix(rows: 7, columns: 3, values: values), options: Self.options([2], .strict))
    }
    let model = try? RQKMeans.train(vectors, options: Self.options([1, 7], .strict)).model
    #expect((try? model?.encodeBalanced(vectors).count) == 7)
    let error = #expect(throws: InputError.self) {
      try model?.encodeBalanced(Matrix(rows: 7, columns: 3, values: values))
    }
    #expect(error?.description.contains("row 1") == true)
  }
}
