import ArgumentParser
import Foundation
import SemanticID
import Synchronization
import TestSupport
import Testing

@testable import semid

@Suite struct EvaluateOfflineTests {
  private final class Sink: Sendable {
    private let text = Mutex("")
    var written: String { text.withLock { $0 } }
    func append(_ more: String) { text.withLock { $0 += more } }
  }

  /// 80 items, 50 users of four interactions each, one of an item that is nowhere, and a model.
  private struct Fixture {
    let folder: TemporaryFolder

    init() throws {
      folder = try TemporaryFolder()
      var random = CounterRandom(seed: 21)
      let vectors = Matrix(rows: 80, columns: 6, values: (0..<480).map { _ in Float(random.normals().0) })
      try NPY.write(vectors, to: folder.file("x.npy"))
      try AtomicFile.write((0..<80).map { "i\($0)" }.joined(separator: "\n"), to: folder.file("ids.txt"))
      var (train, test) = ("user_id,item_id,timestamp\n", "user_id,item_id,timestamp\n")
      for user in 0..<50 {
        for event in 0..<3 { train += "u\(user),i\(random.below(80)),\(1_600_000_000 + event)\n" }
        test += "u\(user),\(user == 7 ? "nowhere" : "i\(random.below(80))"),1600000009\n"
      }
      test += "stranger,i3,1600000009\n"
      try AtomicFile.write(train, to: folder.file("train.csv"))
      try AtomicFile.write(test, to: folder.file("test.csv"))
      var options = RQKMeansOptions()
      options.levelSizes = [4, 4]
      try RQKMeans.train(vectors, options: options).model.write(to: folder.file("model"))
    }

    func run(_ more: String...) async throws -> String { try await run("--quiet", more) }

    func run(_ first: String, _ more: [String]) async throws -> String {
      let output = Sink()
      let command = try EvaluateOffline.parse(
        [
          folder.file("x.npy"), "--ids", folder.file("ids.txt"), "--train", folder.file("train.csv"), "--test",
          folder.file("test.csv"), "--model", folder.file("model"), first,
        ] + more)
      let console = Console(
        command.common, results: ResultStream(capacity: 1 << 16) { output.append(String(decoding: $0, as: UTF8.self)) },
        diagnostics: Diagnostics(canRedraw: false) { _ in }, columns: nil)
      try await command.execute(console)
      try console.results.flush()
      return output.written
    }
  }

  @Test func everyOutputSaysTheSame() async throws {
    let fixture = try Fixture()
    let (csv, html) = (fixture.folder.file("out.csv"), fixture.folder.file("out.html"))
    let text = try await fixture.run("--json", "--csv", csv, "--html", html, "--profile", "last2", "--profile", "mean")
    let report = try JSONDecoder().decode(OfflineReport.self, from: Data(text.utf8))
    #expect(report.cases == 49 && report.withoutVector == 1 && report.withoutHistory == 1 && report.items == 80)
    // Only codes of autoencoders are decoded.
    let rules = OfflineOptions().rules.filter { $0 != .decoded }
    #expect(report.rows.count == 2 * (1 + rules.count) + 2)
    let lines = try String(contentsOfFile: csv, encoding: .utf8).split(separator: "\n")
    #expect(lines.count == report.rows.count + 1)
    let columns = lines[0].split(separator: ",").map(String.init)
    for (line, row) in zip(lines.dropFirst(), report.rows) {
      let fields = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      #expect(fields.count == columns.count)
      let place = try #require(columns.firstIndex(of: "Recall@10"))
      #expect(Double(fields[place]) == row.recall[0].mean)
      #expect(row.recall[0].low <= row.recall[0].mean && row.recall[0].mean <= row.recall[0].high)
    }
    let page = try String(contentsOfFile: html, encoding: .utf8)
    #expect(page.hasPrefix("<!DOCTYPE html>") && page.contains("brute force") && !page.contains("{{"))
    for forbidden in ["<script", "http://", "https://", "NaN"] {
      #expect(!page.replacing("http://www.w3.org/2000/svg", with: "").contains(forbidden))
    }
  }

