import ArgumentParser
import Foundation
import SemanticID
import TestSupport
import Testing

@testable import semid

/// The verbs that measure, on small data of each kind.
@Suite struct BenchCommandTests {
  private static func run(_ arguments: [String]) async throws {
    var command = try Semid.parseAsRoot(["bench"] + arguments + ["--quiet", "--threads", "1"])
    guard var asynchronous = command as? any AsyncParsableCommand else { return try command.run() }
    try await asynchronous.run()
  }

  /// An ann-benchmarks file of 400 made-up vectors and 20 queries.
  private static func data(_ folder: TemporaryFolder, distance: String = "euclidean", items: Int = 400) throws -> String
  {
    let made = MadeUpVectors(dimension: 8, seed: 3)
    let (train, test) = (made.vectors(0..<items), made.vectors(5000..<5020))
    let path = folder.file("made-\(items)-\(distance).hdf5")
    func far(_ a: [Float], _ b: [Float]) -> Float {
      guard distance == "angular" else {
        return zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
      }
      func dot(_ a: [Float], _ b: [Float]) -> Float { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
      return 1 - dot(a, b) / (dot(a, a) * dot(b, b)).squareRoot()
    }
    var (neighbors, distances): ([Int32], [Float]) = ([], [])
    for query in 0..<test.rows {
      let all = (0..<items).map { (far(test.row(query), train.row($0)), Int32($0)) }.sorted { $0 < $1 }.prefix(30)
      neighbors += all.map(\.1)
      distances += all.map(\.0)
    }
    try HDF5Writer.write(to: path) { file in
      try file.write(train, as: "train")
      try file.write(test, as: "test")
      try file.write(Buffer(neighbors), rows: test.rows, columns: 30, as: "neighbors")
      try file.write(Matrix(rows: test.rows, columns: 30, values: distances), as: "distances")
      try file.set(distance, attribute: "distance")
    }
    return path
  }

  private static let small = ["--levels", "2", "--codebook-size", "8", "--iterations", "3"]

  @Test(arguments: ["euclidean", "angular"]) func recallLeavesPlotAndResultFiles(_ distance: String) async throws {
    let folder = try TemporaryFolder()
    let data = try Self.data(folder, distance: distance)
    try await Self.run(
      ["recall", "--data", data, "--candidates", "10,400", "--scan-factor", "1,100", "--rounds", "1", "--all"]
        + ["--svg", folder.file("a.svg"), "--ann-benchmarks", folder.file("results"), "--keep", folder.file("kept")]
        + Self.small)
    #expect(try String(contentsOfFile: folder.file("a.svg"), encoding: .utf8).contains("made-400-\(distance)"))
    let place = folder.file("results/made-400-\(distance)/10")
    let single = try FileManager.default.contentsOfDirectory(atPath: place + "/semid").sorted()
    #expect(try FileManager.default.contentsOfDirectory(atPath: place + "/semid-batch").sorted() == single)
    #expect(single.contains("8x8_Flat_candidates_10_scan_10.hdf5"))
    // A search of everything found the file's own neighbors, at the file's own distances.
    let everything = try HDF5File(path: place + "/semid/8x8_Flat_candidates_400_scan_400.hdf5")
    let truth = try ANNBenchmark(path: data)
    let (found, expected) = (try everything.matrix("distances"), try #require(truth.distances))
    var close = 0
    for query in 0..<20 {
      for rank in 0..<10 where abs(found[query, rank] - expected[query, rank]) < 1e-3 { close += 1 }
    }
    #expect(close == 200)

    // The index that was kept is measured again, and is not taken for another file's.
    let index = folder.file("kept/index")
    try await Self.run(["recall", "--data", data, "--index", index, "--rounds", "1", "--candidates", "20", "--json"])
    try await Self.run(
      [
        "candidates", "--data", data, "--index", index, "--budgets", "5,50", "--queries", "7", "--svg",
        folder.file("b.svg"),
      ])
    #expect(try String(contentsOfFile: folder.file("b.svg"), encoding: .utf8).contains("7 queries"))
    let other = try Self.data(folder, distance: distance, items: 300)
    let metric = try Self.data(folder, distance: distance == "angular" ? "euclidean" : "angular")
    for wrong in [other, metric] {
      for verb in ["recall", "candidates"] {
        await #expect(throws: InputError.self) { try await Self.run([verb, "--data", wrong, "--index", index]) }
      }
    }
    await #expect(throws: InputError.self) {
      try await Self.run(["recall", "--data", data, "--index", index, "--k", "31"])
    }
  }

  @Test(arguments: ["l2", "cosine", "ip"]) func plainEmbeddingsHoldQueriesOut(_ metric: String) async throws {
    let folder = try TemporaryFolder()
    let data = folder.file("embeddings.npy")
    try NPY.write(MadeUpVectors(dimension: 6, seed: 2).vectors(0..<330), to: data)
    let options = ["--data", data, "--metric", metric] + Self.small
    try await Self.run(
      ["recall", "--rounds", "1", "--candidates", "20", "--keep", folder.file("kept"), "--queries", "25"]
        + ["--ann-benchmarks", folder.file("results")] + options)
    let place = folder.file("results/embeddings/10/semid")
    let names = try FileManager.default.contentsOfDirectory(atPath: place)
    let file = try HDF5File(path: place + "/" + #require(names.first))
    #expect(try file.matrix("distances").rows == 25)
    let index = try SemanticIndex(opening: folder.file("kept/index"))
    #expect(index.count == 305)
    // The same rows are held out again.
    for verb in [["recall", "--rounds", "1"], ["candidates", "--rules", "prefix"]] {
      try await Self.run(verb + ["--index", folder.file("kept/index"), "--queries", "25"] + options)
    }
    await #expect(throws: InputError.self) {
      try await Self.run(["recall", "--index", folder.file("kept/index"), "--queries", "24"] + options)
    }
    // Nothing tells the truth about compressed vectors.
    await #expect(throws: InputError.self) { try await Self.run(["recall", "--faiss", "SQ8"] + options) }
  }

  @Test func aDataSetsOwnMetricIsNotOverruled() async throws {
    let folder = try TemporaryFolder()
    let data = try Self.data(folder)
    await #expect(throws: InputError.self) {
      try await Self.run(["recall", "--data", data, "--metric", "cosine"] + Self.small)
    }
    try NPY.write(Matrix(rows: 1, columns: 3, values: [1, 2, 3]), to: folder.file("one.npy"))
    await #expect(throws: InputError.self) { try await Self.run(["recall", "--data", folder.file("one.npy")]) }
  }

