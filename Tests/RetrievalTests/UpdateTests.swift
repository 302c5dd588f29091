import Foundation
import TestSupport
import Testing
import Tokenizers
import Vectors

@testable import Retrieval

/// A random catalogue that changes, as a dictionary, and the index that goes through the same changes.
private struct ChangingCatalogue {
  struct Item {
    var codes: [UInt16]
    var vector: [Float]
  }

  static let sizes = [5, 6, 7]
  let metric: Metric
  let holdsVectors: Bool
  let codebooks: Codebooks
  let folder: TemporaryFolder
  var random: RandomCatalogue
  var items: [String: Item] = [:]
  var next = 0

  init(seed: UInt64, metric: Metric, holdsVectors: Bool) throws {
    self.metric = metric
    self.holdsVectors = holdsVectors
    random = RandomCatalogue(seed: seed)
    codebooks = try random.codebooks(levelSizes: Self.sizes, dimension: 9)
    folder = try TemporaryFolder()
    let ids = (0..<60).map { _ in newID() }
    let added = try make(ids)
    try build(ids, at: folder.file("index"))
    _ = added
  }

  mutating func newID() -> String {
    next += 1
    return "item \(next)"
  }

  /// New contents for items of these ids.
  mutating func make(_ ids: [String]) throws -> IndexChanges.Items {
    let codes = try random.codes(count: ids.count, levelSizes: Self.sizes)
    let vectors = random.vectors(codes, codebooks)
    for (row, id) in ids.enumerated() { items[id] = Item(codes: codes[row], vector: vectors.row(row)) }
    return .init(ids: StringColumn(ids), vectors: holdsVectors ? vectors : nil, codes: codes)
  }

  /// The index of all items, in the order of `ids`, built at once.
  func build(_ ids: [String], at path: String) throws {
    let all = ids.compactMap { items[$0] }
    let codes = try Codes(levelSizes: Self.sizes, values: Buffer(all.flatMap(\.codes)))
    let vectors = Matrix(rows: all.count, columns: 9, values: all.flatMap(\.vector))
    try IndexBuilder(metric: metric).build(
      IndexContents(codes: codes, vectors: holdsVectors ? vectors : nil, ids: StringColumn(ids), codebooks: codebooks),
      at: path)
  }

  mutating func some(_ count: Int) -> [String] {
    var ids = items.keys.sorted()
    return (0..<min(count, ids.count)).map { _ in ids.remove(at: random.random.below(ids.count)) }
  }

  /// One random update.
  mutating func change(_ live: LiveIndex) throws {
    let before = items
    switch items.count < 20 ? 0 : random.random.below(6) {
    case 0:
      let ids = (0..<1 + random.random.below(30)).map { _ in newID() }
      let report = try live.update(IndexChanges(added: make(ids)))
      #expect(report.added == ids.count && report.replaced == 0 && report.deleted == 0)
    case 1:
      let ids = some(1 + random.random.below(12)) + [newID()]
      let report = try live.update(IndexChanges(added: make(ids), isReplacing: true))
      #expect(report.added == 1 && report.replaced == ids.count - 1)
    case 2, 3:
      let ids = some(1 + random.random.below(15))
      let report = try live.update(IndexChanges(deleted: ids + [ids[0]]))
      #expect(report.deleted == ids.count)
      for id in ids { items[id] = nil }
    case 4:
      // What is deleted may come back in the same update, and be another item.
      let gone = some(6)
      for id in gone { items[id] = nil }
      let back = Array(gone.prefix(3))
      let report = try live.update(IndexChanges(added: make(back), deleted: gone))
      #expect(report.deleted == gone.count && report.added == back.count)
    default:
      try live.compact()
      #expect(live.current.segments.count == 1 && live.current.segments[0].live == nil)
      #expect(items.count == before.count)
    }
  }
}

@Suite struct UpdateTests {
  /// An ID that an expansion found, with the items of all segments.
  private struct Found: Equatable {
    var codes: [UInt16]
    var prefix: Int
    var differing: Int
    var distance: Float?
    var items: Set<String>
  }

  private func found(_ set: CandidateSet, in index: SemanticIndex) -> [Found] {
    var all: [Found] = []
    for entry in set.entries {
      let items = Set(index.rows(of: entry, in: set).map(index.id(ofRow:)))
      let codes = index.codes(of: entry)
      if all.last?.codes == codes {
        all[all.count - 1].items.formUnion(items)
      } else {
        all.append(
          Found(
            codes: codes, prefix: entry.prefix, differing: entry.differing, distance: entry.distance, items: items))
      }
    }
    #expect(set.count == all.reduce(0) { $0 + $1.items.count })
    return all
  }

