import Foundation
import Synchronization
import TestSupport
import Testing
import Tokenizers
import Vectors

@testable import Retrieval

@Suite struct IndexDirectoryTests {
  @Test func answersByIDPrefixTextAndItem() throws {
    let built = try BuiltIndex(seed: 20, count: 500)
    let index = built.index
    let codes = built.contents.codes
    for row in stride(from: 0, to: 500, by: 13) {
      #expect(index.row(id: "item \(row)") == row && index.id(ofRow: row) == "item \(row)")
      #expect(index.trie.codes(ofRow: row) == codes[row])
      let same = (0..<500).filter { codes[$0] == codes[row] }
      #expect(index.rows(prefix: codes[row]) == same)
      #expect(try index.rows(text: TokenFormat.tokens.text(for: codes[row])) == same)
      #expect(try index.rows(text: TokenFormat.plain().text(for: codes[row])) == same)
      let near = (0..<500).filter { codes[$0][0] == codes[row][0] }
      #expect(try index.rows(text: "<a_\(codes[row][0])>", prefix: true).sorted() == near)
      #expect(try index.vector(ofRow: row) == built.contents.vectors?.row(row))
    }
    #expect(index.row(id: "item 500") == nil && index.row(id: "") == nil)
    #expect(throws: InputError.self) { try index.rows(text: "<a_8>", prefix: true) }
    #expect(throws: InputError.self) { try index.rows(text: "<a_1>") }
    try index.verify()
  }

  @Test func withoutIDsRowsServe() throws {
    let folder = try TemporaryFolder()
    let codes = try Codes(levelSizes: [3], values: Buffer([2, 0, 2]))
    try IndexBuilder().build(IndexContents(codes: codes), at: folder.file("index"))
    let index = try SemanticIndex(opening: folder.file("index"))
    #expect(index.row(id: "2") == 2 && index.row(id: "3") == nil && index.row(id: "02") == nil)
    #expect(index.id(ofRow: 1) == "1")
    #expect(index.rows(prefix: [2]) == [0, 2])
    #expect(throws: InputError.self) { try index.search([1]) }
    try index.verify()
  }

