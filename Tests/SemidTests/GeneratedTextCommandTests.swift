import ArgumentParser
import Foundation
import SemanticID
import TestSupport
import Testing

@testable import semid

/// The verbs around constrained decoding, on files.
@Suite struct GeneratedTextCommandTests {
  private static func run(_ arguments: String...) async throws {
    var command = try Semid.parseAsRoot(arguments + ["--quiet"])
    if var asynchronous = command as? any AsyncParsableCommand {
      try await asynchronous.run()
    } else {
      try command.run()
    }
  }

  private static func index(_ folder: TemporaryFolder) throws -> String {
    let codes = try Codes(levelSizes: [4, 4, 4], values: Buffer([0, 1, 2, 0, 1, 3, 3, 0, 0]))
    let contents = IndexContents(codes: codes, ids: StringColumn(["kettle", "lamp", "chair"]))
    try IndexBuilder().build(contents, at: folder.file("index"))
    return folder.file("index")
  }

  @Test func constraintsAreWritten() async throws {
    let folder = try TemporaryFolder()
    let index = try Self.index(folder)
    try await Self.run(
      "corpus", "constraint", index, "--first-token", "100", "--end", "7", "--vocabulary-size", "500", "--output",
      folder.file("x.npz"))
    let file = try NPZFile(path: folder.file("x.npz"))
    #expect(try file.array("token").integers(as: Int32.self).array == [-1, 100, 103, 105, 104, 110, 111, 108])
    #expect(try file.array("end").integers(as: Int32.self).array == [7])
    #expect(try file.array("vocabulary_size").integers(as: Int64.self).array == [500])
    try await Self.run("corpus", "constraint", index, "--format", "static", "--output", folder.file("static.npz"))
    #expect(try NPZFile(path: folder.file("static.npz")).array("dense_states").shape == [4, 4])
    try await Self.run("corpus", "constraint", index, "--format", "prefixes", "--output", folder.file("p.json"))
    let data = try Data(contentsOf: URL(fileURLWithPath: folder.file("p.json")))
    let object = try JSONSerialization.jsonObject(with: data) as? [String: Any]
    let allowed = object?["allowed"] as? [String: [Int]]
    #expect(allowed == ["": [0, 3], "0": [1], "3": [0], "0-1": [2, 3], "3-0": [0]])

    for refused in [
      ["--format", "static", "--end", "7"], ["--dense-levels", "2"], ["--first-token", "1", "--tokenizer", "t.json"],
    ] {
      #expect(throws: (any Error).self) {
        _ = try Semid.parseAsRoot(["corpus", "constraint", index, "--output", folder.file("y.npz")] + refused)
      }
    }
    await #expect(throws: InputError.self) {
      try await Self.run("corpus", "constraint", index, "--end", "<eos>", "--output", folder.file("y.npz"))
    }
    #expect(!FileManager.default.fileExists(atPath: folder.file("y.npz")))
  }

  @Test func textIsAuditedAndDecoded() async throws {
    let folder = try TemporaryFolder()
    let index = try Self.index(folder)
    try AtomicFile.write("<a_0><b_1><c_2>\r\n<a_0>\n", to: folder.file("lines.txt"))
    try await Self.run("corpus", "audit", folder.file("lines.txt"), "--index", index)
    try AtomicFile.write(
      #"{"beams": ["<a_0><b_1><c_2>", "x"]}"# + "\n\n" + #"{"beams": "<a_0>"}"# + "\n", to: folder.file("beams.jsonl"))
    try await Self.run("corpus", "audit", folder.file("beams.jsonl"), "--index", index, "--field", "beams", "--json")
    await #expect(throws: InputError.self) {
      try await Self.run("corpus", "audit", folder.file("beams.jsonl"), "--index", index, "--field", "other")
    }

    // Strict: what is there is printed, and what no item has is a fault; repaired, it is none.
    let text = folder.file("answer.txt")
    try AtomicFile.write("Take <a_0><b_1><c_3>.\n", to: text)
    try AtomicFile.write(
      #"{"id": "kettle", "title": "A kettle"}"# + "\n" + #"{"id": "lamp", "title": "A lamp"}"# + "\n",
      to: folder.file("titles.jsonl"))
    try await Self.run("decode-text", text, "--index", index, "--titles", folder.file("titles.jsonl"), "--json")
    try await Self.run("decode-text", text, "--index", index, "--replace")
    try AtomicFile.write("Take <a_0><b_1><c_0> or <a_3>.\n", to: text)
    await #expect(throws: InputError.self) { try await Self.run("decode-text", text, "--index", index) }
    try await Self.run("decode-text", text, "--index", index, "--repair", "prefix")
    try await Self.run("decode-text", text, "--index", index, "--repair", "hamming")
    try AtomicFile.write("Take <a_1><b_2><c_0>.\n", to: text)
    await #expect(throws: InputError.self) {
      try await Self.run("decode-text", text, "--index", index, "--repair", "prefix")
    }
  }

  @Test func linesOfAMentionSayWhatWasFound() throws {
    let folder = try TemporaryFolder()
    let index = try SemanticIndex(opening: try Self.index(folder))
    let reader = try IDTextReader(levelSizes: index.trie.levelSizes)
    var text = "é <a_0><b_1><c_3> and <a_0><b_1><c_0>"
    let lines = try text.withUTF8 { text in
      try reader.mentions(in: text).map {
        try DecodeText.Line($0, text, line: 4, index, nil, repair: .hamming, most: 3)
      }
    }
    #expect(lines.map(\.column) == [3, 23])
    #expect(lines[0].items == ["lamp"] && lines[0].kind == .valid && !lines[0].repaired)
    #expect(lines[1].items == ["kettle"] && lines[1].kind == .unknownPrefix && lines[1].level == 2)
    #expect(lines[1].repaired && lines[1].id == "<a_0><b_1><c_2>")
  }
}