  private struct Hit: Hashable {
    var id: String
    var distance: Float
  }

  private func hits(_ result: SearchResult, in index: SemanticIndex) -> [Hit] {
    result.hits.map { Hit(id: index.id(ofRow: $0.row), distance: $0.distance) }
      .sorted { ($0.distance, $0.id) < ($1.distance, $1.id) }
  }

  /// Everything that can be asked, against the dictionary and an index built at once of the same items.
  private func check(_ index: SemanticIndex, _ catalogue: inout ChangingCatalogue) throws {
    let items = catalogue.items
    #expect(index.count == items.count)
    #expect(Set(index.rows.map(index.id(ofRow:))) == Set(items.keys))
    for (id, item) in items {
      let row = try #require(index.row(id: id))
      #expect(index.contains(row: row) && index.id(ofRow: row) == id && index.codes(ofRow: row) == item.codes)
    }
    #expect(index.row(id: "item 0") == nil)
    let path = catalogue.folder.file("whole")
    try catalogue.build(items.keys.sorted(), at: path)
    let whole = try SemanticIndex(opening: path)
    if catalogue.holdsVectors {
      for id in catalogue.some(5) {
        let (a, b) = (try #require(index.row(id: id)), try #require(whole.row(id: id)))
        #expect(try index.vector(ofRow: a) == whole.vector(ofRow: b))
      }
    }
    #expect(index.trie.codes.array == whole.trie.codes.array)
    #expect(index.trie.levels.map(\.starts.array) == whole.trie.levels.map(\.starts.array))
    for position in 0..<index.trie.count {
      let row = Int(index.trie.rows[position])
      #expect(items[index.id(ofRow: row)]?.codes == index.trie.codes(at: position))
      #expect(Int(index.trie.positions[row]) == position)
    }
    for _ in 0..<6 {
      let id = ChangingCatalogue.sizes.map { UInt16(catalogue.random.random.below($0)) }
      for length in 0...3 {
        let rows = index.rows(prefix: id.prefix(length))
        let expected = items.filter { Array($0.value.codes.prefix(length)) == Array(id.prefix(length)) }
        #expect(Set(rows.map(index.id(ofRow:))) == Set(expected.keys) && rows.count == expected.count)
        let order = rows.map(index.codes(ofRow:))
        #expect(zip(order, order.dropFirst()).allSatisfy { !$1.lexicographicallyPrecedes($0) })
      }
      let rules: [Expansion] = [.exact, .prefix, .hamming(1), .hamming(2), .perLevel(3), .product(2)]
      for rule in rules {
        for budget in [Int.max, 1 + catalogue.random.random.below(40)] {
          let (a, b) = (
            try index.candidates(around: id, by: rule, budget: budget),
            try whole.candidates(around: id, by: rule, budget: budget)
          )
          #expect(found(a, in: index) == found(b, in: whole), "\(rule), budget \(budget)")
          #expect(a.isInCatalogue == b.isInCatalogue && a.budgetExhausted == b.budgetExhausted)
        }
      }
      let pattern = id.map { catalogue.random.random.below(2) == 0 ? $0 : nil }
      #expect(
        try found(index.candidates(matching: pattern), in: index)
          == found(whole.candidates(matching: pattern), in: whole))
    }
    try search(index, whole, &catalogue)
  }

