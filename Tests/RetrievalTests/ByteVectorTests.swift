import TestSupport
import Testing
import Tokenizers
import Vectors

@testable import Retrieval

/// Vectors rounded to bytes sift candidates: answers are those without them.
@Suite struct ByteVectorTests {
  private func byteVectors(_ built: BuiltIndex) throws -> ByteVectors {
    try #require(built.index.segments[0].arrays.byteVectors)
  }

  @Test(arguments: Metric.allCases, [1, 16, 24, 200])
  func estimatesAreWithinTheirDeviations(_ metric: Metric, dimension: Int) throws {
    let built = try BuiltIndex(seed: 71, metric: metric, count: 800, levelSizes: [4, 8], dimension: dimension)
    let bytes = try byteVectors(built)
    let (trie, vectors) = (built.index.trie, try #require(built.contents.vectors))
    var room = [Int16](repeating: 0, count: bytes.width)
    var (far, signed) = (0, 0.0)
    for query in 0..<20 {
      var vector = built.queries.row(query)
      if metric == .cosine {
        let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
        vector = vector.map { $0 / length }
      }
      let exact = built.distances(query, metric, to: vectors)
      var estimates = [Float](repeating: 0, count: 800)
      let limits = try room.withUnsafeMutableBufferPointer { room in
        let target = try #require(room.baseAddress)
        let view = try #require(bytes.prepare(vector, byInnerProduct: metric == .innerProduct, into: target))
        bytes.distances(view, Array(0..<800), count: 800, into: &estimates)
        return estimates.map { view.limit(of: $0) }
      }
      for position in 0..<800 {
        // Under cosine the squared distance of unit vectors.
        let distance = exact[Int(trie.rows[position])] * (metric == .cosine ? 2 : 1)
        let margin = Double(limits[position] - estimates[position])
        #expect(margin >= 0)
        far += abs(Double(estimates[position]) - distance) > margin + 1e-4 ? 1 : 0
        signed += (Double(estimates[position]) - distance) / (margin + 1e-4)
      }
    }
    #expect(far <= 16, "\(far) of 16,000 estimates are off by more than is allowed for")
    #expect(abs(signed) < 0.05 * 16_000, "\(signed / 16_000)")
  }

  @Test(arguments: Metric.allCases)
  func answersAreThoseWithout(_ metric: Metric) throws {
    let built = try BuiltIndex(seed: 72, metric: metric, count: 4000, levelSizes: [12, 16], dimension: 40)
    var builder = IndexBuilder(metric: metric)
    builder.byteVectors = false
    let folder = try TemporaryFolder()
    try builder.build(built.contents, at: folder.file("plain"))
    let plain = try SemanticIndex(opening: folder.file("plain"))
    #expect(plain.segments[0].arrays.byteVectors == nil && plain.manifest.byteVectors == false)
    #expect(plain.manifest.bytes < built.index.manifest.bytes - 4000 * 40)
    var (sifted, reranked) = (0, 0)
    for k in [1, 10, 100] {
      let options = SearchOptions(k: k, candidates: 300, scan: 1500)
      let found = try built.index.search(built.queries, options: options)
      for (a, b) in zip(found, try plain.search(built.queries, options: options)) {
        #expect(a.hits == b.hits && b.account.vectorsSifted == 0 && b.account.vectorsReranked == 300)
        #expect(a.account.vectorsSifted == 300 && a.account.vectorsReranked >= k)
        sifted += a.account.vectorsSifted
        reranked += a.account.vectorsReranked
      }
    }
    #expect(reranked < sifted / 3, "\(reranked) of \(sifted)")
    let all = try built.index.search(built.queries, options: .unlimited(k: 10))
    #expect(all.allSatisfy { $0.account.vectorsSifted == 0 && $0.account.vectorsReranked == 4000 })
  }

  /// A grid that is useless for most vectors, for all, or for the query: what is slow must not be wrong.
  @Test(arguments: ["outlier", "huge", "equal", "far query"])
  func gridsThatSayLittleLoseNothing(_ kind: String) throws {
    var catalogue = RandomCatalogue(seed: 73)
    var values = catalogue.matrix(rows: 1000, columns: 12).values.array
    if kind == "outlier" { values[12 * 500] = 1e7 }
    if kind == "huge" { values[12 * 500] = 3e38; values[12 * 501] = -3e38 }
    if kind == "equal" { for index in values.indices { values[index] = Float(index % 12) } }
    let contents = IndexContents(
      codes: try catalogue.codes(count: 1000, levelSizes: [8, 8]),
      vectors: Matrix(rows: 1000, columns: 12, values: values))
    let folder = try TemporaryFolder()
    var builder = IndexBuilder()
    try builder.build(contents, at: folder.file("with"))
    builder.byteVectors = false
    try builder.build(contents, at: folder.file("without"))
    let (with, without) = (
      try SemanticIndex(opening: folder.file("with")), try SemanticIndex(opening: folder.file("without"))
    )
    for query in 0..<20 {
      var vector = (0..<12).map { values[query * 12 + $0] + 0.1 }
      if kind == "far query" { vector[3] = 1e6 }
      let options = SearchOptions(k: 5, candidates: 200, scan: 1000)
      #expect(try with.search(vector, options: options).hits == without.search(vector, options: options).hits)
    }
    try with.verify()
  }

  @Test func addedSegmentsKeepThemToo() throws {
    for keeps in [true, false] {
      let built = try BuiltIndex(seed: 74, count: 300)
      let folder = try TemporaryFolder()
      var builder = IndexBuilder()
      builder.byteVectors = keeps
      try builder.build(built.contents, at: folder.file("index"))
      let live = try LiveIndex(opening: folder.file("index"), options: .init(merging: nil))
      let vectors = try #require(built.contents.vectors)
      try live.update(
        IndexChanges(
          added: .init(
            ids: StringColumn((0..<60).map { "new \($0)" }), vectors: vectors[rows: 0..<60],
            codes: try Codes(levelSizes: [8, 16, 16], values: built.contents.codes.values[slice: 0..<180]))))
      #expect(live.current.segments.allSatisfy { ($0.arrays.byteVectors != nil) == keeps })
      let options = SearchOptions(k: 7, candidates: 50, scan: 200)
      let result = try live.current.search(vectors.row(5), options: options)
      #expect((result.account.vectorsSifted == 50) == keeps)
      // The item and its copy.
      #expect(result.hits.prefix(2).allSatisfy { $0.distance == 0 } && result.hits[2].distance > 0)
      try live.compact()
      #expect((live.current.segments[0].arrays.byteVectors != nil) == keeps)
      #expect(
        try live.current.search(vectors.row(5), options: options).hits.map(\.distance) == result.hits.map(\.distance))
      try live.current.verify()
    }
  }

  @Test func sameFilesForAnyNumberOfThreads() throws {
    let built = try BuiltIndex(seed: 75, count: 900, dimension: 17)
    let folder = try TemporaryFolder()
    let files = try [1, 3].map { (threads: Int) in
      try IndexBuilder().build(
        built.contents, at: folder.file("\(threads)"), pool: ThreadPool(threads: threads)
      ).segments[0].files
    }
    #expect(files[0] == files[1] && files[0][SegmentFile.byteVectors] != nil)
  }
}
