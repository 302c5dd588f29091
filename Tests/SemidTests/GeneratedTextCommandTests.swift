import ArgumentParser
import Foundation
import SemanticID
import Synchronization
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
    try await Self.run(
      "corpus", "constraint", index, "--format", "prefixes", "--end", "9", "--output", folder.file("p.json"))
    let data = try Data(contentsOf: URL(fileURLWithPath: folder.file("p.json")))
    let object = try JSONSerialization.jsonObject(with: data) as? [String: Any]
    let allowed = object?["allowed"] as? [String: [Int]]
    #expect(
      allowed == [
        "": [0, 3], "0": [1], "3": [0], "0-1": [2, 3], "3-0": [0], "0-1-2": [9], "0-1-3": [9], "3-0-0": [9],
        "0-1-2-9": [9], "0-1-3-9": [9], "3-0-0-9": [9],
      ])

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
    let found = try IDFinder(reader, index, repair: .hamming).find(in: "é <a_0><b_1><c_3> and <a_0><b_1><c_0>")
    let lines = found.map { DecodeText.Line($0, line: 4, index, nil, most: 3) }
    #expect(lines.map(\.column) == [3, 23])
    #expect(lines[0].items == ["lamp"] && lines[0].kind == .valid && !lines[0].repaired)
    #expect(lines[1].items == ["kettle"] && lines[1].kind == .unknownPrefix && lines[1].level == 2)
    #expect(lines[1].repaired && lines[1].id == "<a_0><b_1><c_2>")
  }

  /// A line eight times as long takes about eight times as long, not sixty-four; whatever stands in it.
  @Test func longLinesAreDecodedInLinearTime() throws {
    let folder = try TemporaryFolder()
    let index = try SemanticIndex(opening: try Self.index(folder))
    let titles = folder.file("titles.jsonl")
    try AtomicFile.write(#"{"id": "kettle", "title": "A kettle"}"# + "\n", to: titles)
    let names = try ItemTitles(ItemTable(opening: titles))
    func style(_ change: (inout IDTextReader.Style) -> Void) throws -> IDTextReader {
      var style = IDTextReader.Style()
      change(&style)
      return try IDTextReader(levelSizes: index.trie.levelSizes, style: style)
    }
    let tokens = try style { $0.end = "</s>" }
    let spaced = try style { $0.allowsSpaces = true }
    let plain = try style { $0.isPlain = true }
    let pieces: [(String, IDTextReader, Int)] = [
      ("<a_0><b_1><c_2>", tokens, 1), ("<a_0><b_1><c_3>é</s>", tokens, 1), ("<a_0>", tokens, 1), ("<c_1>", tokens, 0),
      ("<a_0><b_1><c_", tokens, 1), ("<", tokens, 0), ("<a_", tokens, 0), ("<a_0>  ", spaced, 1), ("   ", spaced, 0),
      ("0-1-2, ", plain, 1), ("7", plain, 0), ("0-1-", plain, 0), ("0-1-999999 ", plain, 0), ("-", plain, 0),
    ]
    func seconds(_ text: String, _ reader: IDTextReader, _ count: Int?) throws -> Double {
      var best = Double.infinity
      for _ in 0..<2 {
        let time = try ContinuousClock().measure {
          let found = try IDFinder(reader, index, repair: .prefix).find(in: text)
            .map { DecodeText.Line($0, line: 1, index, names, most: 3) }
          if let count { #expect(found.count == count) }
          #expect(!DecodeText.replaced(text, found).isEmpty)
        }
        best = min(best, time / .seconds(1))
      }
      return best
    }
    for (piece, reader, each) in pieces {
      let small = String(repeating: piece, count: 1000)
      let large = String(repeating: piece, count: 8000)
      let base = try seconds(small, reader, each == 0 ? nil : 1000)
      let long = try seconds(large, reader, each == 0 ? nil : 8000)
      // Some milliseconds of slack for machines that do other things, too.
      #expect(long < 24 * base + 0.05, "\(piece): \(base) s and \(long) s")
    }
  }

  /// Tokens around IDs that are the same on both sides are each taken once.
  @Test func textIsReplacedWhereMentionsTouch() throws {
    let folder = try TemporaryFolder()
    let index = try SemanticIndex(opening: try Self.index(folder))
    var style = IDTextReader.Style()
    style.begin = "|"
    style.end = "|"
    let reader = try IDTextReader(levelSizes: index.trie.levelSizes, style: style)
    let text = "|<a_0><b_1><c_2>|<a_0><b_1><c_3>|."
    let found = try IDFinder(reader, index).find(in: text).map { DecodeText.Line($0, line: 1, index, nil, most: 1) }
    #expect(found.map(\.bytes) == [0..<17, 17..<33] && DecodeText.replaced(text, found) == "kettlelamp.")
  }

  @Test func auditsReadWhatResultsAreKeptIn() async throws {
    let folder = try TemporaryFolder()
    let index = try Self.index(folder)
    func audit(_ text: String, _ more: String...) async throws -> GeneratedAudit.Report {
      try AtomicFile.write(text, to: folder.file("input"))
      let lines = Mutex<[String]>([])
      var arguments = ["corpus", "audit", folder.file("input"), "--index", index, "--json", "--quiet"] + more
      arguments.append(contentsOf: ["--examples", "9"])
      guard let command = try Semid.parseAsRoot(arguments) as? CorpusAudit else {
        throw InputError(.usage, "arguments")
      }
      let results = ResultStream(capacity: 0) { data in
        lines.withLock { $0.append(String(decoding: data, as: UTF8.self)) }
      }
      try await command.execute(Console(command.common, results: results))
      return try JSONDecoder().decode(GeneratedAudit.Report.self, from: Data(lines.withLock { $0.joined() }.utf8))
    }
    // An empty string is a generation that came to nothing: here four of five.
    let beams = try await audit(
      #"{"output":["","",""]}"# + "\n" + #"{"output":["","<a_0><b_1><c_2>"]}"# + "\n", "--field", "output")
    #expect(
      beams.texts == 5 && beams.valid == 1 && beams.incomplete == 4 && beams.empty == 4 && beams.validShare == 0.2)
    #expect(beams.examples.map(\.line) == [1, 1, 1, 2, 2])
    let array = try await audit(
      #"[{"predict": ["<a_0><b_1><c_2>", ""], "x": [{}]},"# + "\n" + #" {"predict": "<a_3><b_0><c_0>"}]"#,
      "--field", "predict")
    #expect(array.texts == 3 && array.valid == 2 && array.empty == 1 && array.examples.map(\.line) == [1, 1, 2])
    let bare = try await audit(#"["<a_0><b_1><c_2>", ["<a_0>", ""]]"#)
    #expect(bare.texts == 3 && bare.valid == 1 && bare.incomplete == 2 && bare.empty == 1)
    let lines = try await audit("<a_0><b_1><c_2>\n\n<a_0>\n")
    #expect(lines.texts == 3 && lines.incomplete == 2 && lines.empty == 1)
    let skipped = try await audit("<a_0><b_1><c_2>\n\n<a_0>\n", "--skip-empty")
    #expect(skipped.texts == 2 && skipped.skipped == 1 && skipped.empty == 0)
    // Only items that the filter allows make an ID valid; the others are told apart from what no item has.
    try AtomicFile.write("lamp\n", to: folder.file("allow.txt"))
    let filtered = try await audit(
      "<a_0><b_1><c_2>\n<a_0><b_1><c_3>\n<a_0><b_1><c_2>\n<a_2><b_1><c_2>\n", "--allow", folder.file("allow.txt"))
    #expect(filtered.valid == 1 && filtered.filteredOut == 2 && filtered.unknownPrefix == 1 && filtered.invalid == 3)
    #expect(filtered.distinctIDs == 1 && filtered.distinctItems == 1)
    for (text, field, words) in [
      (#"[{"output": "x"}]"#, nil, "with the members output"), (#"[{"output": "x"}]"#, "text", "the members output"),
      (#"{"text": 3}"#, "text", "another value"), (#"{"text": ["a", 3]}"#, "text", "a string"),
      (#"{"text": "a", "text": "b"}"#, "text", "it twice"), (#"["x"]"#, "text", "no object"),
      ("x", "text", "no object"),
    ] as [(String, String?, String)] {
      await #expect("\(text) \(words)") {
        _ = field == nil ? try await audit(text) : try await audit(text, "--field", field ?? "")
      } throws: { error in
        "\(error)".contains(words)
      }
    }
  }
}
