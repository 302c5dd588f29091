import ArgumentParser
import Foundation
import SemanticID
import Synchronization
import TestSupport
import Testing

@testable import semid

@Suite struct EvaluateCodesTests {
  private final class Sink: Sendable {
    private let text = Mutex("")
    var written: String { text.withLock { $0 } }
    func append(_ more: String) { text.withLock { $0 += more } }
  }

  private func run(_ arguments: [String]) async throws -> String {
    let output = Sink()
    let command = try EvaluateCodes.parse(arguments)
    let console = Console(
      command.common, results: ResultStream(capacity: 1 << 16) { output.append(String(decoding: $0, as: UTF8.self)) },
      diagnostics: Diagnostics(canRedraw: false) { _ in }, columns: nil)
    try await command.execute(console)
    try console.results.flush()
    return output.written
  }

  private func fault(_ arguments: String...) async -> InputError? {
    do {
      _ = try await run(arguments)
      return nil
    } catch { return error as? InputError }
  }

  private func objects(_ text: String) throws -> [[String: Any]] {
    try text.split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
  }

  /// Embeddings, two models and their codes in every form.
  private struct Fixture {
    let folder: TemporaryFolder
    let vectors: Matrix
    let codes: Codes

    init() throws {
      folder = try TemporaryFolder()
      var random = CounterRandom(seed: 1)
      vectors = Matrix(rows: 300, columns: 6, values: (0..<1800).map { _ in Float(random.normals().0) })
      try NPY.write(vectors, to: folder.file("x.npy"))
      var options = RQKMeansOptions()
      options.levelSizes = [16, 8]
      let model = try RQKMeans.train(vectors, options: options).model
      try model.write(to: folder.file("model"))
      options.levelSizes = [8]
      try RQKMeans.train(vectors, options: options).model.write(to: folder.file("small"))
      codes = try model.encode(vectors)
      for name in ["c.npy", "c.parquet", "c.jsonl"] {
        try CodesForm(path: name).write(codes, ids: nil, to: folder.file(name))
      }
    }

    func path(_ name: String) -> String { folder.file(name) }
  }

  @Test func modelsAndFilesOfCodesAgree() async throws {
    let fixture = try Fixture()
    var evaluations: [Data] = []
    for arguments in [
      ["--model", fixture.path("model")], ["--codes", fixture.path("c.npy"), "--model", fixture.path("model")],
      ["--codes", fixture.path("c.parquet"), "--model", fixture.path("model")],
      ["--codes", fixture.path("c.jsonl"), "--model", fixture.path("model")],
    ] {
      let results = try objects(try await run([fixture.path("x.npy"), "--json"] + arguments))
      #expect(results.count == 1 && results[0]["dimension"] as? Int == 6)
      #expect(results[0]["levelSizes"] as? [Int] == [16, 8] && results[0]["sizesAreInferred"] as? Bool == false)
      var evaluation = try #require(results[0]["evaluation"] as? [String: Any])
      #expect(evaluation.removeValue(forKey: "name") != nil)
      #expect(Set(evaluation.keys) == ["statistics", "duplicates", "reconstruction", "neighbors", "correlation"])
      evaluations.append(try JSONSerialization.data(withJSONObject: evaluation, options: .sortedKeys))
    }
    #expect(Set(evaluations).count == 1)
  }

  @Test func severalSetsAreARowEach() async throws {
    let fixture = try Fixture()
    let text = try await run([
      fixture.path("x.npy"), "--model", fixture.path("model"), "--model", fixture.path("small"), "--all", "--k", "3",
    ])
    let lines = text.split(separator: "\n")
    #expect(lines.count == 4 && lines[1].contains("relative MSE") && lines[1].contains("recall@3 prefix"))
    #expect(lines[2].hasPrefix("model ") && lines[3].hasPrefix("small "))
    let alone = try await run([fixture.path("x.npy"), "--model", fixture.path("small")])
    #expect(alone.contains("collision rate at best") && alone.contains("recall@10 by chance"))
  }

  @Test func codesAloneTellWhatTheyCan() async throws {
    let fixture = try Fixture()
    let inferred = try objects(try await run(["--codes", fixture.path("c.npy"), "--json"]))[0]
    #expect(inferred["sizesAreInferred"] as? Bool == true)
    #expect((inferred["evaluation"] as? [String: Any])?["neighbors"] == nil)
    let given = try objects(
      try await run(["--codes", fixture.path("c.npy"), "--codebook-size", "256,256", "--json"]))[0]
    #expect(given["levelSizes"] as? [Int] == [256, 256] && given["sizesAreInferred"] as? Bool == false)
  }

