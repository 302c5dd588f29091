import Foundation
import TestSupport
import Testing
import Vectors

@testable import Pipeline

/// Runs whose steps write the digest of what they read, so that every file depends on all before it.
@Suite struct PipelineRunTests {
  private final class Bench {
    let folder: TemporaryFolder
    /// Steps that ran, in order.
    var ran: [String] = []
    /// The step that fails halfway through its outputs.
    var failing: String?

    init() throws {
      folder = try TemporaryFolder()
      for name in ["r.jsonl", "m.jsonl"] { try folder.write(Array(name.utf8), to: name) }
    }

    struct Stopped: Error {}

    func text(seed: Int = 1, epochs: Int = 2) -> String {
      """
      prepare: {kind: amazon, reviews: r.jsonl, items: m.jsonl}
      embed: {kind: lsa}
      tokenizers:
        a: {kind: rq-kmeans, seed: \(seed)}
        b: {kind: rq-vae, epochs: \(epochs)}
      index:
      evaluate: {offline: }
      """
    }

    func make(_ text: String? = nil, _ options: PipelineRun.Options = .init(), to output: String = "out") throws
      -> PipelineRun
    {
      let file = try PipelineFile(
        parsing: text ?? self.text(), source: "p.yaml", folder: folder.path, environment: [:])
      return try PipelineRun(PipelinePlan(file, verbs: someVerbs), folder: folder.file(output), options: options)
    }

    @discardableResult
    func run(_ text: String? = nil, _ options: PipelineRun.Options = .init(), to output: String = "out") async throws
      -> [PipelineRun.Outcome]
    {
      var run = try make(text, options, to: output)
      ran = []
      let out = folder.file(output)
      return try await run.run(pipeline: text ?? self.text(), starting: { step, _, _ in self.ran.append(step.name) }) {
        step, _ in
        var digest = SHA256()
        for word in step.words { if case .text(let text) = word { digest.update(Array(text.utf8)) } }
        var digests = FileDigests()
        for input in step.inputs {
          digest.update(Array(try digests.digest(at: input.hasPrefix("/") ? input : out + "/" + input).utf8))
        }
        let text = digest.hexDigest()
        for (number, output) in step.outputs.enumerated() {
          if number == step.outputs.count / 2, step.name == self.failing { throw Stopped() }
          try Self.write(text, step, output, in: out)
        }
      }
    }

    private static func write(_ text: String, _ step: PipelineStep, _ output: String, in out: String) throws {
      let files =
        step.verb[0] == "prepare"
        ? ["items", "train", "valid", "test"].map { output + "/\($0).parquet" }
        : output.contains(".") ? [output] : [output + "/one", output + "/deep/two"]
      for file in files {
        let path = out + "/" + file
        try FileManager.default.createDirectory(
          atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try text.write(toFile: path, atomically: true, encoding: .utf8)
      }
    }

    func states(_ text: String? = nil, _ options: PipelineRun.Options = .init()) throws -> [String: StepState] {
      var run = try make(text, options)
      return Dictionary(uniqueKeysWithValues: try run.preview().map { ($0.step.name, $0.state) })
    }

    /// All files of the results but logs and times.
    func results(_ output: String = "out") throws -> [String: Data] {
      var found: [String: Data] = [:]
      for case let name as String in try #require(FileManager.default.enumerator(atPath: folder.file(output)))
      where !name.hasPrefix(".semid") && !name.hasPrefix("log") {
        var isDirectory: ObjCBool = false
        let path = folder.file(output) + "/" + name
        _ = FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
        if !isDirectory.boolValue { found[name] = FileManager.default.contents(atPath: path) }
      }
      return found
    }
  }

  private static let all = [
    "prepare", "embed", "train/a", "encode/a", "train/b", "encode/b", "ids/a", "ids/b", "index/a", "index/b",
    "evaluate/offline",
  ]

  @Test func nothingRunsTwice() async throws {
    let bench = try Bench()
    let first = try await bench.run()
    #expect(bench.ran == Self.all && first.allSatisfy(\.ran))
    let results = try bench.results()
    let second = try await bench.run()
    #expect(bench.ran.isEmpty && second.allSatisfy { !$0.ran })
    #expect(try bench.results() == results)
    #expect(second.map(\.files) == first.map(\.files) && second.map(\.bytes) == first.map(\.bytes))
    // Elsewhere the same comes out.
    try await bench.run(to: "again")
    #expect(bench.ran == Self.all)
    #expect(try bench.results("again") == results)
  }

