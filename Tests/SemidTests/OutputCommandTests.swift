import Foundation
import SemanticID
import TestSupport
import Testing

/// Where verbs write: nobody's files are lost, and what cannot be is said before the work.
@Suite(.enabled(if: Program.isReady)) struct OutputCommandTests {
  private static func contents(_ folder: TemporaryFolder) throws -> [String: Data] {
    var contents: [String: Data] = [:]
    for name in FileManager.default.enumerator(atPath: folder.path)?.allObjects as? [String] ?? [] {
      contents[name] = FileManager.default.contents(atPath: folder.file(name)) ?? Data()
    }
    return contents
  }

  private func expectRefused(
    _ arguments: [String], status: Int32, _ text: String, in folder: TemporaryFolder,
    location: SourceLocation = #_sourceLocation
  ) throws {
    let before = try Self.contents(folder)
    let outcome = try Program.semid.run(arguments, in: folder.path, within: 30)
    #expect(
      outcome.status == status && outcome.errors.contains(text), "\(arguments): \(outcome)", sourceLocation: location)
    #expect(try Self.contents(folder) == before, sourceLocation: location)
  }

  @Test func aHuggingFaceModelIsRefusedBeforeTraining() throws {
    let folder = try Workplace.full()
    try AtomicFile.write(#"{"model_type": "bert"}"#, to: folder.file("bert/config.json"))
    var weights = SafetensorsWriter(metadata: ["format": "pt"])
    weights.add("w", Matrix(rows: 1, columns: 2, values: [1, 2]))
    try weights.write(to: folder.file("bert/model.safetensors"))
    let verbs = [
      ["train", "rq-kmeans", "a.npy", "--codebook-size", "4"], ["train", "rq-vae", "a.npy", "--codebook-size", "4"],
      ["train", "vq-vae", "a.npy", "--codebook-size", "4"],
      ["train", "rq-kmeans-plus", "a.npy", "--codebook-size", "4"],
      ["model", "convert", "model"], ["model", "convert", "model", "--semantic-id-format"],
    ]
    for verb in verbs {
      try expectRefused(verb + ["-o", "bert"], status: 73, "config.json", in: folder)
    }
    // Long training is not begun: the embeddings are not even read.
    try expectRefused(["train", "rq-vae", "missing.npy", "-o", "bert"], status: 73, "config.json", in: folder)
    // The user's own folder, an index, a corpus of another program.
    try AtomicFile.write("{}", to: folder.file("mine/manifest.json"))
    let corpus = ["corpus", "sequences", "--interactions", "missing.parquet", "--codes", "codes.npy"]
    try expectRefused(corpus + ["-o", "mine"], status: 73, "manifest.json", in: folder)
    try expectRefused(corpus + ["-o", "model"], status: 73, "a corpus that semid wrote", in: folder)
    try expectRefused(["demo", "--keep", "mine"], status: 73, "holds manifest.json", in: folder)
  }

  @Test func anOutputThatIsAnInputIsRefused() throws {
    let folder = try Workplace.full()
    try FileManager.default.linkItem(atPath: folder.file("a.npy"), toPath: folder.file("hard.npy"))
    try FileManager.default.createSymbolicLink(atPath: folder.file("soft.npy"), withDestinationPath: "a.npy")
    for output in ["a.npy", "./model/../a.npy", "hard.npy", "soft.npy"] {
      try expectRefused(["encode", "a.npy", "-m", "model", "-o", output], status: 64, "the input", in: folder)
      try expectRefused(["resolve", "a.npy", "-m", "model", "-o", output], status: 64, "the input", in: folder)
    }
    for verb in [
      ["decode", "codes.npy", "-m", "model", "-o", "codes.npy"],
      ["encode", "a.npy", "-m", "model", "-o", "model/codes.npy"],
      ["train", "rq-kmeans", "model/model.safetensors", "-o", "model"],
      ["model", "convert", "model", "-o", "model"],
      ["train", "rq-kmeans-plus", "a.npy", "--init", "model", "-o", "./model/"],
      ["evaluate", "codes", "--codes", "codes.npy", "--report", "codes.npy"],
      ["corpus", "vocabulary", "--model", "model", "--merge-into", "a.ids.json", "-o", "a.ids.json"],
      ["corpus", "constraint", "codes.npy", "-o", "codes.npy"],
      ["corpus", "map", "--codes", "codes.npy", "-o", "model/x.jsonl", "--model", "model"],
    ] {
      try expectRefused(verb, status: 64, "input", in: folder)
    }
    try FileManager.default.linkItem(atPath: folder.file("ids.db"), toPath: folder.file("twin.npy"))
    try expectRefused(["registry", "export", "ids.db", "-o", "twin.npy"], status: 64, "the input", in: folder)
  }

  /// Result files of others under our own name, data among the results, an index in what it is made of.
  @Test func resultsOfABenchmarkAreChecked() throws {
    let folder = try Workplace.full()
    let bench = ["bench", "recall", "--codebook-size", "4", "--queries", "2", "--k", "1", "--ann-benchmarks"]
    try AtomicFile.write("not ours", to: folder.file("results/a/1/semid/theirs.hdf5"))
    try expectRefused(bench + ["results", "--data", "a.npy"], status: 73, "theirs.hdf5", in: folder)
    try HDF5Writer.write(to: folder.file("results/a/1/semid/theirs.hdf5")) { try $0.set("faiss", attribute: "algo") }
    try expectRefused(bench + ["results", "--data", "a.npy"], status: 73, "theirs.hdf5", in: folder)
    try FileManager.default.createDirectory(
      atPath: folder.file("data/b/1/semid-batch"), withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      atPath: folder.file("both.npy"), toPath: folder.file("data/b/1/semid-batch/b.npy"))
    try expectRefused(
      bench + ["data", "--data", "data/b/1/semid-batch/b.npy"], status: 64, "holds the input", in: folder)
    try expectRefused(
      bench + ["index", "--data", "a.npy", "--index", "index"], status: 64, "a place in the input", in: folder)
    try expectRefused(
      ["index", "build", "a.npy", "--model", "model", "-o", "model/index"], status: 64, "a place in the input",
      in: folder
    )
    // Our own are replaced, and files of others beside them stay.
    try FileManager.default.removeItem(atPath: folder.file("results/a/1/semid/theirs.hdf5"))
    try AtomicFile.write("notes", to: folder.file("results/a/1/semid/notes.txt"))
    for _ in 0..<2 {
      let outcome = try Program.semid.run(
        bench + ["results", "--data", "a.npy", "--rounds", "1"], in: folder.path, within: 60)
      #expect(outcome.status == 0, "\(outcome)")
    }
    #expect(try String(contentsOfFile: folder.file("results/a/1/semid/notes.txt"), encoding: .utf8) == "notes")
  }

  @Test func foldersAreMadeAndOurOwnIsReplaced() throws {
    let folder = try Workplace.full()
    for arguments in [
      ["encode", "a.npy", "-m", "model", "-o", "new/deep/codes.parquet"],
      ["train", "rq-kmeans", "a.npy", "--codebook-size", "4", "-o", "models/v1"],
      ["train", "rq-kmeans", "a.npy", "--codebook-size", "8", "-o", "models/v1"],
      ["model", "convert", "models/v1", "-o", "for/python", "--semantic-id-format"],
      ["model", "convert", "model", "-o", "for/python", "--semantic-id-format"],
      ["evaluate", "codes", "--codes", "codes.npy", "--report", "pages/report.html"],
    ] {
      let outcome = try Program.semid.run(arguments, in: folder.path)
      #expect(outcome.status == 0, "\(arguments): \(outcome)")
    }
    #expect(try RQKMeans(opening: folder.file("models/v1")).levelSizes == [8, 8, 8])
    #expect(try RQKMeans(opening: folder.file("for/python")).levelSizes == [4, 4, 8])
  }

  /// Pipes in the place of files end in an error at once; where text is read, those of the shell are read.
  @Test func pipesAreNotWaitedFor() throws {
    let folder = try Workplace.full()
    for name in ["pipe.npy", "pipe.parquet", "pipe.h5", "pipe.json", "pipe.txt"] {
      try #require(mkfifo(folder.file(name), 0o600) == 0)
    }
    try FileManager.default.createDirectory(atPath: folder.file("piped"), withIntermediateDirectories: false)
    try #require(mkfifo(folder.file("piped/config.json"), 0o600) == 0)
    for arguments in [
      ["encode", "pipe.npy", "-m", "model", "-o", "x.npy"], ["encode", "pipe.parquet", "-m", "model", "-o", "x.npy"],
      ["encode", "pipe.h5", "-m", "model", "-o", "x.npy"],
      ["encode", "a.npy", "--ids", "pipe.json", "-m", "model", "-o", "x.parquet"],
      ["encode", "a.npy", "-m", "piped", "-o", "x.npy"], ["model", "info", "piped"],
      ["decode", "pipe.npy", "-m", "model", "-o", "x.npy"],
      ["corpus", "templates", "--templates", "pipe.json"],
      ["train", "rq-kmeans", "a.npy", "-o", "piped"],
    ] {
      let outcome = try Program.semid.run(arguments, in: folder.path, within: 20)
      #expect([65, 73].contains(outcome.status), "\(arguments): \(outcome)")
    }
    let waiting = try Program.semid.run(
      ["corpus", "audit", "pipe.txt", "--index", "index"], in: folder.path, within: 20)
    #expect(waiting.status == 65, "\(waiting)")
    // What a shell makes of <(…), and of a pipe's end named /dev/stdin.
    for script in [
      #""$0" corpus audit <(printf '<a_0><b_0><c_0>\n') --index index --json"#,
      #"printf '<a_0><b_0><c_0>\n' | "$0" corpus audit /dev/stdin --index index --json"#,
      #"printf '<a_0><b_0><c_0>\n' | "$0" corpus audit --index index --json"#,
      #""$0" corpus audit - --index index --json < a.ids.json"#,
    ] {
      let outcome = try Program(executable: "/bin/bash").run(
        ["-c", script, Program.semid.executable], in: folder.path, within: 20)
      #expect(outcome.status == 0, "\(script): \(outcome)")
      #expect(outcome.output.contains("malformed"))
    }
  }

  /// A name of another form would lie about what is in the file.
  @Test func decodeWritesOneForm() throws {
    let folder = try Workplace.full()
    for name in ["out.parquet", "out"] {
      try expectRefused(["decode", "codes.npy", "-m", "model", "-o", name], status: 64, "ends in .npy", in: folder)
    }
    #expect(
      try Program.semid.run(["decode", "codes.npy", "-m", "model", "-o", "out.npy"], in: folder.path).status == 0)
  }
}
