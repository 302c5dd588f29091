import Foundation
import TestSupport
import Testing
import Vectors

@testable import Retrieval

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// FAISS believes its files: what is wrong with one is found before FAISS sees it.
@Suite struct FaissFileTests {
  @Test(arguments: FaissCases.all) func whatIsWrittenIsReadAndSearchesTheSame(_ factory: String) throws {
    let folder = try TemporaryFolder()
    let queries = FaissCases.vectors(40, seed: 71)
    for metric in [FaissIndex.Metric.l2, .innerProduct] {
      if metric == .innerProduct, !FaissCases.isForInnerProducts(factory) {
        #expect(throws: InputError.self) { try FaissCases.make(factory, metric) }
        continue
      }
      let made = try FaissCases.make(factory, metric)
      try made.write(to: folder.file("index"))
      let read = try FaissIndex(readingFrom: folder.file("index"))
      #expect(read.dimension == FaissCases.dimension && read.count == FaissCases.count && read.metric == metric)
      for k in [1, 10, 300] {
        let (a, b) = (try made.search(queries, k: k), try read.search(queries, k: k))
        #expect(a.labels == b.labels && a.distances == b.distances, "k \(k)")
      }
      try FaissCases.use(read, factory)
    }
  }

  /// Lists are written in another way when few of them hold anything.
  @Test(arguments: ["IVF32,Flat", "IVF32,SQ8", "IVF32,PQ4np", "IVF32,PQ8x4fs"])
  func fewFullListsAreReadToo(_ factory: String) throws {
    let folder = try TemporaryFolder()
    let vectors = FaissCases.vectors(32)[rows: 0..<5]
    var sample = FaissCases.vectors(300)
    #expect(throws: InputError.self) { try FaissCases.make(factory, of: vectors, trainedOn: sample) }
    sample = FaissCases.vectors(3000, seed: 5)
    let few = FaissCases.vectors(33, seed: 6)
    let repeated = few.gathered([Int](repeating: 0, count: 20) + [1, 2] + [Int](repeating: 3, count: 18))
    let made = try FaissCases.make(factory, of: repeated, trainedOn: sample)
    try made.write(to: folder.file("index"))
    if !factory.contains("fs") {
      let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.file("index")))
      #expect(bytes.range(of: Data("sprs".utf8)) != nil)
    }
    let read = try FaissIndex(readingFrom: folder.file("index"))
    #expect(try made.search(few, k: 5).labels == read.search(few, k: 5).labels)
  }

  @Test func stringsThatFaissCouldNotSurviveAreRefused() throws {
    for factory in [
      "", "Flat,", ",Flat", "nonsense", "PQ0", "PQ4x0", "PQ4x17", "PQ4x24", "HNSW0", "HNSW1", "HNSW5000",
      "HNSW8,PQ4x12",
      "HNSW8,LSH", "IVF0,Flat", "IVF8", "IVF8,", "IVF8,HNSW8", "IVF8(IVF4,Flat),Flat", "IVF8(LSH),Flat",
      "IVF999999999,Flat",
      "IVF9999999999999999999,Flat", "IVF4000M,Flat", "IVF8(Index9),Flat", "IVF8(,Flat", "OPQ0,PQ4", "PCA0,Flat",
      "PCA,Flat",
      "Pad0,Flat", "ITQ8,LSH", "IDMap,Flat", "Flat,IDMap2", "IVF8,FlatDedup", "RQ2x4", "LSQ2x4", "IMI2x4,Flat", "NSG16",
      "Residual8,PQ4", "IVF8,RQ2x4", "ZnLattice4x10_4", "SQ8,Refine(IVF4,Flat)", "SQ8,Refine(SQ8),RFlat",
      "PQ4,Refine()",
      "SQ8,Refine(SQ8", "RaBitQ", "MinMax,SQ8", "IVF8,ITQ8,SH", "SQ5", "PQ8x4fs_64", "Flat\u{0}", "PQ４",
    ] {
      let error = #expect(throws: InputError.self, "\(factory)") { try FaissCases.make(factory) }
      #expect(error?.kind == .usage, "\(factory)")
    }
  }

  @Test func nothingIsWrittenForAnIndexThatCannotBeRead() throws {
    let folder = try TemporaryFolder()
    var catalogue = RandomCatalogue(seed: 72)
    let codes = try catalogue.codes(count: 50, levelSizes: [4, 4])
    let contents = IndexContents(codes: codes, vectors: catalogue.matrix(rows: 50, columns: 16))
    for factory in ["IDMap,Flat", "RQ2x4", "PQ3", "IVF51,Flat", "IVF8,FlatDedup"] {
      let error = #expect(throws: InputError.self) {
        try IndexBuilder(faiss: factory).build(contents, at: folder.file("index"))
      }
      #expect(error?.source.contains(factory) == true)
    }
    #expect(throws: InputError.self) {
      try IndexBuilder(metric: .cosine, faiss: "HNSW8,PQ4").build(contents, at: folder.file("index"))
    }
    #expect(!FileManager.default.fileExists(atPath: folder.file("index")))
  }

  // MARK: Lists in another file

  /// An inverted file whose lists lie in the file `target`, which has `lists` lists of one vector.
  static func onDisk(_ target: String, size: Int) throws -> [UInt8] {
    let bytes = try FaissCases.bytes("IVF8,Flat")
    let start = try #require((0..<bytes.count - 4).last { bytes[$0..<$0 + 4].elementsEqual("ilar".utf8) })
    var forged = Array(bytes[..<start]) + Array("ilod".utf8)
    func append(_ value: Int) { withUnsafeBytes(of: UInt64(value).littleEndian) { forged += $0 } }
    append(8)
    append(4 * FaissCases.dimension)
    append(8)
    for _ in 0..<8 {
      append(1)  // vectors of the list
      append(1)  // room
      append(0)  // where they begin
    }
    append(0)
    append(target.utf8.count)
    forged += Array(target.utf8)
    append(size)
    return forged
  }

  @Test func listsInAnotherFileAreRefusedAndItIsNotTouched() throws {
    let folder = try TemporaryFolder()
    let target = folder.file("private")
    let secret = Data((0..<4096).map { UInt8(truncatingIfNeeded: $0 * 7) })
    try secret.write(to: URL(fileURLWithPath: target))
    try Data(Self.onDisk(target, size: secret.count)).write(to: URL(fileURLWithPath: folder.file("index")))
    try expectRefusal(folder.file("index"), target, secret)
  }

  @Test(.enabled(if: Python.isReady)) func listsInAnotherFileAsFaissWritesThemAreRefused() throws {
    let folder = try TemporaryFolder()
    let target = folder.file("lists")
    _ = try Python.run(
      """
      import sys, numpy as np, faiss
      x = np.random.default_rng(0).standard_normal((300, 16)).astype(np.float32)
      index = faiss.index_factory(16, "IVF8,Flat")
      index.train(x)
      lists = faiss.OnDiskInvertedLists(8, index.code_size, sys.argv[1])
      index.replace_invlists(lists)
      index.add(x)
      faiss.write_index(index, sys.argv[2])
      """, target, folder.file("index"))
    try expectRefusal(folder.file("index"), target, Data(contentsOf: URL(fileURLWithPath: target)))
  }

  private func expectRefusal(_ path: String, _ target: String, _ contents: Data) throws {
    // A file that nobody may write would not be opened to be written: its times say whether it was read.
    var before = stat()
    #expect(stat(target, &before) == 0)
    let error = #expect(throws: InputError.self) { try FaissIndex(readingFrom: path) }
    #expect(error?.kind == .unsupported && error?.found?.contains("on-disk") == true)
    var after = stat()
    #expect(stat(target, &after) == 0)
    #expect(before.st_atim.tv_sec == after.st_atim.tv_sec && before.st_atim.tv_nsec == after.st_atim.tv_nsec)
    #expect(before.st_mtim.tv_sec == after.st_mtim.tv_sec && before.st_size == after.st_size)
    #expect(try Data(contentsOf: URL(fileURLWithPath: target)) == contents)
    #expect(!FileManager.default.fileExists(atPath: target + ".new"))
  }

  /// Nothing of an index may be such a file either, whatever digest the manifest gives.
  @Test func anIndexWithListsElsewhereDoesNotOpen() throws {
    let built = try BuiltIndex(seed: 73, faiss: "IVF8,Flat", count: FaissCases.count, dimension: FaissCases.dimension)
    let target = built.index.path + "-private"
    try Data(count: 4096).write(to: URL(fileURLWithPath: target))
    try Self.replaceVectors(of: built.index, by: Self.onDisk(target, size: 4096))
    let error = #expect(throws: InputError.self) { try SemanticIndex(opening: built.index.path) }
    #expect(error?.kind == .unsupported)
  }

  static func replaceVectors(of index: SemanticIndex, by bytes: [UInt8]) throws {
    var manifest = index.manifest
    let folder = IndexDirectory.folder(index.path, segment: manifest.segments[0].name)
    try Data(bytes).write(to: URL(fileURLWithPath: folder + "/" + SegmentFile.vectors))
    var digest = SHA256()
    digest.update(bytes)
    manifest.segments[0].files[SegmentFile.vectors] = .init(bytes: bytes.count, sha256: digest.hexDigest())
    try manifest.write(directory: index.path)
  }

  // MARK: Types and sizes

  @Test func typesThatDoNotExistAreRefused() throws {
    let folder = try TemporaryFolder()
    func expectRefusal(_ factory: String, _ place: Int, _ value: UInt8) throws {
      var bytes = try FaissCases.bytes(factory)
      bytes[place] = value
      try Data(bytes).write(to: URL(fileURLWithPath: folder.file("index")))
      #expect(throws: InputError.self, "\(factory), byte \(place)") {
        try FaissIndex(readingFrom: folder.file("index"))
      }
    }
    // After the type, the header of 33 bytes.
    for value: UInt8 in [2, 3, 5, 8, 9, 100, 255] { try expectRefusal("SQ8", 37, value) }
    for value: UInt8 in [2, 20, 23, 255] { try expectRefusal("SQ8", 33, value) }
    for value: UInt8 in [0, 2, 255] { try expectRefusal("SQ8", 32, value) }
  }

  /// Every length but the right one, and every place where a file may be longer.
  @Test(arguments: ["SQ8", "PQ4np", "IVF8,SQ8", "HNSW8", "PCA8,IVF8,SQ8,RFlat", "IVF8,PQ8x4fs"])
  func everyOtherLengthIsRefused(_ factory: String) throws {
    let bytes = try FaissCases.bytes(factory)
    for length in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 150)) {
      #expect(throws: InputError.self) { try check(Array(bytes[..<length])) }
    }
    #expect(throws: InputError.self) { try check(bytes + [0]) }
    #expect(try check(bytes).count == FaissCases.count)
  }

  private func check(_ bytes: [UInt8]) throws -> FaissIndexHeader {
    try bytes.withUnsafeBytes { try FaissFileReader.check($0, source: "vectors.faiss") }
  }

  // MARK: Mutants

  private static let variable = "SEMID_TEST_FAISS_MUTANTS"
  private static let target = ProcessInfo.processInfo.environment[variable]
  /// This test program.
  private static let program = CommandLine.arguments[0]

  /// In a process of its own: a fault of FAISS would end it.
  @Test(.enabled(if: target != nil)) func usesMutants() throws {
    let log = try #require(Self.target)
    var answered = 0
    var refused = 0
    let folder = try TemporaryFolder()
    // Training the rotation of OPQ takes seconds: one index with it is enough.
    for (number, factory) in FaissCases.all.enumerated() where !factory.contains("OPQ") || factory == "OPQ4,PQ4np" {
      let whole = try FaissCases.bytes(factory)
      var mutator = FaissMutator(seed: UInt64(1000 + number))
      for mutant in 0..<8 {
        try "\(factory), mutant \(mutant)".write(toFile: log, atomically: false, encoding: .utf8)
        try Data(mutator.change(whole)).write(to: URL(fileURLWithPath: folder.file("index")))
        do {
          try FaissCases.use(FaissIndex(readingFrom: folder.file("index")), factory)
          answered += 1
        } catch is InputError {
          refused += 1
        }
      }
    }
    try "\(answered) \(refused)".write(toFile: log, atomically: false, encoding: .utf8)
  }

  @Test(.enabled(if: target != nil)) func opensMutantIndexes() throws {
    let log = try #require(Self.target)
    var answered = 0
    var refused = 0
    for (number, factory) in ["SQ8", "IVF8,Flat", "IVF8,PQ4np", "HNSW8", "PCA8,SQ8", "IVF8,PQ4np,RFlat"].enumerated() {
      let built = try BuiltIndex(
        seed: 74, faiss: factory, count: FaissCases.count, levelSizes: [4, 6, 8], dimension: FaissCases.dimension)
      let whole = [UInt8](
        try Data(
          contentsOf: URL(
            fileURLWithPath: IndexDirectory.folder(built.index.path, segment: built.index.manifest.segments[0].name)
              + "/" + SegmentFile.vectors)))
      var mutator = FaissMutator(seed: UInt64(2000 + number))
      for mutant in 0..<40 {
        try "\(factory), mutant \(mutant)".write(toFile: log, atomically: false, encoding: .utf8)
        try Self.replaceVectors(of: built.index, by: mutator.change(whole))
        do {
          let index = try SemanticIndex(opening: built.index.path)
          _ = try index.search(built.queries[rows: 0..<4], options: SearchOptions(k: 5, candidates: 50, scan: 100))
          _ = try index.exactSearch(built.queries[rows: 0..<4], k: 5)
          try index.verify()
          answered += 1
        } catch is InputError {
          refused += 1
        }
      }
    }
    try "\(answered) \(refused)".write(toFile: log, atomically: false, encoding: .utf8)
  }

  @Test(
    .enabled(if: target == nil && FileManager.default.isExecutableFile(atPath: program)),
    arguments: ["usesMutants", "opensMutantIndexes"])
  func mutantsAreRefusedOrAnswer(_ name: String) throws {
    let folder = try TemporaryFolder()
    let log = folder.file("log")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Self.program)
    process.arguments = ["--testing-library", "swift-testing", "--filter", name]
    process.environment = ProcessInfo.processInfo.environment.merging([Self.variable: log]) { $1 }
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    let last = try String(contentsOfFile: log, encoding: .utf8)
    #expect(process.terminationReason == .exit && process.terminationStatus == 0, "ended at \(last)")
    let counts = last.split(separator: " ").compactMap { Int($0) }
    #expect(counts.count == 2 && counts.reduce(0, +) >= 240 && counts.allSatisfy { $0 > 20 }, "\(last)")
    print("\(name): mutants answered and refused: \(last)")
  }
}
