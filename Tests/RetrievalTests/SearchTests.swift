import TestSupport
import Testing
import Tokenizers
import Vectors

@testable import Retrieval

/// A small index on disk and what it was made of.
struct BuiltIndex {
  let folder: TemporaryFolder
  let contents: IndexContents
  let queries: Matrix
  let index: SemanticIndex

  init(
    seed: UInt64, metric: Metric = .l2, faiss: String = "Flat", count: Int = 3000,
    levelSizes: [Int] = [8, 16, 16],
    dimension: Int = 24, withVectors: Bool = true
  ) throws {
    var catalogue = RandomCatalogue(seed: seed)
    let codes = try catalogue.codes(count: count, levelSizes: levelSizes)
    let codebooks = try catalogue.codebooks(levelSizes: levelSizes, dimension: dimension)
    let vectors = catalogue.vectors(codes, codebooks)
    queries = catalogue.vectors(try catalogue.codes(count: 70, levelSizes: levelSizes), codebooks, noise: 0.4)
    contents = IndexContents(
      codes: codes, vectors: withVectors ? vectors : nil, ids: StringColumn((0..<count).map { "item \($0)" }),
      codebooks: codebooks, model: "a model")
    folder = try TemporaryFolder()
    try IndexBuilder(metric: metric, faiss: faiss).build(contents, at: folder.file("index"))
    index = try SemanticIndex(opening: folder.file("index"))
  }

  /// Every item's distance to a query, in double precision.
  func distances(_ query: Int, _ metric: Metric, to vectors: Matrix) -> [Double] {
    let q = queries.row(query).map(Double.init)
    func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    return (0..<vectors.rows).map { row in
      let x = vectors.row(row).map(Double.init)
      return switch metric {
      case .l2: zip(q, x).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      case .cosine: 1 - dot(q, x) / (dot(q, q) * dot(x, x)).squareRoot()
      case .innerProduct: -dot(q, x)
      }
    }
  }
}

@Suite struct SearchTests {
  @Test(arguments: Metric.allCases)
  func exactAndUnlimitedSearchEqualNaive(_ metric: Metric) throws {
    let built = try BuiltIndex(seed: 1, metric: metric)
    let vectors = try #require(built.contents.vectors)
    let exact = try built.index.exactSearch(built.queries, k: 20)
    let unlimited = try built.index.search(built.queries, options: .unlimited(k: 20))
    let slots = try #require(built.index.segments[0].arrays.sketch).layout.itemCount
    for query in 0..<built.queries.rows {
      let naive = built.distances(query, metric, to: vectors)
      let expected = naive.indices.sorted { naive[$0] < naive[$1] }.prefix(20)
      for (hit, row) in zip(exact[query].hits, expected) {
        #expect(abs(Double(hit.distance) - naive[row]) < 1e-5 * (1 + abs(naive[row])))
        #expect(abs(naive[hit.row] - naive[row]) < 1e-5 * (1 + abs(naive[row])))
      }
      #expect(exact[query].hits.count == 20)
      #expect(unlimited[query].hits == exact[query].hits)
      #expect(unlimited[query].account.codesScanned == slots && unlimited[query].account.vectorsReranked == 3000)
      #expect(!unlimited[query].account.budgetExhausted)
    }
  }

  @Test func budgetsHold() throws {
    let built = try BuiltIndex(seed: 2)
    let exact = try built.index.exactSearch(built.queries, k: 10)
    var found = 0
    for (query, result) in try built.index.search(
      built.queries, options: SearchOptions(k: 10, candidates: 150, scan: 600)
    ).enumerated() {
      #expect(result.hits.count == 10)
      #expect(result.account.vectorsSifted == 150 && result.account.vectorsReranked >= 10)
      // The last node taken is finished: no node that is scanned whole has more than a level-0 node's items.
      #expect(result.account.codesScanned >= 600 && result.account.codesScanned < 600 + 1500)
      #expect(result.account.budgetExhausted == (result.account.codesScanned < 3000))
      let sorted = result.hits.sorted { ($0.distance, $0.row) < ($1.distance, $1.row) }
      #expect(sorted == result.hits)
      found += result.hits.count { hit in exact[query].hits.contains(hit) }
    }
    #expect(Double(found) > 0.8 * 10 * Double(built.queries.rows))
  }

  @Test func sameResultsForAnyNumberOfThreads() throws {
    let built = try BuiltIndex(seed: 3)
    let options = SearchOptions(k: 10, candidates: 60, scan: 300)
    let one = try built.index.search(built.queries, options: options, pool: ThreadPool(threads: 1))
    let exact = try built.index.exactSearch(built.queries, k: 10, pool: ThreadPool(threads: 1))
    for threads in [2, 4] {
      let pool = ThreadPool(threads: threads)
      #expect(try built.index.search(built.queries, options: options, pool: pool) == one)
      #expect(try built.index.exactSearch(built.queries, k: 10, pool: pool) == exact)
    }
  }