  @Test func onlyWhatDependsOnAChangeRunsAgain() async throws {
    let bench = try Bench()
    try await bench.run()
    try await bench.run(bench.text(epochs: 3))
    #expect(bench.ran == ["train/b", "encode/b", "ids/b", "index/b", "evaluate/offline"])
    // The same contents under another time are no change, and back to the first options is one.
    try bench.folder.write(Array("r.jsonl".utf8), to: "r.jsonl")
    try await bench.run(bench.text(epochs: 3))
    #expect(bench.ran.isEmpty)
    try bench.folder.write(Array("other".utf8), to: "r.jsonl")
    try await bench.run(bench.text(epochs: 3))
    #expect(bench.ran == Self.all)
  }

  @Test func aStepThatMakesTheSameAnewCausesNoOther() async throws {
    let bench = try Bench()
    try await bench.run()
    var options = PipelineRun.Options()
    options.redo = ["embed", "train"]
    try await bench.run(nil, options)
    #expect(bench.ran == ["embed", "train/a", "train/b"])
    // A file that is gone is made again.
    try FileManager.default.removeItem(atPath: bench.folder.file("out/models/a/deep/two"))
    try await bench.run()
    #expect(bench.ran == ["train/a"])
  }

  @Test(arguments: all) func aRunGoesOnWhereItWasStopped(_ step: String) async throws {
    let bench = try Bench()
    try await bench.run(to: "whole")
    bench.failing = step
    await #expect(throws: Bench.Stopped.self) { try await bench.run() }
    #expect(!FileManager.default.fileExists(atPath: bench.folder.file("out/manifest.json")))
    #expect(try bench.states()[step] == .due("it failed"))
    bench.failing = nil
    try await bench.run()
    #expect(bench.ran == Array(Self.all.drop { $0 != step }))
    #expect(try bench.results() == bench.results("whole"))
  }

  @Test func previewsSayWhyAndChangeNothing() async throws {
    let bench = try Bench()
    #expect(try bench.states()["prepare"] == .due("it has not run yet"))
    #expect(try bench.states()["embed"] == .due("prepare runs first"))
    #expect(!FileManager.default.fileExists(atPath: bench.folder.file("out")))
    try await bench.run()
    #expect(try bench.states().values.allSatisfy { $0 == .upToDate })
    let states = try bench.states(bench.text(seed: 9))
    #expect(states["train/a"] == .due("its options changed: --seed 1 → 9"))
    #expect(states["encode/a"] == .due("train/a runs first") && states["train/b"] == .upToDate)
    try bench.folder.write([7], to: "m.jsonl")
    #expect(try bench.states()["prepare"] == .due("\(bench.folder.file("m.jsonl")) changed"))
  }

  @Test func whatThePipelineDidNotWriteStays() async throws {
    let bench = try Bench()
    try await bench.run()
    let changed = bench.folder.file("out/codes/a.parquet")
    try "mine".write(toFile: changed, atomically: true, encoding: .utf8)
    let error = await #expect(throws: InputError.self) { try await bench.run(bench.text(seed: 9)) }
    #expect(error?.kind == .cannotCreate && error?.found == "was changed since it was written")
    #expect(try String(contentsOfFile: changed, encoding: .utf8) == "mine")
    #expect(
      try bench.states(bench.text(seed: 9))["encode/a"]
        == .blocked(path: "codes/a.parquet", reason: "was changed since it was written"))
    try FileManager.default.removeItem(atPath: changed)
    try await bench.run()
    // A file put into a directory of a step.
    try "mine".write(toFile: bench.folder.file("out/models/a/note"), atomically: true, encoding: .utf8)
    await #expect(throws: InputError.self) { try await bench.run() }
  }

  /// A kill leaves the record of a step that has begun.
  @Test func aStoppedStepRunsAgain() async throws {
    let bench = try Bench()
    try await bench.run()
    let path = bench.folder.file("out/.semid/steps/embed.json")
    let record = try String(contentsOfFile: path, encoding: .utf8)
    try record.replacing("\"done\"", with: "\"running\"").write(toFile: path, atomically: true, encoding: .utf8)
    #expect(try bench.states()["embed"] == .due("it was stopped"))
    try await bench.run()
    #expect(bench.ran == ["embed"])
  }

