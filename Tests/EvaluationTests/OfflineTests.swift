import Formats
import Foundation
import Interactions
import TestSupport
import Testing
import Tokenizers
import Vectors

@testable import Evaluation

@Suite struct OfflineTests {
  /// Items in clusters, and users who stay in one.
  private struct World {
    var vectors: Matrix
    var histories: Histories
    var folder: TemporaryFolder
    var model: RQKMeans

    init(items: Int, users: Int, seed: UInt64, levels: [Int] = [4, 4]) throws {
      var random = CounterRandom(seed: seed)
      let clusters = 6
      let centers = (0..<clusters * 8).map { _ in Float(random.normals().0) * 3 }
      vectors = Matrix(
        rows: items, columns: 8,
        values: (0..<items).flatMap { item in
          (0..<8).map { centers[item % clusters * 8 + $0] + Float(random.normals().0) }
        })
      var lines = "user_id,item_id,timestamp\n"
      for user in 0..<users {
        let cluster = random.below(clusters)
        for event in 0..<(1 + random.below(7)) {
          let item =
            random.below(4) == 0 ? random.below(items + 5) : cluster + clusters * random.below(items / clusters)
          lines += "u\(user),i\(item),\(1_600_000_000_000 + event)\n"
        }
      }
      folder = try TemporaryFolder()
      try AtomicFile.write(lines, to: folder.file("log.csv"))
      let ids = StringColumn((0..<items).map { "i\($0)" })
      histories = try Histories.read(
        InteractionSource(.whole(folder.file("log.csv"), .leaveLastOut), repeats: .keep),
        items: CatalogueItems(ids, source: "items"))
      var options = RQKMeansOptions()
      options.levelSizes = levels
      model = try RQKMeans.train(vectors, options: options).0
    }

    func report(_ options: OfflineOptions) throws -> OfflineReport {
      try OfflineEvaluator(options).run(
        vectors, OfflineCases(histories, items: vectors.rows), models: [.init(name: "m", tokenizer: model)],
        scratch: folder.file("codes-\(UInt32.random(in: 0 ... .max))"))
    }
  }

  /// The share of positions among equals that are among the first k, position by position.
  @Test func ranksAreMeansOverTheOrdersOfEquals() {
    for above in [0, 3, 9, 70] {
      for tied in [0, 1, 5, 100] {
        let rank = TargetRank(above: above, tied: tied)
        let places = above...above + tied
        func mean(_ value: (Int) -> Double) -> Double { places.reduce(0) { $0 + value($1) } / Double(places.count) }
        for k in [1, 4, 10, 50] {
          #expect(abs(rank.recall(at: k) - mean { $0 < k ? 1 : 0 }) < 1e-12)
          #expect(abs(rank.ndcg(at: k) - mean { $0 < k ? 1 / log2(Double($0 + 2)) : 0 }) < 1e-12)
        }
        #expect(abs(rank.reciprocal - mean { 1 / Double($0 + 1) }) < 1e-9)
      }
    }
    #expect(TargetRank.absent.recall(at: 10) == 0 && TargetRank.absent.ndcg(at: 10) == 0)
    #expect(TargetRank.absent.reciprocal == 0)
  }

  @Test(arguments: [Metric.cosine, .l2, .innerProduct], [false, true])
  func bruteForceEqualsSorting(_ metric: Metric, keepsSeen: Bool) throws {
    let world = try World(items: 90, users: 60, seed: 7)
    var options = OfflineOptions()
    options.metric = metric
    options.keepsSeen = keepsSeen
    options.profiles = [.mean, .last(2)]
    options.rules = [.distance]
    options.budget = 90
    options.cutoffs = [1, 5, 10]
    let report = try world.report(options)
    let cases = OfflineCases(world.histories, items: 90)
    for (profile, last) in [("mean", Int.max), ("last2", 2)] {
      // Items whose scores are nearer than 32 bits tell them apart may stand before the target or behind it.
      var (least, most) = ([0.0, 0, 0], [0.0, 0, 0])
      for (number, one) in cases.cases.enumerated() {
        let history = cases.history(of: number).map { Int($0) }
        func item(_ row: Int) -> [Double] {
          let values = world.vectors.row(row).map { Double($0) }
          let length = metric == .cosine ? values.reduce(0) { $0 + $1 * $1 }.squareRoot() : 1
          return values.map { $0 / length }
        }
        let taken = history.suffix(last).map(item)
        let query = (0..<8).map { column in taken.reduce(0) { $0 + $1[column] } / Double(taken.count) }
        func score(_ row: Int) -> Double {
          let x = item(row)
          return metric == .l2
            ? -zip(query, x).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
            : zip(query, x).reduce(0) { $0 + $1.0 * $1.1 }
        }
        let target = Int(one.target)
        let ranked = (0..<90).filter { keepsSeen || !history.contains($0) }
        guard ranked.contains(target) else { continue }
        let above = ranked.count { score($0) > score(target) + 1e-5 }
        let near = ranked.count { $0 != target && abs(score($0) - score(target)) <= 1e-5 }
        for (place, k) in options.cutoffs.enumerated() {
          if above < k { most[place] += 1 }
          if above + near < k { least[place] += 1 }
        }
      }
      let row = try #require(report.rows.first { $0.rule == "brute force" && $0.profile == profile })
      for place in 0..<3 {
        let hits = row.recall[place].mean * Double(cases.cases.count)
        #expect(hits > least[place] - 1e-6 && hits < most[place] + 1e-6 && most[place] - least[place] < 12)
      }
      // All items as candidates are ranked as brute force ranks them.
      let whole = try #require(report.rows.first { $0.rule == "distance" && $0.profile == profile })
      #expect(whole.recall.map(\.mean) == row.recall.map(\.mean) && whole.ofCeiling == 1)
      #expect(whole.candidateRecall == 1 && whole.candidates == 90)
    }
  }