  @Test func growthMeasuresAndPredicts() async throws {
    let folder = try TemporaryFolder()
    try await Self.run(
      [
        "growth", "--items", "300,600", "--dimension", "5", "--predict", "1000", "--machines", "1,2", "--scratch",
        folder.path,
      ]
        + ["--levels", "2", "--codebook-size", "8"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  @Test(arguments: [
    ["recall"], ["recall", "--data", "x.hdf5", "--k", "0"], ["recall", "--data", "x.hdf5", "--candidates", "20,0"],
    ["recall", "--data", "x.hdf5", "--scan-factor", ""], ["recall", "--data", "x.hdf5", "--rounds", "0"],
    ["recall", "--data", "x.hdf5", "--index", "a", "--keep", "b"], ["recall", "--data", "x.hdf5", "--queries", "0"],
    ["candidates", "--data", "x.hdf5", "--rules", "sideways"], ["candidates", "--data", "x.hdf5", "--budgets", "1,,2"],
    ["candidates", "--data", "x.hdf5", "--rules", "hamming:-1"], ["growth", "--items", "3"],
    ["growth", "--items", "99999999999"], ["growth", "--dimension", "0"], ["growth", "--recall", "1.5"],
    ["growth", "--machines", "0"],
  ]) func wrongOptionsAreRefused(_ arguments: [String]) {
    #expect(throws: (any Error).self) { _ = try Semid.parseAsRoot(["bench"] + arguments) }
  }

  @Test func filesThatAreNoDataSetsAreRefused() async throws {
    let folder = try TemporaryFolder()
    try AtomicFile.write("not HDF5", to: folder.file("x.hdf5"))
    for path in [folder.file("x.hdf5"), folder.file("nowhere.hdf5")] {
      await #expect(throws: InputError.self) {
        try await Self.run(["recall", "--data", path, "--svg", folder.file("a.svg")])
      }
    }
    #expect(!FileManager.default.fileExists(atPath: folder.file("a.svg")))
  }
}