  private func search(_ index: SemanticIndex, _ whole: SemanticIndex, _ catalogue: inout ChangingCatalogue) throws {
    let queries = catalogue.random.matrix(rows: 9, columns: 9)
    // Without vectors items of one ID are at one distance: all of them are asked for.
    let k = catalogue.holdsVectors ? 12 : index.count
    let allowed = Set(catalogue.some(catalogue.items.count / 2))
    let filters = (index.filter(ids: allowed).filter, whole.filter(ids: allowed).filter)
    var results = zip(
      try index.search(queries, options: .unlimited(k: k)), try whole.search(queries, options: .unlimited(k: k))
    ).map { ($0, $1) }
    results += zip(
      try index.search(queries, options: .unlimited(k: k), filter: filters.0),
      try whole.search(queries, options: .unlimited(k: k), filter: filters.1)
    ).map { ($0, $1) }
    if catalogue.holdsVectors {
      results += zip(try index.exactSearch(queries, k: k), try whole.exactSearch(queries, k: k)).map { ($0, $1) }
      results += zip(
        try index.exactSearch(queries, k: k, filter: filters.0), try whole.exactSearch(queries, k: k, filter: filters.1)
      ).map { ($0, $1) }
    }
    for (a, b) in results {
      #expect(hits(a, in: index) == hits(b, in: whole))
      #expect(a.hits.count == min(k, a.account.allowed ?? index.count))
      #expect(zip(a.hits, a.hits.dropFirst()).allSatisfy { ($0.distance, $0.row) < ($1.distance, $1.row) })
    }
    // Budgets are of the whole search, and all that is found is of the index.
    for result in try index.search(queries, options: SearchOptions(k: 3, candidates: 10, scan: 20)) {
      #expect(result.hits.count == min(3, index.count))
      #expect(result.account.vectorsReranked <= 10)
      #expect(result.hits.allSatisfy { catalogue.items[index.id(ofRow: $0.row)] != nil })
    }
  }

  @Test(arguments: [
    (1, Metric.l2, true), (2, .cosine, true), (3, .innerProduct, true), (4, .l2, false),
    (5, .innerProduct, false),
  ])
  func answersAsTheDictionaryDoes(_ seed: Int, _ metric: Metric, _ holdsVectors: Bool) throws {
    var catalogue = try ChangingCatalogue(seed: UInt64(600 + seed), metric: metric, holdsVectors: holdsVectors)
    let path = catalogue.folder.file("index")
    var policy = MergePolicy()
    policy.smallest = 8
    policy.perTier = 3
    let live = try LiveIndex(opening: path, options: .init(merging: seed % 2 == 0 ? nil : policy))
    try check(live.current, &catalogue)
    var mostSegments = 1
    // A state that was taken answers as it did, whatever comes after.
    let kept = live.current
    let keptItems = catalogue.items
    for _ in 0..<14 {
      try catalogue.change(live)
      mostSegments = max(mostSegments, live.current.segments.count)
      try check(live.current, &catalogue)
      try live.current.verify()
    }
    #expect(mostSegments > 1)
    let opened = try SemanticIndex(opening: path)
    #expect(opened.manifest == live.current.manifest)
    try check(opened, &catalogue)
    try live.compact()
    try check(live.current, &catalogue)
    #expect(live.current.manifest.isCompact)
    #expect(try SemanticIndex(opening: path).manifest.isCompact)
    let now = catalogue.items
    catalogue.items = keptItems
    try check(kept, &catalogue)
    catalogue.items = now
    // What is not named is not there.
    let names = try FileManager.default.contentsOfDirectory(atPath: path + "/segments")
    #expect(Set(names) == [".lock", live.current.manifest.segments[0].name])
  }