  @Test func popularityEqualsCounting() throws {
    let world = try World(items: 60, users: 80, seed: 9)
    let cases = OfflineCases(world.histories, items: 60)
    let report = try world.report(OfflineOptions())
    var hits = 0.0
    for (number, one) in cases.cases.enumerated() {
      let seen = Set(cases.history(of: number))
      guard !seen.contains(one.target) else { continue }
      let own = cases.popularity[Int(one.target)]
      let others = (0..<60).filter { !seen.contains(UInt32($0)) && $0 != Int(one.target) }
      let above = others.count { cases.popularity[$0] > own }
      let tied = others.count { cases.popularity[$0] == own }
      hits += TargetRank(above: above, tied: tied).recall(at: 10)
    }
    let row = try #require(report.rows.last)
    #expect(row.rule == "popularity" && abs(row.recall[0].mean - hits / Double(cases.cases.count)) < 1e-12)
    #expect(report.rows.contains { $0.rule == "last item" })
  }

  /// Key by key, as the script makes them: each level's code replaced by each of the two nearest codewords.
  @Test func theSeedRuleEqualsItsKeys() throws {
    let world = try World(items: 120, users: 60, seed: 11, levels: [5, 4, 3])
    let report = try world.report(.seedRule(width: 2))
    let cases = OfflineCases(world.histories, items: 120)
    let unit = world.vectors.withUnitRows(pool: ThreadPool())
    let codes = try world.model.encode(world.vectors)
    let books = world.model.codebooks.levels
    var (hits, sizes, filled) = (0.0, 0, 0)
    for (number, one) in cases.cases.enumerated() {
      let taken = cases.history(of: number).suffix(5)
      let mean = (0..<8).map { column in
        Float(taken.reduce(0.0) { $0 + Double(unit[Int($1), column]) } / Double(taken.count))
      }
      let query = Matrix(rows: 1, columns: 8, values: mean).withUnitRows(pool: ThreadPool())
      let id = try world.model.encode(query)[0]
      var keys: Set<[UInt16]> = []
      for level in 0..<3 {
        let own = books[level].row(Int(id[level]))
        let near = (0..<books[level].rows).sorted { a, b in
          func distance(_ row: Int) -> Float {
            zip(own, books[level].row(row)).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
          }
          return distance(a) < distance(b)
        }
        for code in near.prefix(2) {
          var key = id
          key[level] = UInt16(code)
          keys.insert(key)
        }
      }
      var rows = (0..<120).filter { keys.contains(codes[$0]) }
      if !rows.isEmpty {
        sizes += rows.count
        filled += 1
      } else {
        rows = Array(0..<120)
      }
      func score(_ row: Int) -> Float { zip(query.row(0), unit.row(row)).reduce(0) { $0 + $1.0 * $1.1 } }
      let target = Int(one.target)
      if rows.contains(target), rows.count(where: { score($0) > score(target) }) < 10 { hits += 1 }
    }
    let row = try #require(report.rows.first { $0.model == "m" })
    #expect(abs(row.recall[0].mean - hits / Double(cases.cases.count)) < 1e-9)
    #expect(abs((row.candidates ?? 0) - Double(sizes) / Double(max(1, filled))) < 1e-9)
    let lines = report.scriptCSV(width: 2).split(separator: "\n")
    #expect(
      lines[0]
        == "method,Recall@10,Recall@50,Recall@100,NDCG@10,NDCG@50,NDCG@100,evaluated,cold_start_skipped,avg_cand_size,"
        + "expand_rq_M,expand_vq_T")
    #expect(lines.count == 2 && lines[1].hasPrefix("m,"))
  }

  @Test func theSameOnAnyNumberOfThreads() throws {
    let world = try World(items: 150, users: 120, seed: 13)
    let cases = OfflineCases(world.histories, items: 150)
    func report(_ threads: Int) throws -> OfflineReport {
      try OfflineEvaluator().run(
        world.vectors, cases, models: [.init(name: "m", tokenizer: world.model)],
        scratch: world.folder.file("t\(threads)"), pool: ThreadPool(threads: threads))
    }
    #expect(try report(1) == report(5))
  }

  /// Where the mean's error is known: shares of one half.
  @Test func intervalsAreThoseOfTheNormalDistribution() {
    let count = 4000
    let values: [Float] = (0..<count).flatMap { [Float($0 % 2), 1] }
    let found = Bootstrap(resamples: 1000, seed: 1).intervals(values, count: count, means: 2, pool: ThreadPool())
    let expected = 1.96 * (0.25 / Double(count)).squareRoot()
    #expect(abs((found[0].high - found[0].low) / 2 - expected) < 0.15 * expected)
    #expect(abs((found[0].high + found[0].low) / 2 - 0.5) < 0.3 * expected)
    #expect(abs(found[1].low - 1) < 1e-6 && abs(found[1].high - 1) < 1e-6)
    // Many resamples of one case draw it not once.
    let one = Bootstrap(resamples: 1000, seed: 1).intervals([1], count: 1, means: 1, pool: ThreadPool())
    #expect(one[0].low == 1 && one[0].high == 1)
  }

  @Test func poissonNumbersHaveMeanAndVarianceOne() {
    var random = CounterRandom(seed: 3)
    let drawn = (0..<100_000).map { _ in Double(Bootstrap.poisson(random.uniform())) }
    let mean = drawn.reduce(0, +) / 100_000
    let variance = drawn.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 100_000
    #expect(abs(mean - 1) < 0.02 && abs(variance - 1) < 0.03)
  }

  /// By sorting all items; items of one ID have one decoded vector.
  @Test(arguments: [Metric.cosine, .l2, .innerProduct]) func decodedItemsComeByTheirDistance(_ metric: Metric) throws {
    let world = try World(items: 90, users: 5, seed: 11, levels: [3, 3])
    let pool = ThreadPool()
    let codes = try world.model.encode(world.vectors)
    // A level that the model does not have is no matter.
    let wide = try Codes(
      levelSizes: [3, 3, 90],
      values: Buffer((0..<90).flatMap { [codes[$0][0], codes[$0][1], UInt16($0)] }), source: "wide")
    let decoded = try world.model.decode(codes, pool: pool)
    let items = try DecodedItems(wide, world.model, metric, source: "m", pool: pool)
    for query in [0, 17, 40] {
      let profile = world.vectors[rows: query..<query + 1]
      let unit = metric == .cosine ? profile.withUnitRows(pool: pool) : profile
      let scores = try ItemScores(decoded, metric, pool: pool).products(unit)
      let sorted = (0..<90).sorted { one, other in
        (scores[one], codes[other][0], codes[other][1], other) > (scores[other], codes[one][0], codes[one][1], one)
      }
      for budget in [1, 7, 45, 90, 200] {
        #expect(items.nearest(unit, budget: budget) == Array(sorted.prefix(budget)))
      }
    }
  }

  @Test func nothingToAskIsAnError() throws {
    let folder = try TemporaryFolder()
    try AtomicFile.write("user_id,item_id,timestamp\nu,i0,1\n", to: folder.file("log.csv"))
    let histories = try Histories.read(
      InteractionSource(.whole(folder.file("log.csv"), .leaveLastOut)),
      items: CatalogueItems(StringColumn(["i0"]), source: "items"))
    let error = #expect(throws: InputError.self) {
      try OfflineEvaluator().run(
        Matrix(rows: 1, columns: 2, values: [1, 2]), OfflineCases(histories, items: 1), models: [],
        scratch: folder.file("codes"))
    }
    #expect(error?.kind == .mismatch)
  }

  /// The plain baselines beside the data, by numpy over its first 3,000 users.
  @Test(.enabled(if: RealData.has("amazon-industrial-and-scientific/embeddings.npy")))
  func baselinesOfIndustrial() throws {
    func path(_ name: String) -> String { RealData.path("amazon-industrial-and-scientific/" + name) }
    let set = try EmbeddingSet(opening: path("embeddings.npy"))
    let histories = try Histories.read(
      InteractionSource(
        .given(train: path("train.parquet"), valid: path("valid.parquet"), test: path("test.parquet"))),
      items: CatalogueItems(try #require(set.ids), source: "items"))
    var options = OfflineOptions()
    options.profiles = [.last(1), .mean]
    let scratch = try TemporaryFolder()
    let report = try OfflineEvaluator(options).run(
      set.vectors, OfflineCases(histories, items: set.count), models: [], scratch: scratch.file("codes"))
    #expect(report.cases == 3270 && report.coldStartSkipped == 0)
    func recall(_ rule: String, _ profile: String?) throws -> Double {
      try #require(report.rows.first { $0.rule == rule && $0.profile == profile }).recall[0].mean
    }
    #expect(try abs(recall("brute force", "last") - 0.104) < 0.005)
    #expect(try abs(recall("brute force", "mean") - 0.092) < 0.005)
    #expect(try abs(recall("popularity", nil) - 0.041) < 0.005)
  }
}