  @Test func tiesGoToTheLowerRow() throws {
    // Every vector twenty times: more equal distances than any margin.
    var catalogue = RandomCatalogue(seed: 4)
    let sizes = [4, 4]
    let few = try catalogue.codes(count: 30, levelSizes: sizes)
    let codebooks = try catalogue.codebooks(levelSizes: sizes, dimension: 9)
    let points = catalogue.vectors(few, codebooks)
    let order = (0..<600).map { _ in catalogue.random.below(30) }
    let codes = try Codes(levelSizes: sizes, values: Buffer(order.flatMap { few[$0] }))
    let vectors = points.gathered(order)
    let folder = try TemporaryFolder()
    let path = folder.file("index")
    try IndexBuilder().build(IndexContents(codes: codes, vectors: vectors, codebooks: codebooks), at: path)
    let index = try SemanticIndex(opening: path)
    for query in 0..<30 {
      let twins = order.indices.filter { order[$0] == query }.prefix(5)
      let row = Matrix(rows: 1, columns: 9, values: points.row(query))
      for result in try index.exactSearch(row, k: 5) + index.search(row, options: .unlimited(k: 5)) {
        #expect(result.hits.prefix(twins.count).map(\.row) == Array(twins))
        #expect(result.hits.prefix(twins.count).allSatisfy { $0.distance == 0 })
      }
    }
  }

  @Test(arguments: ["SQ8", "SQfp16", "IVF8,Flat", "IVF8,SQ8", "PQ6np", "HNSW8", "PCA12,Flat"])
  func otherFactoriesRerankByWhatTheyHold(_ factory: String) throws {
    let built = try BuiltIndex(seed: 5, faiss: factory)
    #expect(built.index.manifest.faiss == factory)
    let stored = Matrix(
      rows: 3000, columns: 24, values: try (0..<3000).flatMap { try built.index.vector(ofRow: $0) })
    let results = try built.index.search(built.queries, options: .unlimited(k: 10))
    for query in stride(from: 0, to: 70, by: 7) {
      let naive = built.distances(query, .l2, to: stored)
      for hit in results[query].hits where factory != "PCA12,Flat" {
        #expect(abs(Double(hit.distance) - naive[hit.row]) < 1e-3 * (1 + naive[hit.row]))
      }
      #expect(results[query].hits.count == 10)
    }
    #expect(try built.index.exactSearch(built.queries, k: 3).allSatisfy { !$0.hits.isEmpty })
    try built.index.verify()
  }

  @Test func withoutVectorsTheQuantizedDistanceCounts() throws {
    let built = try BuiltIndex(seed: 6, withVectors: false)
    let codebooks = try #require(built.contents.codebooks)
    let decoded = try RQKMeans(codebooks: codebooks).decode(built.contents.codes)
    let results = try built.index.search(built.queries, options: .unlimited(k: 10))
    for query in 0..<70 {
      let naive = built.distances(query, .l2, to: decoded)
      let nearest = naive.sorted()
      for (rank, hit) in results[query].hits.enumerated() {
        #expect(abs(Double(hit.distance) - nearest[rank]) < 1e-3 * (1 + nearest[rank]))
      }
      #expect(results[query].account.vectorsReranked == 0)
    }
    #expect(throws: InputError.self) { try built.index.exactSearch(built.queries) }
    #expect(throws: InputError.self) { try built.index.vector(ofRow: 0) }
  }

  @Test func queriesThatCannotBeSearchedAreRefused() throws {
    let built = try BuiltIndex(seed: 7, metric: .cosine, count: 200)
    let index = built.index
    #expect(throws: InputError.self) { try index.search([1, 2, 3]) }
    #expect(throws: InputError.self) { try index.search([Float](repeating: 0, count: 24)) }
    var bad = [Float](repeating: 1, count: 48)
    bad[30] = .nan
    let error = #expect(throws: InputError.self) {
      try index.search(Matrix(rows: 2, columns: 24, values: bad))
    }
    #expect(error?.place == "row 1, column 6")
    #expect(throws: InputError.self) { try index.search(bad, options: SearchOptions(k: -1)) }
    #expect(try index.search(built.queries.row(0), options: SearchOptions(k: 0)).hits.isEmpty)
    for k in [1000, Int.max] {
      #expect(try index.search(built.queries.row(0), options: SearchOptions(k: k)).hits.count == 200)
      #expect(try index.exactSearch(built.queries[rows: 0..<1], k: k)[0].hits.count == 200)
    }
    for options in [SearchOptions(candidates: -1, scan: -1), SearchOptions(candidates: .max, scan: .min)] {
      #expect(try index.search(built.queries.row(0), options: options).hits.count == 10)
    }
    #expect(try index.search(Matrix(rows: 0, columns: 24, values: [])).isEmpty)
  }

  @Test func anEmptyIndexAnswers() throws {
    var catalogue = RandomCatalogue(seed: 8)
    let codebooks = try catalogue.codebooks(levelSizes: [4, 4], dimension: 6)
    let folder = try TemporaryFolder()
    try IndexBuilder().build(
      IndexContents(
        codes: try Codes(levelSizes: [4, 4], values: Buffer([])), vectors: Matrix(rows: 0, columns: 6, values: []),
        codebooks: codebooks), at: folder.file("index"))
    let index = try SemanticIndex(opening: folder.file("index"))
    try index.verify()
    #expect(try index.search([1, 2, 3, 4, 5, 6]).hits.isEmpty)
    #expect(try index.exactSearch(Matrix(rows: 1, columns: 6, values: [1, 2, 3, 4, 5, 6]))[0].hits.isEmpty)
    #expect(index.rows(prefix: []).isEmpty)
  }
}
