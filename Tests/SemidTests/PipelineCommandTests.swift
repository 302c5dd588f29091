import Foundation
import Pipeline
import SemanticID
import TestSupport
import Testing

@testable import semid

@Suite(.enabled(if: Program.isReady)) struct PipelineCommandTests {
  /// Raw reviews and items of a small shop, and the pipeline that `--example` prints, made small.
  private struct Shop {
    let folder: TemporaryFolder

    init() throws {
      folder = try TemporaryFolder()
      var random = CounterRandom(seed: 3)
      let words = ["red", "blue", "steel", "wood", "lamp", "chair", "table", "cup", "box", "rope"]
      let items = (0..<120).map { item in
        let text = (0..<6).map { _ in words[random.below(words.count)] }.joined(separator: " ")
        return """
          {"parent_asin": "B\(item)", "title": "\(text) \(item)", "description": ["a \(text)"], "store": "\
          \(words[item % 3])", "price": \(item % 40), "categories": [], "features": []}
          """
      }
      var reviews: [String] = []
      for user in 0..<60 {
        for event in 0..<(3 + random.below(4)) {
          reviews.append(
            """
            {"user_id": "U\(user)", "parent_asin": "B\(random.below(120))", "asin": "x", "rating": 5.0, "timestamp": \
            \(1_600_000_000_000 + event * 1000)}
            """)
        }
      }
      try AtomicFile.write(items.map { $0 + "\n" }.joined(), to: folder.file("meta_Shop.jsonl"))
      try AtomicFile.write(reviews.map { $0 + "\n" }.joined(), to: folder.file("Shop.jsonl"))
      try write(Self.pipeline)
    }

    func write(_ text: String) throws { try AtomicFile.write(text, to: folder.file("p.yaml")) }

    static let pipeline = """
      prepare: {kind: amazon, reviews: Shop.jsonl, items: meta_Shop.jsonl}
      embed: {kind: lsa, dimensions: 8}
      tokenizers:
        means: {kind: rq-kmeans, codebook-size: 8}
        vae: {kind: rq-vae, codebook-size: 8, epochs: 2, layers: 8, code-dimension: 4}
      index: {attribute-columns: [brand, price]}
      corpora: {sequences: , constraint: , vocabulary: , map: , words: {kind: instructions, tasks: next-item}}
      evaluate: {codes: {sample: 20}, offline: {judges: ids, rules: [prefix, distance]}}
      report: {map: pca, column: brand}
      """

    func run(_ more: String...) throws -> Program.Outcome {
      try Program.semid.run(["run", "p.yaml"] + more, in: folder.path)
    }

    /// The results, but for logs and what the next run needs.
    func results(_ name: String = "results") throws -> [String: Data] {
      var found: [String: Data] = [:]
      for case let file as String in try #require(FileManager.default.enumerator(atPath: folder.file(name)))
      where !file.hasPrefix(".semid") && !file.hasPrefix("log") {
        found[file] = FileManager.default.contents(atPath: folder.file(name) + "/" + file)
      }
      return found
    }
  }

  /// Bit for bit, from a clean start, whatever the number of threads.
  @Test func twiceTheSame() throws {
    let shop = try Shop()
    let first = try shop.run("--threads", "1")
    #expect(first.status == 0, "\(first)")
    #expect(first.output.contains("brute force") && first.output.contains("means  last5    prefix"))
    #expect(try shop.run("--output", "again", "--threads", "3").status == 0)
    let (results, again) = try (shop.results(), shop.results("again"))
    #expect(results == again && results.count > 60)
    for name in results.keys where results[name] != again[name] { Issue.record("\(name) differs") }
    let second = try shop.run("--json")
    #expect(second.status == 0 && !second.output.contains("\"ran\":true"))
    #expect(try shop.results() == results)
    let offline = try JSONDecoder().decode(
      OfflineReport.self, from: try #require(results["evaluation/offline.json"] ?? nil))
    #expect(Set(offline.rows.compactMap(\.model)) == ["means", "vae"])
    let page = String(decoding: try #require(results["report.html"] ?? nil), as: UTF8.self)
    #expect(page.contains("<option>means</option><option>vae</option>") && page.contains("brute force"))
    // Each command line can be typed in the folder of results.
    let manifest = try JSONSerialization.jsonObject(with: try #require(results["manifest.json"] ?? nil))
    let steps = try #require((manifest as? [String: Any])?["steps"] as? [[String: Any]])
    let command = try #require(steps.first { $0["name"] as? String == "encode/vae" }?["command"] as? String)
    let codes = shop.folder.file("results/codes/vae.parquet")
    let before = FileManager.default.contents(atPath: codes)
    try FileManager.default.removeItem(atPath: codes)
    let words = command.split(separator: " ").dropFirst().map(String.init)
    #expect(try Program.semid.run(words, in: shop.folder.file("results")).status == 0)
    #expect(FileManager.default.contents(atPath: codes) == before)
  }

  /// Killed in every step: the next run goes on with it, and ends with the same files as a run that nobody killed.
  @Test func aKilledRunGoesOn() throws {
    let shop = try Shop()
    #expect(try shop.run("--output", "whole").status == 0)
    let whole = try shop.results("whole")
    let plan = try shop.run("--dry-run", "--json", "--output", "none").output
    let steps = try plan.split(separator: "\n").map { line in
      try #require(
        (JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])?["step"] as? String)
    }
    #expect(steps.count == 23)
    var kills = 0
    for step in steps {
      try? FileManager.default.removeItem(atPath: shop.folder.file("results"))
      let running = try Program.semid.start(["run", "p.yaml"], in: shop.folder.path)
      let record = shop.folder.file("results/.semid/steps/\(step).json")
      // The record of a step appears when the step begins.
      for _ in 0..<60_000 where !FileManager.default.fileExists(atPath: record) { usleep(500) }
      usleep(UInt32(kills % 5) * 2000)
      running.kill()
      let outcome = try running.outcome(within: 60)
      if outcome.signal == SIGKILL { kills += 1 }
      let again = try shop.run("--json")
      #expect(again.status == 0, "\(step): \(again)")
      // What was done before is not done again.
      let ran = again.output.split(separator: "\n").filter { $0.contains("\"ran\":true") }.count
      #expect(ran <= steps.count - (steps.firstIndex(of: step) ?? 0), "\(step): \(ran) steps ran")
      #expect(try shop.results() == whole, "\(step)")
    }
    #expect(kills >= steps.count - 2, "\(kills) of \(steps.count) runs were killed")
  }

  @Test func faultsNameTheLineBeforeAnythingRuns() throws {
    let shop = try Shop()
    for (text, words) in [
      ("codebook-size: 8}", "codebook-size: 0}"), ("codebook-size: 8}", "start: kmeans}"),
      ("rules: [prefix, distance]", "rules: [prefix, nearest]"), ("sample: 20", "sample: -1"),
      ("dimensions: 8", "dimension: 8"), ("reviews: Shop.jsonl", "reviews: Shops.jsonl"),
    ] {
      try shop.write(Shop.pipeline.replacing(text, with: words))
      let outcome = try shop.run()
      #expect(outcome.status.map { $0 >= 64 && $0 <= 66 } == true, "\(words): \(outcome)")
      #expect(outcome.errors.contains("p.yaml: line ") && outcome.errors.contains("error"), "\(words): \(outcome)")
      #expect(!FileManager.default.fileExists(atPath: shop.folder.file("results")), "\(words)")
    }
  }

  /// A step that fails names its log; what was done before stays, and the run goes on when the fault is mended.
  @Test func aFailedStepIsToldAndGoneOnWith() throws {
    let shop = try Shop()
    try shop.write(Shop.pipeline.replacing("attribute-columns: [brand, price]", with: "attribute-columns: [colour]"))
    let failed = try shop.run()
    #expect(failed.status == 66 || failed.status == 65, "\(failed)")
    #expect(failed.errors.contains("log/index/means.txt") && failed.errors.contains("colour"))
    #expect(!FileManager.default.fileExists(atPath: shop.folder.file("results/manifest.json")))
    try shop.write(Shop.pipeline)
    let again = try shop.run("--json")
    #expect(again.status == 0, "\(again)")
    let ran = again.output.split(separator: "\n").filter { $0.contains("\"ran\":true") }
    #expect(ran.first?.contains("index/means") == true)
  }

  /// The verbs that a pipeline knows, and their options, are those of the command.
  @Test func pathsAmongTheOptionsAreKnown() throws {
    let verbs = try PipelineVerbs.catalogue()
    for (verb, name) in [
      ("prepare amazon", "reviews"), ("prepare recbole", "users"), ("prepare debian", "packages"),
      ("index build", "attributes"), ("corpus pretrain", "templates"), ("corpus lc-rec", "tokenizer"),
      ("corpus constraint", "allow"), ("embed lsa", "items"),
    ] {
      let option = try #require(verbs.options(of: verb.split(separator: " ").map(String.init))?.option(name))
      #expect(option.isPath, "\(verb) --\(name)")
    }
    for (verb, name) in [("train rq-kmeans", "codebook-size"), ("evaluate offline", "profile"), ("encode", "vectors")] {
      let option = try #require(verbs.options(of: verb.split(separator: " ").map(String.init))?.option(name))
      #expect(!option.isPath, "\(verb) --\(name)")
    }
    for (verb, name) in [("report", "offline"), ("report", "recall"), ("report", "items")] {
      #expect(verbs.options(of: [verb])?.option(name)?.isPath == true, "\(verb) --\(name)")
    }
    #expect(verbs.options(of: ["encode"])?.option("ids")?.mayBePath == true)
    guard case .flag(off: "no-texts") = try #require(verbs.options(of: ["prepare", "amazon"])?.option("texts")).kind
    else { return #expect(Bool(false), "--no-texts turns --texts off") }
  }

  @Test func theExampleIsAPipeline() throws {
    let outcome = try Program.semid.run(["run", "--example"])
    #expect(outcome.status == 0 && outcome.output == PipelineExample.text + "\n")
    #expect(try Program.semid.run(["run"]).status == 64)
    #expect(try Program.semid.run(["run", "x.yaml", "--example"]).status == 64)
    #expect(try Program.semid.run(["run", "nowhere.yaml"]).status == 66)
  }

  /// Times go, and nothing else.
  @Test func timesAreLeftOut() throws {
    let text = "{\"a\":{\"seconds\":1.5,\"x\":0.1},\"encodeSeconds\":2,\"list\":[{\"seconds\":3},1e-9]}\n{}\n"
    #expect(try StepCommand.withoutTimes(Data(text.utf8)) == "{\"a\":{\"x\":0.1},\"list\":[{},1e-09]}\n{}\n")
  }
}