  @Test func semanticIDsKeysAreAlone() async throws {
    let fixture = try Fixture()
    let arguments = [fixture.path("x.npy"), "--model", fixture.path("model"), "--definitions"]
    let result = try objects(try await run(arguments + ["semantic-id", "--json"]))[0]
    #expect(
      Set(result.keys) == [
        "n_samples", "n_unique_codes", "collision_rate", "collision_rate_per_level", "recall_at_10", "ndcg_at_10",
        "distance_correlation", "code_utilization_per_level", "code_entropy_per_level", "quantization_mse",
      ])
    let old = try await run(arguments + ["semantic-id-0.2.3"])
    #expect(old.contains("recall_at_10") && !old.contains("ndcg_at_10"))
  }

  @Test func aReportIsWritten() async throws {
    let fixture = try Fixture()
    _ = try await run([
      fixture.path("x.npy"), "--model", fixture.path("model"), "--report", fixture.path("report.html"),
    ])
    let html = try String(contentsOfFile: fixture.path("report.html"), encoding: .utf8)
    #expect(html.hasPrefix("<!DOCTYPE html>") && html.contains("Codes of x.npy") && html.contains("<svg"))
  }

  @Test func badInputIsRefused() async throws {
    let fixture = try Fixture()
    let x = fixture.path("x.npy")
    let model = fixture.path("model")
    try NPY.write(fixture.vectors[rows: 0..<200], to: fixture.path("short.npy"))
    try NPY.write(fixture.vectors[rows: 0..<1], to: fixture.path("one.npy"))
    try NPY.write(
      Matrix(rows: 300, columns: 5, values: [Float](repeating: 1, count: 1500)), to: fixture.path("narrow.npy"))
    var values = fixture.vectors.values.array
    values[25] = .nan
    try NPY.write(Matrix(rows: 300, columns: 6, values: values), to: fixture.path("nan.npy"))
    try NPY.write(Buffer([UInt16](repeating: 200, count: 600)), shape: [300, 2], to: fixture.path("wild.npy"))
    try NPY.write(Buffer([UInt16](repeating: 0, count: 1200)), shape: [300, 4], to: fixture.path("deep.npy"))
    try NPY.write(Buffer([UInt16]()), shape: [0, 2], to: fixture.path("none.npy"))

    #expect(await fault(x)?.expected == "--codes or --model")
    #expect(await fault("--model", model)?.kind == .usage)
    #expect(await fault(fixture.path("short.npy"), "--codes", fixture.path("c.npy"))?.kind == .mismatch)
    #expect(await fault(x, "--codes", fixture.path("none.npy"))?.kind == .mismatch)
    #expect(await fault(x, "--codes", fixture.path("wild.npy"), "--model", model)?.place == "item 0, level 0")
    #expect(await fault(x, "--codes", fixture.path("deep.npy"), "--model", model)?.found == "4")
    #expect(await fault(x, "--codes", fixture.path("c.bin"))?.kind == .unsupported)
    #expect(await fault(fixture.path("x.bin"), "--model", model)?.kind == .unsupported)
    #expect(await fault(fixture.path("one.npy"), "--model", model)?.expected == "at least 2 items")
    #expect(await fault(x, "--model", model, "--k", "300")?.source == "k")
    #expect(await fault(fixture.path("nan.npy"), "--model", model)?.place?.contains("row 4") == true)
    #expect(await fault(fixture.path("narrow.npy"), "--model", model)?.kind == .mismatch)
    #expect(
      await fault(fixture.path("narrow.npy"), "--codes", fixture.path("c.npy"), "--model", model)?.kind == .mismatch)
    #expect(await fault(x, "--codes", fixture.path("c.npy"), "--codebook-size", "16,8,4")?.kind == .mismatch)
    #expect(
      await fault(
        x, "--codes", fixture.path("c.npy"), "--codes", fixture.path("c.npy"), "--codes", fixture.path("c.npy"),
        "--model", model, "--model", model)?.source == "--model")
    // A report is not begun when something is wrong.
    #expect(await fault(x, "--model", model, "--k", "300", "--report", fixture.path("r.html")) != nil)
    #expect(!FileManager.default.fileExists(atPath: fixture.path("r.html")))
    for arguments in [
      ["--k", "0"], ["--sample", "0"], ["--pairs", "0"], ["--definitions", "theirs"],
      ["--definitions", "semantic-id", "--report", "r.html"], ["--distance", "hamming"],
      ["--definitions", "semantic-id", "--distance", "euclid"],
      ["--codebook-size", "3,x"],
    ] {
      #expect(throws: (any Error).self) { try EvaluateCodes.parse([x] + arguments) }
    }
  }

  @Test func codesInAnotherOrderAreFoundOut() async throws {
    let fixture = try Fixture()
    let ids = (0..<300).map { "item \($0)" }
    try JSONSerialization.data(withJSONObject: ids).write(to: URL(fileURLWithPath: fixture.path("x.ids.json")))
    try CodesForm.jsonLines.write(fixture.codes, ids: StringColumn(ids), to: fixture.path("same.jsonl"))
    try CodesForm.jsonLines.write(
      fixture.codes, ids: StringColumn(ids.reversed()), to: fixture.path("reversed.jsonl"))
    let x = fixture.path("x.npy")
    #expect(await fault(x, "--codes", fixture.path("same.jsonl")) == nil)
    // Numbered rows name nothing.
    #expect(await fault(x, "--codes", fixture.path("c.jsonl")) == nil)
    let found = await fault(x, "--codes", fixture.path("reversed.jsonl"))
    #expect(found?.kind == .mismatch && found?.place == "item 0" && found?.found == "\"item 299\"")
  }

  @Test func shortNamesTellPathsApart() {
    #expect(EvaluationTables.shortNames(["a/b/model", "a/c/model"]) == ["b/model", "c/model"])
    #expect(EvaluationTables.shortNames(["a/b", "c"]) == ["b", "c"])
    #expect(EvaluationTables.shortNames(["a", "a"]) == ["a", "a"])
  }
}