  @Test(arguments: [1, 2])
  func everySegmentHasTheSketchesThatTheIndexWasBuiltWith(copies: Int) throws {
    let folder = try TemporaryFolder()
    var catalogue = RandomCatalogue(seed: 621)
    let codebooks = try catalogue.codebooks(levelSizes: [8, 16], dimension: 12)
    func items(_ rows: Range<Int>) throws -> IndexContents {
      let codes = try catalogue.codes(count: rows.count, levelSizes: [8, 16])
      return IndexContents(
        codes: codes, vectors: catalogue.vectors(codes, codebooks), ids: StringColumn(rows.map { "\($0)" }),
        codebooks: codebooks)
    }
    var builder = IndexBuilder()
    builder.sketchCopies = copies
    try builder.build(items(0..<400), at: folder.file("index"))
    let live = try LiveIndex(opening: folder.file("index"), options: .init(merging: nil))
    let more = try items(400..<900)
    try live.update(
      IndexChanges(added: .init(ids: #require(more.ids), vectors: more.vectors, codes: more.codes)))
    func check() throws {
      #expect(live.current.manifest.sketchCopies == copies)
      for segment in live.current.segments {
        let layout = try #require(segment.arrays.sketch?.layout)
        #expect(layout.cellCount == segment.count / 128 && layout.itemCount == copies * segment.count)
      }
      try live.current.verify()
    }
    try check()
    try live.compact()
    #expect(live.current.segments.count == 1)
    try check()
    builder.sketchCopies = 3
    #expect(throws: InputError.self) { try builder.build(items(0..<400), at: folder.file("other")) }
  }

  @Test func everythingMayBeDeleted() throws {
    let built = try BuiltIndex(seed: 620, count: 40)
    let live = try LiveIndex(opening: built.index.path)
    try live.update(IndexChanges(deleted: (0..<40).map { "item \($0)" }))
    #expect(live.current.count == 0 && live.current.trie.count == 0 && live.current.rows == [])
    #expect(try live.current.search(built.queries.row(0), options: .unlimited(k: 5)).hits == [])
    #expect(try live.current.exactSearch(built.queries, k: 5).allSatisfy { $0.hits.isEmpty })
    try live.current.verify()
    try live.compact()
    let vectors = try #require(built.contents.vectors)
    try live.update(
      IndexChanges(
        added: .init(
          ids: StringColumn(["new"]), vectors: vectors[rows: 3..<4], codes: built.contents.codes.gathered([3]))))
    #expect(live.current.count == 1 && live.current.segments.count == 1)
    #expect(try live.current.search(vectors.row(3)).hits.map(\.distance) == [0])
    try live.current.verify()
  }

  @Test func badChangesChangeNothing() throws {
    let built = try BuiltIndex(seed: 621, count: 60)
    let path = built.index.path
    let live = try LiveIndex(opening: path)
    let vectors = try #require(built.contents.vectors)
    func names() throws -> Set<String> {
      Set(try FileManager.default.contentsOfDirectory(atPath: path + "/segments"))
    }
    let before = (try names(), live.current.manifest)
    func refuse(_ changes: IndexChanges, _ text: String) throws {
      let error = #expect(throws: InputError.self) { try live.update(changes) }
      #expect(error?.description.contains(text) == true, "\(error?.description ?? "nothing")")
      #expect(try names() == before.0)
      #expect(live.current.manifest == before.1)
      #expect(try SemanticIndex(opening: path).manifest == before.1)
    }
    func items(_ ids: [String], _ rows: Int, vectors: Matrix? = nil) -> IndexChanges.Items {
      .init(
        ids: StringColumn(ids), vectors: vectors ?? built.contents.vectors?[rows: 0..<rows],
        codes: built.contents.codes.gathered(0..<rows))
    }
    try refuse(IndexChanges(added: items(["new", "item 7"], 2)), "item 7")
    try refuse(IndexChanges(added: items(["new", "new"], 2)), "new")
    try refuse(IndexChanges(added: items(["new"], 2)), "ids")
    try refuse(IndexChanges(deleted: ["item 3", "item 77"]), "item 77")
    try refuse(IndexChanges(added: items(["new"], 1, vectors: vectors[rows: 0..<2])), "vectors")
    try refuse(IndexChanges(added: items(["new"], 1, vectors: Matrix(rows: 1, columns: 3, values: [1, 2, 3]))), "24")
    var bad = vectors.row(0)
    bad[5] = .nan
    try refuse(IndexChanges(added: items(["new"], 1, vectors: Matrix(rows: 1, columns: 24, values: bad))), "column 5")
    try refuse(
      IndexChanges(added: .init(ids: StringColumn(["new"]), codes: built.contents.codes.gathered([0]))), "vectors")
    // Without a model nothing can be encoded.
    try refuse(IndexChanges(added: .init(ids: StringColumn(["new"]), vectors: vectors[rows: 0..<1])), "model")
    let report = try live.update(IndexChanges(deleted: ["item 77"], ignoresUnknown: true))
    #expect(report.unknown == 1 && live.current.manifest == before.1)
  }

  @Test func newItemsAreEncodedByTheIndexsModel() throws {
    let folder = try TemporaryFolder()
    var catalogue = RandomCatalogue(seed: 622)
    let vectors = catalogue.matrix(rows: 400, columns: 6)
    var options = RQKMeansOptions()
    options.levelSizes = [8, 8]
    let model = try RQKMeans.train(vectors[rows: 0..<300], options: options).model
    let path = folder.file("index")
    try IndexBuilder().build(
      IndexContents(
        codes: model.encode(vectors[rows: 0..<300]), vectors: vectors[rows: 0..<300],
        ids: StringColumn((0..<300).map { "\($0)" }), tokenizer: model), at: path)
    let live = try LiveIndex(opening: path)
    try live.update(
      IndexChanges(added: .init(ids: StringColumn((300..<400).map { "\($0)" }), vectors: vectors[rows: 300..<400])))
    let codes = try model.encode(vectors)
    for item in stride(from: 0, to: 400, by: 7) {
      let row = try #require(live.current.row(id: "\(item)"))
      #expect(live.current.codes(ofRow: row) == codes[item])
      #expect(try live.current.search(vectors.row(item), options: .unlimited(k: 1)).hits.first?.row == row)
    }
    try live.current.verify()
  }

  @Test func compressedVectorsAreAddedFlatAndCompressedByCompaction() throws {
    let built = try BuiltIndex(seed: 623, faiss: "SQ8", count: 300)
    let live = try LiveIndex(opening: built.index.path)
    let vectors = try #require(built.contents.vectors)
    try live.update(
      IndexChanges(
        added: .init(
          ids: StringColumn((0..<50).map { "new \($0)" }), vectors: vectors[rows: 0..<50],
          codes: built.contents.codes.gathered(0..<50)), deleted: (0..<100).map { "item \($0)" }))
    #expect(live.current.manifest.segments.map(\.faiss) == [nil, "Flat"])
    #expect(try live.current.search(vectors.row(20), options: .unlimited(k: 1)).hits.first?.distance == 0)
    try live.current.verify()
    try live.compact()
    #expect(live.current.manifest.segments.map(\.faiss) == [nil] && live.current.count == 250)
    let hit = try #require(live.current.search(vectors.row(20), options: .unlimited(k: 1)).hits.first)
    #expect(live.current.id(ofRow: hit.row) == "new 20" && hit.distance < 0.1)
    try live.current.verify()
  }

  @Test func oneWriterAtATimeAndOnlyWithIDs() throws {
    let built = try BuiltIndex(seed: 624, count: 30)
    do {
      let live = try LiveIndex(opening: built.index.path)
      let error = #expect(throws: InputError.self) { try LiveIndex(opening: built.index.path) }
      #expect(error?.found == "another build or update is under way")
      #expect(throws: InputError.self) { try IndexBuilder().build(built.contents, at: built.index.path) }
      withExtendedLifetime(live) {}
    }
    _ = try LiveIndex(opening: built.index.path)
    let folder = try TemporaryFolder()
    let codes = try Codes(levelSizes: [3], values: Buffer([2, 0, 2]))
    try IndexBuilder().build(IndexContents(codes: codes), at: folder.file("bare"))
    #expect(throws: InputError.self) { try LiveIndex(opening: folder.file("bare")) }
    #expect(throws: InputError.self) { try LiveIndex(opening: folder.file("nowhere")) }
    #expect(!FileManager.default.fileExists(atPath: folder.file("nowhere")))
  }

  @Test func policyKeepsSegmentsFew() {
    func segment(_ count: Int, deleted: Int = 0) -> IndexManifest.Segment {
      IndexManifest.Segment(
        name: "s", count: count, nodes: [1],
        deleted: deleted == 0 ? nil : .init(name: "d", count: deleted, file: .init(bytes: 0, sha256: "")), files: [:])
    }
    let policy = MergePolicy()
    #expect(policy.next([segment(1_000_000)]) { _ in true } == nil)
    #expect(policy.next([segment(1_000_000), segment(1), segment(2), segment(1000), segment(5)]) { _ in true } == nil)
    #expect(
      policy.next([segment(1_000_000), segment(1), segment(2), segment(1000), segment(5), segment(9)]) { _ in true }
        == [1, 2, 3, 4, 5])
    #expect(policy.next([segment(1000, deleted: 250)]) { _ in true } == nil)
    #expect(policy.next([segment(10), segment(1000, deleted: 251)]) { _ in true } == [1])
    #expect(policy.next([segment(10), segment(1000, deleted: 251)]) { $0.count < 100 } == nil)
    // Adding one item a time: few segments, and each item is rewritten a few times.
    var sizes: [Int] = []
    var rewritten = 0
    var most = 0
    for _ in 0..<20_000 {
      sizes.append(1)
      while let merged = policy.next(sizes.map { segment($0) }, isRewritable: { _ in true }) {
        let sum = merged.reduce(0) { $0 + sizes[$1] }
        rewritten += sum
        sizes[merged[0]] = sum
        for number in merged.dropFirst().reversed() { sizes.remove(at: number) }
      }
      most = max(most, sizes.count)
    }
    #expect(most <= 16, "\(most)")
    print("20,000 additions of one item: at most \(most) segments, \(rewritten) items rewritten")
  }
}
