import TestSupport
import Testing
import Tokenizers
import Vectors

@testable import Retrieval

/// Shares of the items that the filters of these tests let through; 0 and 1 item among them.
private let shares: [Double] = [0, 0.0001, 0.001, 0.01, 0.1, 0.5, 0.9, 1]

extension SemanticIndex {
  /// A filter of a share of the items at random; of one item where the share is below that.
  fileprivate func randomFilter(_ share: Double, seed: UInt64) throws -> (filter: ItemFilter, rows: Set<Int>) {
    var random = CounterRandom(seed: seed, stream: 7)
    let wanted = share == 0 ? 0 : max(1, Int(share * Double(count)))
    let rows = Set(random.sample(wanted, below: count).map { Int($0) })
    return (try filter(rows: rows), rows)
  }
}

@Suite struct FilteredSearchTests {
  @Test(arguments: Metric.allCases)
  func exactAndUnlimitedSearchEqualNaive(_ metric: Metric) throws {
    let built = try BuiltIndex(seed: 41, metric: metric)
    let vectors = try #require(built.contents.vectors)
    for (seed, share) in shares.enumerated() {
      let (filter, rows) = try built.index.randomFilter(share, seed: UInt64(seed))
      #expect(filter.count == rows.count)
      let exact = try built.index.exactSearch(built.queries, k: 20, filter: filter)
      let unlimited = try built.index.search(built.queries, options: .unlimited(k: 20), filter: filter)
      // Few queries take another way through the vectors than many.
      let few = try built.index.exactSearch(built.queries[rows: 0..<3], k: 20, filter: filter)
      #expect(few == Array(exact.prefix(3)))
      for query in 0..<built.queries.rows {
        let naive = built.distances(query, metric, to: vectors)
        let expected = rows.sorted { (naive[$0], $0) < (naive[$1], $1) }.prefix(20)
        #expect(exact[query].hits.count == expected.count)
        #expect(exact[query].account.allowed == rows.count)
        for (hit, row) in zip(exact[query].hits, expected) {
          #expect(rows.contains(hit.row))
          #expect(abs(naive[hit.row] - naive[row]) < 1e-5 * (1 + abs(naive[row])))
        }
        #expect(unlimited[query].hits == exact[query].hits)
      }
    }
  }

