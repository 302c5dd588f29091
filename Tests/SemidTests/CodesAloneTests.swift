import ArgumentParser
import Foundation
import SemanticID
import TestSupport
import Testing

@testable import semid

/// IDs made elsewhere serve for an index, an audit, decoding, a constraint and a vocabulary, without a model.
@Suite struct CodesAloneTests {
  private static func run(_ arguments: [String]) async throws {
    var command = try Semid.parseAsRoot(arguments + ["--quiet"])
    if var asynchronous = command as? any AsyncParsableCommand {
      try await asynchronous.run()
    } else {
      try command.run()
    }
  }

  private static let ids: [(item: String, codes: [UInt16])] = [
    ("10", [3, 9, 1]), ("7", [0, 0, 2]), ("42", [3, 9, 2]), ("5", [0, 4, 0]),
  ]

  /// MiniOneRec's and LC-Rec's `index.json`.
  private static func indexJSON(_ folder: TemporaryFolder, extra: [String: UInt16] = [:]) throws -> String {
    let lines = ids.map { id in
      let codes = id.codes + (extra[id.item].map { [$0] } ?? [])
      let tokens = codes.enumerated().map { "\"\(TokenFormat.token(level: $0, code: $1))\"" }
      return "\"\(id.item)\": [\(tokens.joined(separator: ", "))]"
    }
    let path = folder.file("Beauty.index.json")
    try AtomicFile.write("{\(lines.joined(separator: ",\n"))}", to: path)
    return path
  }

  private static func verbs(_ codes: String, _ folder: TemporaryFolder, generated: String) async throws {
    try AtomicFile.write(generated, to: folder.file("generated.txt"))
    try await run(["index", "build", "--codes", codes, "--output", folder.file("index")])
    for catalogue in [["--codes", codes], ["--index", folder.file("index")]] {
      try await run(["corpus", "audit", folder.file("generated.txt")] + catalogue)
      try await run(["decode-text", folder.file("generated.txt")] + catalogue)
      try await run(["decode-text", folder.file("generated.txt"), "--repair", "hamming"] + catalogue)
      try await run(
        ["corpus", "constraint", "--end", "9999", "--output", folder.file("constraint.npz")]
          + (catalogue[0] == "--codes" ? catalogue : [catalogue[1]]))
    }
    try await run(["corpus", "vocabulary", "--codes", codes, "--output", folder.file("tokens.txt")])
  }