  /// Two files with one folder of results would undo each other's work.
  @Test func resultsBelongToOneFile() async throws {
    let bench = try Bench()
    for name in ["one.yaml", "two.yaml"] { try bench.folder.write(Array(bench.text().utf8), to: name) }
    func run(_ name: String) async throws {
      let file = try PipelineFile(opening: bench.folder.file(name), environment: [:])
      var run = try PipelineRun(PipelinePlan(file, verbs: someVerbs), folder: bench.folder.file("out"))
      _ = try await run.run(pipeline: "", starting: { _, _, _ in }) { _, _ in throw Bench.Stopped() }
    }
    await #expect(throws: Bench.Stopped.self) { try await run("one.yaml") }
    let error = await #expect(throws: InputError.self) { try await run("two.yaml") }
    #expect(error?.found == "those of \(bench.folder.file("one.yaml"))")
    await #expect(throws: Bench.Stopped.self) { try await run("one.yaml") }
    // A file that was renamed takes its results along.
    try FileManager.default.removeItem(atPath: bench.folder.file("one.yaml"))
    await #expect(throws: Bench.Stopped.self) { try await run("two.yaml") }
  }

  @Test func changesOfOptionsAreNamed() async throws {
    let bench = try Bench()
    try await bench.run()
    func why(_ text: String) throws -> StepState? {
      try bench.states(bench.text().replacing("seed: 1", with: text))["train/a"]
    }
    #expect(try why("") == .due("its options changed: --seed 1 is gone"))
    #expect(try why("seed: 1, balance: strict") == .due("its options changed: --balance strict is new"))
    #expect(try why("seed: -4") == .due("its options changed: --seed 1 → -4"))
    #expect(
      try why("seed: 2, normalize-residuals: true")
        == .due("its options changed: --seed 1 → 2, --normalize-residuals is new"))
  }

  /// Names stand in what verbs print, and their endings say how they are read.
  @Test func namesOfInputsCount() async throws {
    let bench = try Bench()
    try await bench.run()
    let exchanged = bench.text().replacing("a: {kind: rq-kmeans, seed: 1}", with: "c: {kind: rq-kmeans, seed: 1}")
    try await bench.run(exchanged)
    #expect(bench.ran == ["train/c", "encode/c", "ids/c", "index/c", "evaluate/offline"])
    try bench.folder.write(Array("r.jsonl".utf8), to: "r.json")
    try await bench.run(exchanged.replacing("r.jsonl", with: "r.json"))
    #expect(bench.ran == ["prepare"])
    // One file twice, and another twice.
    let files = { (list: String) in exchanged.replacing("reviews: r.jsonl", with: "reviews: [\(list)]") }
    try await bench.run(files("r.jsonl, r.jsonl, m.jsonl"))
    try await bench.run(files("r.jsonl, m.jsonl, m.jsonl"))
    #expect(bench.ran.first == "prepare")
    // The ids beside vectors, which no word of a command names.
    let beside = "embeddings: x.npy\ntokenizers: {a: {kind: rq-kmeans}}"
    for name in ["x.npy", "x.ids.json"] { try bench.folder.write([1], to: name) }
    try await bench.run(beside, to: "beside")
    try FileManager.default.moveItem(atPath: bench.folder.file("x.ids.json"), toPath: bench.folder.file("x.ids.txt"))
    try await bench.run(beside, to: "beside")
    #expect(bench.ran == ["train/a", "encode/a"])
    // Two spellings that Swift calls equal.
    try await bench.run(exchanged.replacing("kind: lsa", with: "kind: lsa, template: caf\u{E9}"))
    try await bench.run(exchanged.replacing("kind: lsa", with: "kind: lsa, template: cafe\u{301}"))
    #expect(bench.ran.first == "embed")
  }

  @Test func filesOfOneNameInTwoSpellingsAreRefused() async throws {
    let bench = try Bench()
    try await bench.run()
    for name in ["\u{E9}", "e\u{301}"] { try bench.folder.write([1], to: "out/models/a/" + name) }
    await #expect(throws: InputError.self) { try await bench.run() }
  }

  /// What a step that failed did not leave there is somebody's.
  @Test func aFailureGivesNothingAway() async throws {
    let bench = try Bench()
    bench.failing = "ids/a"
    await #expect(throws: Bench.Stopped.self) { try await bench.run() }
    bench.failing = nil
    let mine = bench.folder.file("out/ids/a.parquet")
    try "mine".write(toFile: mine, atomically: true, encoding: .utf8)
    await #expect(throws: InputError.self) { try await bench.run() }
    #expect(try String(contentsOfFile: mine, encoding: .utf8) == "mine")
  }

  /// Under a registry a model stays while the catalogue grows, and a registry is never begun anew in silence.
  @Test func aRegistryKeepsItsModel() async throws {
    let bench = try Bench()
    func text(seed: Int) -> String { bench.text(seed: seed).replacing("index:", with: "ids: {kind: registry}") }
    try await bench.run(text(seed: 1))
    let model = try bench.results()["models/a/one"]
    try bench.folder.write(Array("more".utf8), to: "r.jsonl")
    try await bench.run(text(seed: 1))
    #expect(bench.ran == ["prepare", "embed", "encode/a", "encode/b", "ids/a", "ids/b", "evaluate/offline"])
    #expect(try bench.results()["models/a/one"] == model)
    let error = await #expect(throws: InputError.self) { try await bench.run(text(seed: 2)) }
    #expect(error?.source == bench.folder.file("out/registries/a.db") && error?.found?.contains("--seed 1 → 2") == true)
    #expect(try bench.results()["models/a/one"] == model)
    try FileManager.default.removeItem(atPath: bench.folder.file("out/registries/a.db"))
    let gone = await #expect(throws: InputError.self) { try await bench.run(text(seed: 1)) }
    #expect(gone?.remedy?.contains("--redo ids/a") == true)
    var options = PipelineRun.Options()
    options.redo = ["ids/a"]
    try await bench.run(text(seed: 2), options)
    #expect(bench.ran.contains("train/a") && bench.ran.contains("ids/a"))
  }

  @Test func theManifestGoesWhenAStepRuns() async throws {
    let bench = try Bench()
    try await bench.run()
    var options = PipelineRun.Options()
    options.until = "train"
    try await bench.run(bench.text(seed: 5), options)
    #expect(!FileManager.default.fileExists(atPath: bench.folder.file("out/manifest.json")))
  }

  @Test func aFolderOfOtherFilesIsRefused() async throws {
    let bench = try Bench()
    try FileManager.default.createDirectory(atPath: bench.folder.file("out"), withIntermediateDirectories: false)
    try bench.folder.write([1], to: "out/thesis.tex")
    let error = #expect(throws: InputError.self) { try bench.make() }
    #expect(error?.found?.contains("thesis.tex") == true)
    // Results that stand there without a record are nobody's.
    try FileManager.default.removeItem(atPath: bench.folder.file("out/thesis.tex"))
    try FileManager.default.createDirectory(
      atPath: bench.folder.file("out/.semid"), withIntermediateDirectories: false)
    try FileManager.default.createDirectory(
      atPath: bench.folder.file("out/prepared"), withIntermediateDirectories: false)
    await #expect(throws: InputError.self) { try await bench.run() }
  }

  @Test func twoRunsDoNotWriteAtOnce() async throws {
    let bench = try Bench()
    var outer = try bench.make()
    await #expect(throws: InputError.self) {
      try await outer.run(pipeline: "", starting: { _, _, _ in }) { _, _ in try await bench.run() }
    }
  }

  @Test func untilEndsEarly() async throws {
    let bench = try Bench()
    var options = PipelineRun.Options()
    options.until = "train"
    try await bench.run(nil, options)
    #expect(bench.ran == ["prepare", "embed", "train/a", "encode/a", "train/b"])
    #expect(!FileManager.default.fileExists(atPath: bench.folder.file("out/manifest.json")))
    options.until = "trains"
    #expect(throws: InputError.self) { try bench.make(nil, options) }
    options = .init()
    options.redo = ["nothing"]
    #expect(throws: InputError.self) { try bench.make(nil, options) }
  }

  @Test func theManifestNamesEveryFile() async throws {
    let bench = try Bench()
    try await bench.run()
    let manifest = try JSONDecoder().decode(
      PipelineManifest.self,
      from: try #require(FileManager.default.contents(atPath: bench.folder.file("out/manifest.json"))))
    #expect(manifest.inputs.map(\.path) == [bench.folder.file("r.jsonl"), bench.folder.file("m.jsonl")])
    #expect(try manifest.inputs[0].sha256 == SHA256.hexDigest(ofFile: bench.folder.file("r.jsonl")))
    let named = manifest.steps.flatMap(\.outputs.keys)
    let there = try bench.results().keys.filter { $0 != "manifest.json" && $0 != "pipeline.yaml" }
    #expect(Set(named) == Set(there) && named.count == there.count)
    for (path, file) in manifest.steps.flatMap(\.outputs) {
      #expect(try SHA256.hexDigest(ofFile: bench.folder.file("out/" + path)) == file.sha256)
    }
    #expect(Set(manifest.steps.map(\.key)).count == manifest.steps.count)
  }

  /// A file changed within the grain of its times, with its size kept.
  @Test func aQuickChangeIsSeen() throws {
    let folder = try TemporaryFolder()
    var digests = FileDigests()
    for byte in 0..<20 as Range<UInt8> {
      try folder.write([byte], to: "f")
      var digest = SHA256()
      digest.update([byte])
      #expect(try digests.digest(at: folder.file("f")) == digest.hexDigest())
    }
  }
}