  @Test(arguments: [true, false])
  func onlyAllowedItemsAreFoundAndBudgetsCountThem(_ withVectors: Bool) throws {
    let built = try BuiltIndex(seed: 42, withVectors: withVectors)
    let options = SearchOptions(k: 10, candidates: 60, scan: 400)
    for (seed, share) in shares.enumerated() {
      let (filter, rows) = try built.index.randomFilter(share, seed: UInt64(seed))
      for result in try built.index.search(built.queries, options: options, filter: filter) {
        let account = result.account
        #expect(result.hits.allSatisfy { rows.contains($0.row) })
        #expect(result.hits.count == min(10, rows.count))
        #expect(result.hits == result.hits.sorted { ($0.distance, $0.row) < ($1.distance, $1.row) })
        #expect(account.allowed == rows.count)
        // 30 are fewer than may be reranked; 300 of 3,000 stand three to a block of sketches, and are scanned.
        #expect(account.answeredDirectly == (withVectors && rows.count <= 30))
        #expect(account.answeredDirectly || account.codesScanned >= min(400, rows.count))
        #expect(account.codesScanned <= (withVectors ? 2 : 1) * rows.count)
        if account.budgetExhausted { #expect(account.codesScanned >= 400) }
        guard withVectors else { continue }
        #expect(max(account.vectorsSifted, account.vectorsReranked) == min(60, rows.count))
        #expect((account.vectorsSifted > 0) == (rows.count > 60) && account.vectorsReranked >= min(10, rows.count))
      }
    }
  }

  /// Whatever the sketches say, scanning everything that is allowed must give the same candidates as scanning everything
  /// and dropping the rest afterwards.
  @Test(arguments: Metric.allCases, [1, 2])
  func aMaskedScanIsTheScanLessWhatIsNotAllowed(_ metric: Metric, copies: Int) throws {
    let built = try BuiltIndex(seed: 43, metric: metric, count: 5000, levelSizes: [12, 16], dimension: 40)
    let vectors = try #require(built.contents.vectors)
    var cells = SketchCells.Options()
    cells.copies = copies
    let sketch = Sketch(
      built.index.trie, VectorRows(vectors), byInnerProduct: metric == .innerProduct, isUnit: metric == .cosine,
      cells: cells, pool: ThreadPool(threads: 2))
    #expect(sketch.layout.itemCount == copies * 5000)
    let scratch = SketchScratch()
    for (seed, share) in shares.enumerated() {
      let mask = try built.index.randomFilter(share, seed: UInt64(seed)).filter.masks[0]
      for query in 0..<5 {
        let vector = built.queries.row(query)
        let found = [mask, nil].map { mask in
          var keys = SmallestKeys()
          keys.reset(limit: 5000)
          var account = SearchAccount()
          SketchScan([.init(sketch: sketch, slots: mask.map { sketch.slots(of: $0) }, items: 0..<5000)]).run(
            vector, byInnerProduct: metric == .innerProduct, limit: .max, scratch, into: &keys, &account)
          // Which of two estimates an item comes in with is a matter of the leaves' order.
          return keys.withKept { Set($0.map { copies == 1 ? $0 : UInt64(RankKey.item($0)) }) }
        }
        #expect(found[0] == found[1].filter { mask.contains(Int(RankKey.item($0))) })
        #expect(found[0].count == mask.count)
      }
    }
  }

  @Test func aSparseFilterKeepsTheRecallOfTheUnfilteredSearch() throws {
    let built = try BuiltIndex(seed: 44, count: 20_000, levelSizes: [64, 16, 16])
    let options = SearchOptions(k: 10, candidates: 100, scan: 1500)
    func recall(_ filter: ItemFilter?) throws -> Double {
      let exact = try built.index.exactSearch(built.queries, k: 10, filter: filter)
      let found = try built.index.search(built.queries, options: options, filter: filter)
      #expect(found.allSatisfy { $0.hits.count == 10 })
      // Up to 200 of 20,000 stand alone in their blocks: there is nothing to gain from a scan.
      #expect(found.allSatisfy { $0.account.answeredDirectly == ((filter?.count ?? .max) <= 200) })
      let both = zip(exact, found).reduce(0) { $0 + Set($1.0.hits).intersection($1.1.hits).count }
      return Double(both) / Double(10 * built.queries.rows)
    }
    let unfiltered = try recall(nil)
    for share in [0.5, 0.1, 0.01, 0.001] {
      #expect(try recall(built.index.randomFilter(share, seed: 3).filter) >= unfiltered - 0.02)
    }
  }

  @Test(arguments: ["SQ8", "IVF8,Flat", "HNSW8"])
  func otherFactoriesTakeFiltersToo(_ factory: String) throws {
    let built = try BuiltIndex(seed: 45, faiss: factory, count: 800)
    let (filter, rows) = try built.index.randomFilter(0.1, seed: 5)
    let exact = try built.index.exactSearch(built.queries, k: 10, filter: filter)
    let unlimited = try built.index.search(built.queries, options: .unlimited(k: 10), filter: filter)
    for (a, b) in zip(exact, unlimited) {
      #expect(a.hits == b.hits && a.hits.count == 10)
      #expect(a.hits.allSatisfy { rows.contains($0.row) })
    }
  }

  @Test func sameResultsForAnyNumberOfThreads() throws {
    let built = try BuiltIndex(seed: 46)
    let filter = try built.index.randomFilter(0.3, seed: 6).filter
    let options = SearchOptions(k: 10, candidates: 60, scan: 300)
    let results = try [1, 2, 4].map {
      try built.index.search(built.queries, options: options, filter: filter, pool: ThreadPool(threads: $0))
        + built.index.exactSearch(built.queries, filter: filter, pool: ThreadPool(threads: $0))
    }
    #expect(results[0] == results[1] && results[0] == results[2])
  }

  @Test func filtersAreMadeOfRowsIdsAndPredicates() throws {
    let index = try BuiltIndex(seed: 47, count: 300).index
    let odd = index.filter { $0 % 2 == 1 }
    #expect(try odd == index.filter(rows: stride(from: 1, to: 300, by: 2)))
    let (some, unknown) = index.filter(ids: ["item 3", "item 4", "item 300", "else", "item 4"])
    #expect(unknown == 2 && some.count == 2)
    #expect(try odd.intersection(some) == index.filter(rows: [3]))
    #expect(try some.subtracting(odd) == index.filter(rows: [4]))
    #expect(odd.union(odd.inverted).count == 300 && odd.inverted.count == 150)
    #expect(throws: InputError.self) { try index.filter(rows: [300]) }
    #expect(throws: InputError.self) { try index.filter(rows: [-1]) }
    let other = try BuiltIndex(seed: 48, count: 301).index
    #expect(throws: InputError.self) { try other.search(BuiltIndex(seed: 48, count: 1).queries, filter: odd) }
    #expect(throws: InputError.self) { try other.candidates(around: [0, 0, 0], by: .exact, filter: odd) }
    let prefix = index.trie.codes(ofRow: 7).prefix(1)
    let rows = try index.rows(prefix: prefix, filter: odd)
    #expect(rows == index.rows(prefix: prefix).filter { $0 % 2 == 1 } && rows.contains(7))
  }
}