  @Test func theTableNamesEveryWay() async throws {
    let text = try await Fixture().run()
    for name in ["brute force", "last item", "popularity", "prefix", "hamming:1", "distance", "of ceiling"] {
      #expect(text.contains(name))
    }
  }

  @Test func theSeedProfileWritesItsColumns() async throws {
    let fixture = try Fixture()
    let csv = fixture.folder.file("seed.csv")
    _ = try await fixture.run("--profile", "seed", "--csv", csv)
    let lines = try String(contentsOfFile: csv, encoding: .utf8).split(separator: "\n")
    #expect(lines[0].hasPrefix("method,Recall@10,Recall@50,Recall@100,NDCG@10") && lines[0].hasSuffix("expand_vq_T"))
    #expect(lines.count == 2)
  }

  /// The models' own codes from a file change nothing but the name; one ID per item does.
  @Test func givenCodesAreJudged() async throws {
    let fixture = try Fixture()
    let (x, ids, model) = (fixture.folder.file("x.npy"), fixture.folder.file("ids.txt"), fixture.folder.file("model"))
    let own = fixture.folder.file("own.parquet")
    let level = fixture.folder.file("level.parquet")
    for (verb, more, path) in [
      ("encode", [], own), ("resolve", ["--strategy", "extra-level"], level),
    ] {
      let outcome = try Program.semid.run([verb, x, "--ids", ids, "-m", model, "-o", path, "--quiet"] + more)
      #expect(outcome.status == 0, "\(outcome)")
    }
    func report(_ more: String...) async throws -> OfflineReport {
      let text = try await fixture.run("--json", more)
      return try JSONDecoder().decode(OfflineReport.self, from: Data(text.utf8))
    }
    let plain = try await report()
    var given = try await report("--codes", own)
    #expect(given.rows.contains { $0.model == "own" })
    for index in given.rows.indices where given.rows[index].model != nil { given.rows[index].model = "model" }
    #expect(given == plain)
    let resolved = try await report("--codes", level)
    // Under a level more, the IDs that begin alike are the same items.
    func size(_ report: OfflineReport, _ rule: String) -> Double? { report.rows.first { $0.rule == rule }?.candidates }
    #expect(size(resolved, "prefix") == size(plain, "prefix"))
    #expect(try #require(size(resolved, "exact")) < #require(size(plain, "exact")))
    let error = await #expect(throws: InputError.self) {
      try await fixture.run("--codes", fixture.folder.file("x.npy"))
    }
    #expect(error?.source.hasSuffix("x.npy") == true)
  }

  @Test func badInputIsNamed() async throws {
    let fixture = try Fixture()
    func fault(_ more: String...) async -> InputError? {
      do {
        let command = try EvaluateOffline.parse(more)
        try await command.execute(
          Console(
            command.common, results: ResultStream(capacity: 1 << 16) { _ in },
            diagnostics: Diagnostics(canRedraw: false) { _ in }, columns: nil))
        return nil
      } catch { return error as? InputError }
    }
    let (x, ids) = (fixture.folder.file("x.npy"), fixture.folder.file("ids.txt"))
    let train = fixture.folder.file("train.csv")
    // No test: nothing is asked.
    #expect(await fault(x, "--ids", ids, "--train", train, "--quiet")?.kind == .mismatch)
    #expect(await fault(x, "--ids", "none", "--train", train, "--quiet")?.expected?.contains("ids") == true)
    #expect(await fault(x, "--ids", ids, "--train", train, "--profile", "first", "--quiet")?.kind == .usage)
    #expect(await fault(x, "--ids", ids, "--train", train, "--csv", train, "--quiet")?.kind == .usage)
    #expect(throws: (any Error).self) { try EvaluateOffline.parse([x, "--profile", "seed", "--profile", "mean"]) }
    #expect(throws: (any Error).self) { try EvaluateOffline.parse([x, "--rules", "nearest"]) }
  }
}
