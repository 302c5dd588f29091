import ArgumentParser
import Foundation
import SemanticID
import Synchronization
import TestSupport
import Testing

@testable import semid

/// What verbs say of the files that they read.
@Suite struct InputCommandTests {
  private final class Sink: Sendable {
    private let text = Mutex("")
    var written: String { text.withLock { $0 } }
    func append(_ more: String) { text.withLock { $0 += more } }
  }

  private static func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    var random = CounterRandom(seed: 4)
    func normal(_ rows: Int) -> Matrix {
      Matrix(rows: rows, columns: 4, values: (0..<rows * 4).map { _ in Float(random.normals().0) })
    }
    try RQKMeans(codebooks: Codebooks(levels: [normal(4), normal(4), normal(4)])).write(to: folder.file("model"))
    let columns: [ParquetWriter.Column] = [.int32("product_id"), .vector("embedding", columns: 4), .string("sku")]
    try ParquetWriter.write(to: folder.file("x.parquet"), columns: columns) { file in
      try file.append([
        .int32(Buffer((0..<30).map { 7000 + $0 })), .matrix(normal(30)),
        .strings(StringColumn((0..<30).map { "s\($0)" })),
      ])
    }
    return folder
  }

  @Test func verbsSayWhatTheyTook() async throws {
    let folder = try Self.folder()
    let (input, model) = (folder.file("x.parquet"), folder.file("model"))
    for arguments in [[], ["--json"], ["--quiet"]] {
      let encoded = try await Self.run(Encode.self, [input, "-m", model, "-o", folder.file("c.parquet")] + arguments)
      let resolved = try await Self.run(Resolve.self, [input, "-m", model, "-o", folder.file("r.parquet")] + arguments)
      let built = try await Self.run(IndexBuild.self, [input, "-m", model, "-o", folder.file("index")] + arguments)
      for text in [encoded, resolved, built] {
        #expect(text.contains("vectors: embedding, 30 × 4\n") == (arguments != ["--quiet"]), "\(text)")
        #expect(text.contains("ids: row numbers\n") == (arguments != ["--quiet"]), "\(text)")
        #expect(text.contains("warning: \(input): no column of ids under a known name"), "\(text)")
        #expect(text.contains("product_id: int32") && text.contains("--ids product_id"), "\(text)")
      }
    }
    let named = try await Self.run(
      IndexBuild.self, [input, "--ids", "product_id", "-m", model, "-o", folder.file("index")])
    #expect(named.contains("ids: product_id\n") && !named.contains("warning"), "\(named)")
    #expect(try SemanticIndex(opening: folder.file("index")).id(ofRow: 0).hasPrefix("70"))
    let none = try await Self.run(
      Encode.self, [input, "--ids", "none", "-m", model, "-o", folder.file("c.parquet")])
    #expect(none.contains("ids: row numbers\n") && !none.contains("warning"), "\(none)")
  }

  /// What a verb writes on standard error.
  private static func run<Verb: SemidCommand>(_ verb: Verb.Type, _ arguments: [String]) async throws -> String {
    let errors = Sink()
    let command = try verb.parse(arguments)
    let console = Console(
      command.common, results: ResultStream(capacity: 1 << 16) { _ in },
      diagnostics: Diagnostics(canRedraw: false) { errors.append($0) }, columns: nil)
    try await command.execute(console)
    return errors.written
  }

  @Test func zerosUnderCosineAreToldFirst() async throws {
    let folder = try Self.folder()
    let path = folder.file("zero.npy")
    var values = [Float](repeating: 1, count: 40)
    for column in 12..<16 { values[column] = 0 }
    try NPY.write(Matrix(rows: 10, columns: 4, values: values), to: path)
    let arguments = [path, "-m", folder.file("model"), "-o", folder.file("index")]
    let error = await #expect(throws: InputError.self) {
      _ = try await Self.run(IndexBuild.self, arguments + ["--metric", "cosine"])
    }
    #expect(error?.source == path && error?.place == "row 3 (from 0)")
    #expect(!FileManager.default.fileExists(atPath: folder.file("index")))
    _ = try await Self.run(IndexBuild.self, arguments + ["--metric", "l2"])

    // A model that was trained for cosine; an index under cosine of vectors without zeros.
    values = (0..<40).map { Float($0 % 7 + 1) }
    try NPY.write(Matrix(rows: 10, columns: 4, values: values), to: folder.file("good.npy"))
    try AtomicFile.write((0..<10).map { "i\($0)\n" }.joined(), to: folder.file("ids.txt"))
    let model = folder.file("cosine")
    let training = [folder.file("good.npy"), "--codebook-size", "2", "--metric", "cosine", "-o", model]
    _ = try await Self.run(TrainRQKMeans.self, training)
    let index = folder.file("cosine-index")
    _ = try await Self.run(IndexBuild.self, [folder.file("good.npy"), "-m", model, "-o", index])
    _ = try await Self.run(Encode.self, [folder.file("good.npy"), "-m", model, "-o", folder.file("good.parquet")])
    let output = folder.file("out.npy")
    let bench = ["--data", path, "--metric", "cosine", "--codebook-size", "2", "--k", "1"]
    func expectTold<Verb: SemidCommand>(_ verb: Verb.Type, _ arguments: [String]) async {
      let error = await #expect(throws: InputError.self, "\(verb)") { _ = try await Self.run(verb, arguments) }
      #expect(error?.source == path && error?.place == "row 3 (from 0)", "\(verb): \(error?.description ?? "")")
      #expect(!FileManager.default.fileExists(atPath: output), "\(verb)")
    }
    await expectTold(TrainRQKMeans.self, [path, "--codebook-size", "2", "--metric", "cosine", "-o", output])
    for balance in ["none", "price", "strict"] {
      let options = ["--codebook-size", "2", "--metric", "cosine", "--balance", balance, "-o", model + balance]
      _ = try await Self.run(TrainRQKMeans.self, [folder.file("good.npy")] + options)
      await expectTold(Encode.self, [path, "-m", model + balance, "-o", output])
    }
    await expectTold(Encode.self, [path, "-m", model, "-o", output, "--beam", "2"])
    await expectTold(Resolve.self, [path, "-m", model, "-o", output])
    await expectTold(Resolve.self, [path, "-m", model, "-o", output, "--codes", folder.file("good.parquet")])
    let ids = ["--ids", folder.file("ids.txt")]
    await expectTold(RegistryAdd.self, [folder.file("ids.db"), path, "-m", model, "-o", output] + ids)
    await expectTold(IndexBuild.self, [path, "-m", model, "-o", output])
    await expectTold(IndexAdd.self, [index, path])
    await expectTold(EvaluateCodes.self, [path, "-m", model])
    await expectTold(EvaluateCodes.self, [path, "-m", folder.file("model"), "--metric", "cosine"])
    await expectTold(Search.self, [index, "--vector", path])
    await expectTold(Search.self, [index, "--vector", path + ":3", "--exact"])
    await expectTold(BenchFilters.self, [index, "--queries", path])
    await expectTold(BenchRecall.self, bench)
    await expectTold(BenchCandidates.self, bench)
  }

  @Test func modelsAndPathsThatAreWrongAreNamed() async throws {
    let folder = try Self.folder()
    try FileManager.default.createDirectory(atPath: folder.file("books"), withIntermediateDirectories: true)
    var archive = NPZWriter()
    archive.add("codebook_0", Matrix(rows: 2, columns: 4, values: [1, 2, 3, 4, 5, 6, 7, 8]))
    try archive.write(to: folder.file("books/codebooks.npz"))
    #expect(try TokenizerModel.open(folder.file("books")).levelSizes == [2])
    archive = NPZWriter()
    archive.add("codebook_0", Matrix(rows: 2, columns: 4, values: [1, 2, 3, 4, 5, .nan, 7, 8]))
    try archive.write(to: folder.file("books/codebooks.npz"))
    for path in [folder.file("books"), folder.file("books/codebooks.npz")] {
      let error = #expect(throws: InputError.self) { try TokenizerModel.open(path) }
      #expect(error?.source == folder.file("books/codebooks.npz") && error?.place == "level 0, codeword 1")
    }
    try AtomicFile.write("[]", to: folder.file("x.json"))
    let below = #expect(throws: InputError.self) { try SemanticIndex(opening: folder.file("x.json")) }
    #expect(below?.source == folder.file("x.json") && below?.expected == "a folder")
  }
}
