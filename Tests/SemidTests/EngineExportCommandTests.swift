import Foundation
import SemanticID
import TestSupport
import Testing

/// `semid export` for engines, as its users run it.
@Suite(.enabled(if: Program.isReady)) struct EngineExportCommandTests {
  private struct Summary: Decodable {
    var format: String
    var items: Int
    var ids: Int
    var sharedItems: Int
    var levelSizes: [Int]
    var vocabularySize: Int?
    var denseLevels: Int?
    var layout: String?
    var bytes: Int
  }

  private func run(_ arguments: [String], _ folder: TemporaryFolder) throws -> Summary {
    let told = try Program.semid.run(["export"] + arguments + ["--json", "--quiet"], in: folder.path)
    #expect(told.status == 0, "\(told)")
    return try JSONDecoder().decode(Summary.self, from: Data(told.output.utf8))
  }

  private struct Line: Decodable, Equatable {
    var item_id: String
    var token_ids: [Int]
  }

  private func lines(_ path: String) throws -> [Line] {
    try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map {
      try JSONDecoder().decode(Line.self, from: Data($0.utf8))
    }
  }

  @Test func anIndexItsCodesAndAFilter() throws {
    let folder = try Workplace.full()
    let index = try SemanticIndex(opening: folder.file("index"))
    let all = try run(["sid-gr", "index", "--first-token", "100", "-o", "all.jsonl"], folder)
    #expect(all.items == 64 && all.vocabularySize == 116 && all.levelSizes == [4, 4, 8])
    #expect(all.sharedItems > 0 && all.ids < 64)
    let found = try lines(folder.file("all.jsonl"))
    #expect(found.count == 64 && Set(found.map(\.item_id)).count == 64)
    for line in found {
      let row = try #require(index.row(id: line.item_id))
      let codes = index.codes(ofRow: row).map(Int.init)
      #expect(line.token_ids == [100 + codes[0], 104 + codes[1], 108 + codes[2]])
    }
    // The same items, from the file of codes that the index was not built from.
    let codes = try Program.semid.run(
      ["encode", "a.npy", "-m", "model", "-o", "plain.parquet"], in: folder.path)
    #expect(codes.status == 0, "\(codes)")
    _ = try run(
      ["sid-gr", "plain.parquet", "--codebook-size", "4,4,8", "--first-token", "100", "-o", "codes.jsonl"], folder)
    func sorted(_ lines: [Line]) -> [Line] { lines.sorted { $0.item_id < $1.item_id } }
    #expect(sorted(try lines(folder.file("codes.jsonl"))) == sorted(found))
    // What a filter leaves keeps its ids.
    let wanted = ["item_7", "item_3", "item_60"]
    try AtomicFile.write(wanted.joined(separator: "\n") + "\n", to: folder.file("wanted.txt"))
    let some = try run(
      ["sid-gr", "index", "--allow", "wanted.txt", "--first-token", "100", "-o", "some.jsonl"], folder)
    #expect(some.items == 3)
    #expect(sorted(try lines(folder.file("some.jsonl"))) == sorted(found.filter { wanted.contains($0.item_id) }))
    _ = try run(
      ["flashrec", "index", "--deny", "wanted.txt", "--with-items", "-o", "rest.json"], folder)
    let object = try JSONSerialization.jsonObject(
      with: Data(contentsOf: URL(fileURLWithPath: folder.file("rest.json"))))
    let named = try #require(object as? [String: [String]])
    #expect(Set(named.values.joined()) == Set(found.map(\.item_id)).subtracting(wanted))
    for (key, items) in named {
      for item in items {
        let row = try #require(index.row(id: item))
        #expect(key == index.codes(ofRow: row).map(String.init).joined(separator: ","))
      }
    }
  }

  @Test func formatsOfTries() throws {
    let folder = try Workplace.full()
    let codes = try run(["static", "index", "-o", "static.npz"], folder)
    #expect(codes.vocabularySize == 8 && codes.denseLevels == 2)
    let made = try Program.semid.run(
      ["corpus", "constraint", "index", "--format", "static", "-o", "theirs.npz"], in: folder.path)
    #expect(made.status == 0, "\(made)")
    #expect(
      try Data(contentsOf: URL(fileURLWithPath: folder.file("static.npz")))
        == Data(contentsOf: URL(fileURLWithPath: folder.file("theirs.npz"))))
    let tokens = try run(
      ["rectokens", "index", "--first-token", "5", "--vocabulary-size", "40", "-o", "r.npz"], folder)
    #expect(tokens.vocabularySize == 40 && tokens.denseLevels == 1)
    let layout = try run(["flashrec", "index", "--first-token", "7", "-o", "f.json"], folder)
    #expect(layout.layout == "7:22/4,4,8" && layout.vocabularySize == nil)
  }

  @Test func whatCannotBeIsRefused() throws {
    let folder = try Workplace.full()
    try AtomicFile.write(#"{"<a_0>": 3}"#, to: folder.file("few.json"))
    for (arguments, status, text) in [
      (["sid-gr", "index", "-o", "x"], 64, "--tokenizer or --first-token"),
      (["sid-gr", "index", "--tokenizer", "few.json", "-o", "x"], 65, "<a_1>"),
      (["sid-gr", "index", "--first-token", "100", "--vocabulary-size", "50", "-o", "x"], 64, "vocabulary size"),
      (["sid-gr", "codes.npy", "--first-token", "100", "-o", "x"], 64, "--codebook-size"),
      (["sid-gr", "index", "--first-token", "1", "-o", "index"], 73, "index"),
      (["sid-gr", "plain.npy", "--first-token", "1", "--codebook-size", "8", "-o", "x"], 66, "plain.npy"),
      (["flashrec", "codes.npy", "-o", "codes.npy"], 64, "codes.npy"),
      (["flashrec", "codes.npy", "--filter", "price < 3", "-o", "x"], 64, "expected an index"),
      (["flashrec", "index", "--ids", "few.json", "-o", "x"], 64, "--with-items"),
      (["flashrec", "index", "--spelling", "openonerec", "-o", "x"], 64, "--tokenizer"),
      (["static", "index", "--dense-levels", "3", "-o", "x"], 64, "dense levels"),
      (["static", "index", "--first-token", "70000", "--dense-levels", "2", "-o", "x"], 65, "2²⁸"),
      (["rectokens", "index", "--dense-levels", "4", "-o", "x"], 64, "dense levels"),
    ] {
      let told = try Program.semid.run(["export"] + arguments, in: folder.path)
      #expect(told.status == Int32(status) && told.errors.contains(text), "\(arguments): \(told)")
      #expect(!FileManager.default.fileExists(atPath: folder.file("x")))
    }
  }
}