  @Test func fromAnIndexJSON() async throws {
    let folder = try TemporaryFolder()
    let codes = try Self.indexJSON(folder)
    try await Self.verbs(codes, folder, generated: "<a_3><b_9><c_2>\n<a_0><b_0><c_2>\n")
    let index = try SemanticIndex(opening: folder.file("index"))
    #expect(try index.rows(text: "3-9-2").map(index.id(ofRow:)) == ["42"] && index.levelSizes == [4, 10, 3])
    #expect(try String(contentsOfFile: folder.file("tokens.txt"), encoding: .utf8).split(separator: "\n").count == 17)
    let ids = try NPZFile(path: folder.file("constraint.npz")).array("is_id")
    #expect(ids.shape[0] > 4)
    await #expect(throws: InputError.self) {
      try await Self.verbs(codes, folder, generated: "<a_3><b_9><c_0>\n")
    }
    // Sizes that are given: the vocabulary has all their codes.
    try await Self.run([
      "corpus", "vocabulary", "--codes", codes, "--codebook-size", "16", "--output", folder.file("tokens.txt"),
    ])
    #expect(try String(contentsOfFile: folder.file("tokens.txt"), encoding: .utf8).split(separator: "\n").count == 48)
  }

  /// MiniOneRec's: some IDs have one level more.
  @Test func fromIDsOfTwoLengths() async throws {
    let folder = try TemporaryFolder()
    let codes = try Self.indexJSON(folder, extra: ["10": 1, "42": 2])
    try await Self.verbs(codes, folder, generated: "<a_3><b_9><c_2><d_2>\n<a_0><b_0><c_2>\n")
    let index = try SemanticIndex(opening: folder.file("index"))
    let short = try #require(index.row(id: "7"))
    #expect(index.shape.mayEndEarly && index.idText(ofRow: short) == "<a_0><b_0><c_2>")
    var audit = GeneratedAudit(index, reader: try GeneratedTextOptions.parse([]).reader(index))
    for text in ["<a_3><b_9><c_2><d_2>", "<a_0><b_0><c_2>", "<a_3><b_9><c_2>", "<a_0><b_0><c_2><d_1>", "<a_0>"] {
      try audit.add(text, line: 1)
    }
    #expect(audit.report.valid == 2 && audit.report.incomplete == 2 && audit.report.unknownPrefix == 1)
    // The constraint of the index is that of the codes.
    let arrays = ["a", "b"].map { name in
      let path = folder.file(name + ".npz")
      return path
    }
    try await Self.run(["corpus", "constraint", folder.file("index"), "--end", "99", "--output", arrays[0]])
    try await Self.run(["corpus", "constraint", "--codes", codes, "--end", "99", "--output", arrays[1]])
    for name in ["token", "children", "is_id"] {
      let (a, b) = (try NPZFile(path: arrays[0]).array(name), try NPZFile(path: arrays[1]).array(name))
      #expect(a.shape == b.shape, "\(name)")
      if name == "token" { #expect(try a.integers(as: Int32.self).array == b.integers(as: Int32.self).array) }
    }
    // Plain spelling.
    let plain = try GeneratedTextOptions.parse(["--plain"]).reader(index)
    var line = "buy 0-0-2 or 3-9-2-2, not 3-9-1"
    let found = line.withUTF8 { plain.mentions(in: $0).map(\.codes) }
    #expect(found == [[0, 0, 2], [3, 9, 2, 2], [3, 9, 1]])
  }

  /// What `resolve` writes in every dialect goes into an index.
  @Test(arguments: [
    ["--strategy", "extra-level"], ["--strategy", "extra-level", "--numbering", "zero-if-unique"],
    ["--strategy", "extra-level", "--numbering", "colliding-only"], ["--strategy", "suffix", "--suffix", "level"],
    ["--strategy", "sinkhorn"], [],
  ])
  func fromEveryDialectOfResolve(_ arguments: [String]) async throws {
    let folder = try TemporaryFolder()
    var random = CounterRandom(seed: 5)
    let vectors = Matrix(rows: 60, columns: 4, values: (0..<240).map { _ in Float(random.normals().0) })
    try NPY.write(vectors, to: folder.file("x.npy"))
    try await Self.run([
      "train", "rq-kmeans", folder.file("x.npy"), "--levels", "2", "--codebook-size", "8", "--output",
      folder.file("model"),
    ])
    for form in ["parquet", "jsonl"] {
      let ids = folder.file("ids." + form)
      try await Self.run(
        ["resolve", folder.file("x.npy"), "--model", folder.file("model"), "--output", ids] + arguments)
      try await Self.run([
        "index", "build", folder.file("x.npy"), "--model", folder.file("model"), "--codes", ids, "--output",
        folder.file("index"),
      ])
      let index = try SemanticIndex(opening: folder.file("index"))
      try index.verify()
      let written = try CodesTable(opening: ids, levelSizes: nil)
      for row in 0..<60 { #expect(index.shape.spelled(index.codes(ofRow: row)) == written.id(of: row)) }
      try AtomicFile.write(
        (0..<60).map { TokenFormat.tokens.text(for: written.id(of: $0)) }.joined(separator: "\n"),
        to: folder.file("text"))
      try await Self.run(["decode-text", folder.file("text"), "--index", folder.file("index")])
      try await Self.run(["corpus", "constraint", "--codes", ids, "--end", "9", "--output", folder.file("c.npz")])
    }
  }

  @Test func textBehindTheCodesIsRefusedWithARemedyThatWorks() async throws {
    let folder = try TemporaryFolder()
    let path = folder.file("ids.jsonl")
    let codes = try Codes(levelSizes: [4, 4], values: Buffer([1, 2, 1, 2]))
    try CodesForm(path: path).write(codes, ids: nil, tail: .text(StringColumn(["", "1"])), to: path)
    let error = await #expect(throws: InputError.self) {
      try await Self.run(["index", "build", "--codes", path, "--output", folder.file("index")])
    }
    #expect(error?.remedy?.contains("--suffix level") == true)
    #expect(!FileManager.default.fileExists(atPath: folder.file("index")))
  }

  @Test func oneCatalogueIsNamed() async throws {
    for arguments in [["corpus", "audit", "x"], ["decode-text", "x", "--index", "a", "--codes", "b"]] {
      #expect(throws: (any Error).self) { try Semid.parseAsRoot(arguments) }
    }
    await #expect(throws: InputError.self) { try await Self.run(["index", "build", "--output", "/nowhere/x"]) }
  }

  /// The codes that MiniOneRec committed.
  @Test(.enabled(if: RealData.has("amazon-industrial-and-scientific/reference_semantic_ids.parquet")))
  func fromWhatMiniOneRecCommitted() async throws {
    let folder = try TemporaryFolder()
    let codes = RealData.path("amazon-industrial-and-scientific/reference_semantic_ids.parquet")
    let table = try CodesTable(opening: codes, levelSizes: nil)
    #expect(table.count == 3686 && table.codes.levels == 3 && table.ids != nil)
    let generated = (0..<200).map { TokenFormat.tokens.text(for: table.id(of: $0 * 18)) }.joined(separator: "\n")
    try await Self.verbs(codes, folder, generated: generated)
    #expect(try SemanticIndex(opening: folder.file("index")).count == 3686)
  }
}