  @Test func anotherModelIsRefused() throws {
    let built = try BuiltIndex(seed: 21, count: 50)
    _ = try SemanticIndex(opening: built.index.path, model: "a model")
    let error = #expect(throws: InputError.self) {
      try SemanticIndex(opening: built.index.path, model: "another model")
    }
    #expect(error?.kind == .mismatch)
  }

  @Test func theModelIsKeptWithTheIndex() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("index")
    var catalogue = RandomCatalogue(seed: 27)
    let vectors = catalogue.matrix(rows: 300, columns: 6)
    var fingerprints: [String] = []
    for size in [8, 9] {
      var options = RQKMeansOptions()
      options.levelSizes = [size, 8]
      let model = try RQKMeans.train(vectors, options: options).model
      let codes = try model.encode(vectors)
      try IndexBuilder().build(IndexContents(codes: codes, vectors: vectors, tokenizer: model), at: path)
      let index = try SemanticIndex(opening: path, model: model.fingerprint)
      try index.verify()
      let kept = try index.tokenizer()
      #expect(kept.fingerprint == model.fingerprint)
      // A vector of an item has the item's ID.
      for row in stride(from: 0, to: 300, by: 29) {
        #expect(try kept.encode(vectors[rows: row..<row + 1])[0] == index.trie.codes(ofRow: row))
        #expect(try index.search(vectors.row(row), options: .unlimited(k: 1)).hits.first?.row == row)
      }
      fingerprints.append(model.fingerprint)
    }
    // The first one's went with its index.
    #expect(try FileManager.default.contentsOfDirectory(atPath: path + "/models") == [fingerprints[1]])

    let weights = "\(path)/models/\(fingerprints[1])/model.safetensors"
    try Data(contentsOf: URL(fileURLWithPath: weights)).dropLast(3).write(to: URL(fileURLWithPath: weights))
    let error = #expect(throws: InputError.self) { try SemanticIndex(opening: path) }
    #expect(error?.description.contains("model.safetensors") == true)
    let bare = try BuiltIndex(seed: 28, count: 50)
    #expect(throws: InputError.self) { try bare.index.tokenizer() }
  }

  @Test func partsThatDoNotBelongTogetherAreRefused() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("index")
    var catalogue = RandomCatalogue(seed: 22)
    let codes = try catalogue.codes(count: 10, levelSizes: [4, 4])
    let books = try catalogue.codebooks(levelSizes: [4, 4], dimension: 3)
    let good = catalogue.vectors(codes, books)
    func refuse(_ contents: IndexContents, metric: Metric = .l2, faiss: String = "Flat", place: String? = nil) {
      let error = #expect(throws: InputError.self) {
        try IndexBuilder(metric: metric, faiss: faiss).build(contents, at: path)
      }
      if let place { #expect(error?.place == place) }
      #expect(!FileManager.default.fileExists(atPath: path + "/manifest.json"))
    }
    refuse(IndexContents(codes: codes, vectors: catalogue.matrix(rows: 9, columns: 3)))
    refuse(IndexContents(codes: codes, vectors: catalogue.matrix(rows: 10, columns: 4), codebooks: books))
    refuse(IndexContents(codes: codes, ids: StringColumn(["a"])))
    refuse(IndexContents(codes: codes, ids: StringColumn((0..<10).map { "\($0 % 9)" })), place: "row 9")
    refuse(IndexContents(codes: codes, codebooks: try catalogue.codebooks(levelSizes: [4, 5], dimension: 3)))
    for value in [Float.nan, .infinity] {
      var values = good.values.array
      values[17] = value
      refuse(
        IndexContents(codes: codes, vectors: Matrix(rows: 10, columns: 3, values: values)), place: "row 5, column 2")
    }
    var values = good.values.array
    for column in 0..<3 { values[12 + column] = 0 }
    refuse(
      IndexContents(codes: codes, vectors: Matrix(rows: 10, columns: 3, values: values)), metric: .cosine,
      place: "row 4")
    refuse(IndexContents(codes: codes, vectors: good), faiss: "no such thing")
    refuse(IndexContents(codes: codes, vectors: good), faiss: "IVF100,Flat")
  }

  @Test func aBuildReplacesTheIndexAndReadersKeepTheirs() throws {
    let built = try BuiltIndex(seed: 23, count: 300)
    let before = built.index
    let path = before.path
    let hits = try before.search(built.queries.row(0), options: .unlimited(k: 5)).hits
    // What a killed build leaves.
    for name in ["s-mwzh6fpb-1o1z1k6s5fpx8", ".s-mwzh6fpb-1o1z1k6s5fpx9.abc.semid-tmp"] {
      try FileManager.default.createDirectory(
        atPath: path + "/segments/" + name, withIntermediateDirectories: true)
    }
    var contents = built.contents
    contents.model = "a later model"
    try IndexBuilder().build(contents, at: path)
    let after = try SemanticIndex(opening: path, model: "a later model")
    let names = try FileManager.default.contentsOfDirectory(atPath: path + "/segments").filter { $0 != ".lock" }
    #expect(names == after.manifest.segments.map(\.name))
    #expect(try before.search(built.queries.row(0), options: .unlimited(k: 5)).hits == hits)
    #expect(try after.search(built.queries.row(0), options: .unlimited(k: 5)).hits == hits)
  }

  @Test func aFailedBuildLeavesTheOldIndex() throws {
    let built = try BuiltIndex(seed: 24, count: 300)
    var contents = built.contents
    contents.vectors = Matrix(rows: 300, columns: 24, values: [Float](repeating: 1, count: 300 * 24))
    #expect(throws: InputError.self) {
      try IndexBuilder(faiss: "IVF1000,Flat").build(contents, at: built.index.path)
    }
    let index = try SemanticIndex(opening: built.index.path)
    #expect(index.manifest == built.index.manifest)
    try index.verify()
    let names = try FileManager.default.contentsOfDirectory(atPath: index.path + "/segments")
    #expect(Set(names) == [".lock", index.manifest.segments[0].name])
  }

  @Test func foreignFoldersAreLeftAlone() throws {
    let folder = try TemporaryFolder()
    let codes = try Codes(levelSizes: [3], values: Buffer([2, 0, 2]))
    try "mine".write(toFile: folder.file("letter.txt"), atomically: true, encoding: .utf8)
    #expect(throws: InputError.self) { try IndexBuilder().build(IndexContents(codes: codes), at: folder.path) }
    #expect(throws: InputError.self) {
      try IndexBuilder().build(IndexContents(codes: codes), at: folder.file("letter.txt"))
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["letter.txt"])
    let error = #expect(throws: InputError.self) { try SemanticIndex(opening: folder.path) }
    #expect(error?.kind == .missing)
    #expect(throws: InputError.self) { try SemanticIndex(opening: folder.file("nowhere")) }
  }

  /// The same build again leaves the files as they are; where they are damaged, it writes new ones.
  @Test func theSameBuildKeepsItsFiles() throws {
    let built = try BuiltIndex(seed: 26, count: 200)
    let path = built.index.path
    func files() throws -> [String] { try FileManager.default.subpathsOfDirectory(atPath: path).sorted() }
    func bytes() throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path + "/manifest.json")) }
    try IndexBuilder().build(built.contents, at: path)
    let (before, manifest) = (try files(), try bytes())
    try IndexBuilder().build(built.contents, at: path)
    #expect(try files() == before && bytes() == manifest)

    let name = try SemanticIndex(opening: path).manifest.segments[0].name
    let array = try #require(
      try FileManager.default.contentsOfDirectory(atPath: path + "/segments/" + name).sorted().last)
    let place = URL(fileURLWithPath: path + "/segments/" + name + "/" + array)
    var damaged = try Data(contentsOf: place)
    damaged[damaged.count - 1] ^= 1
    try damaged.write(to: place)
    try IndexBuilder().build(built.contents, at: path)
    let index = try SemanticIndex(opening: path)
    #expect(index.manifest.segments[0].name != name)
    try index.verify()
  }

  /// The builds go through two states in turns, and come back to the same names.
  @Test func readersOpenWhileBuildsPublish() throws {
    let built = try BuiltIndex(seed: 25, count: 200)
    let path = built.index.path
    let done = Atomic(false)
    let opened = Atomic(0)
    let fault = Mutex<(any Error)?>(nil)
    let ended = DispatchSemaphore(value: 0)
    // A thread of its own, which no pool has to spare: it opens until the builds are done, and they go on until it has
    // opened a few.
    Thread {
      do {
        while !done.load(ordering: .acquiring) {
          let index = try SemanticIndex(opening: path, model: "a model", pool: ThreadPool(threads: 1))
          if index.count == 200 { opened.add(1, ordering: .acquiringAndReleasing) }
        }
      } catch {
        fault.withLock { $0 = error }
      }
      ended.signal()
    }.start()
    let patience = Date(timeIntervalSinceNow: 60)
    var builds = 0
    while builds < 15 || (opened.load(ordering: .acquiring) < 3 && fault.withLock({ $0 == nil }) && Date() < patience) {
      try IndexBuilder(metric: builds % 2 == 0 ? .l2 : .cosine).build(built.contents, at: path)
      builds += 1
    }
    done.store(true, ordering: .releasing)
    ended.wait()
    if let fault = fault.withLock({ $0 }) { throw fault }
    #expect(opened.load(ordering: .acquiring) >= 3)
    try SemanticIndex(opening: path).verify()
  }

  @Test func oneBuildAtATime() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("index")
    let codes = try Codes(levelSizes: [3], values: Buffer([2, 0, 2]))
    do {
      let directory = try IndexDirectory(writing: path)
      let error = #expect(throws: InputError.self) { try IndexBuilder().build(IndexContents(codes: codes), at: path) }
      #expect(error?.found == "another build or update is under way")
      withExtendedLifetime(directory) {}
    }
    try IndexBuilder().build(IndexContents(codes: codes), at: path)
  }
}
