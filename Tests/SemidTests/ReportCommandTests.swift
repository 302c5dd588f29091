import Foundation
import SemanticID
import TestSupport
import Testing

@Suite(.enabled(if: Program.isReady)) struct ReportCommandTests {
  private func folder() throws -> TemporaryFolder {
    let folder = try Workplace.full()
    // In another order, with one item of the vectors left out and one more.
    let rows = (1..<64).reversed().map { "item_\($0),thing number \($0),b\($0 % 2)\n" }
    try AtomicFile.write("item_id,title,brand\nelse,other,x\n" + rows.joined(), to: folder.file("items.csv"))
    return folder
  }

  private func page(_ folder: TemporaryFolder, _ name: String = "r.html") throws -> String {
    try String(contentsOfFile: folder.file(name), encoding: .utf8)
  }

  @Test func severalTokenizersAndTheirResultsAreOnOnePage() throws {
    let folder = try folder()
    for (arguments, output) in [
      (["evaluate", "offline", "a.npy", "--interactions", "inter.parquet", "--model", "model"], "offline.json"),
      (["evaluate", "codes", "a.npy", "--model", "model", "--k", "3"], "codes.json"),
      (["bench", "recall", "--data", "a.npy", "--codebook-size", "4", "--queries", "8", "--k", "1"], "recall.json"),
    ] {
      let outcome = try Program.semid.run(arguments + ["--json", "--quiet"], in: folder.path)
      #expect(outcome.status == 0, "\(outcome)")
      try AtomicFile.write(outcome.output, to: folder.file(output))
    }
    let outcome = try Program.semid.run(
      [
        "report", "a.npy", "--model", "plain=model", "--model", "solved=model", "--codes", "solved=codes.parquet",
        "--items", "items.csv", "--column", "brand", "--offline", "offline.json", "--evaluation", "codes.json",
        "--recall", "recall.json", "-o", "deep/r.html", "--title", "Things & more", "--json",
      ], in: folder.path)
    #expect(outcome.status == 0, "\(outcome)")
    // Vectors without a row are told, with --quiet, too.
    #expect(outcome.errors.contains("1 of 64 vectors have no row there, \"item_0\" for one"))
    let html = try page(folder, "deep/r.html")
    for text in [
      "Things &amp; more", "<option>solved</option><option>plain</option>", "thing number 63", "brute force",
      "recall@1 against queries", "relative error", "Held-out interactions",
    ] { #expect(html.contains(text), "\(text)") }
    struct Summary: Decodable {
      struct Tokenizer: Decodable { var name: String }
      var items: Int
      var points: Int
      var bytes: Int
      var tokenizers: [Tokenizer]
    }
    let summary = try JSONDecoder().decode(Summary.self, from: Data(outcome.output.utf8))
    #expect(summary.items == 64 && summary.points == 64 && summary.bytes == html.utf8.count)
    #expect(summary.tokenizers.map(\.name) == ["solved", "plain"])
  }

  /// Swift takes such texts for equal; ids are told apart by their bytes.
  @Test func idsThatUnicodeNormalizationAloneTellsApart() throws {
    let folder = try Workplace.full()
    let ids = ["caf\u{E9}", "cafe\u{301}"] + (2..<64).map { "item_\($0)" }
    try Identifiers.write(StringColumn(ids), json: folder.file("a.ids.json"))
    try AtomicFile.write(
      "item_id,title\n" + ids.enumerated().map { "\($1),title \($0) of this\n" }.joined(), to: folder.file("items.csv"))
    for arguments in [
      ["report", "a.npy", "--model", "model", "--items", "items.csv", "-o", "r.html"],
      ["export", "atlas", "a.npy", "--model", "model", "--items", "items.csv", "-o", "atlas"],
      ["evaluate", "offline", "a.npy", "--interactions", "inter.parquet", "--model", "model"],
    ] {
      let told = try Program.semid.run(arguments, in: folder.path)
      #expect(told.status == 0, "\(told)")
    }
    let html = try page(folder)
    #expect(html.contains("title 0 of this") && html.contains("title 1 of this"))
    let again = ids + [ids[0]]
    try AtomicFile.write(
      "item_id,title\n" + again.map { "\($0),x\n" }.joined(), to: folder.file("items.csv"))
    let told = try Program.semid.run(
      ["report", "a.npy", "--model", "model", "--items", "items.csv", "-o", "r2.html"], in: folder.path)
    #expect(told.status == 65 && told.errors.contains("again, first on line 2"), "\(told)")
  }

  @Test func mismatchesAreNamed() throws {
    let folder = try folder()
    try AtomicFile.write("item_id,title\nother,x\n", to: folder.file("others.csv"))
    let offline = try Program.semid.run(
      ["evaluate", "offline", "both.npy", "--interactions", "inter.parquet", "--json", "--quiet"], in: folder.path)
    try AtomicFile.write(offline.output, to: folder.file("offline.json"))
    for (arguments, status, texts) in [
      (["a.npy", "-o", "r.html"], 64, ["--codes, --model"]),
      (["b.npy", "--codes", "codes.parquet", "-o", "r.html"], 65, ["codes.parquet", "16", "64"]),
      (
        ["a.npy", "--model", "model", "--items", "others.csv", "-o", "r.html"], 65,
        ["others.csv", "\"item_0\"", "\"other\""]
      ),
      (
        ["a.npy", "--model", "model", "--items", "items.csv", "--column", "price", "-o", "r.html"], 66,
        ["price", "brand"]
      ),
      (["a.npy", "--model", "model", "--column", "price", "-o", "r.html"], 64, ["--column"]),
      (["a.npy", "--model", "model", "--offline", "offline.json", "-o", "r.html"], 65, ["offline.json", "64", "80"]),
      (
        ["a.npy", "--model", "model", "--offline", "items.csv", "-o", "r.html"], 65, ["items.csv", "evaluate offline"]
      ),
      (["a.npy", "--model", "x=model", "--model", "x=model", "-o", "r.html"], 64, ["\"x\" twice"]),
      (["a.npy", "--model", "model", "--items", "items.csv", "-o", "items.csv"], 64, ["the input items.csv"]),
      (["a.npy", "--ids", "none", "--model", "model", "--items", "others.csv", "-o", "r.html"], 65, ["64", "1"]),
    ] {
      let outcome = try Program.semid.run(["report"] + arguments, in: folder.path)
      #expect(Int(outcome.status ?? -1) == status, "\(arguments): \(outcome)")
      for text in texts { #expect(outcome.errors.contains(text), "\(arguments): \(outcome)") }
      #expect(!FileManager.default.fileExists(atPath: folder.file("r.html")))
    }
  }

  @Test func anAtlasIsWrittenWithItsCommand() throws {
    let folder = try folder()
    let outcome = try Program.semid.run(
      [
        "export", "atlas", "a.npy", "--codes", "codes.parquet", "--items", "items.csv", "-o", "atlas", "--neighbors",
        "3",
      ],
      in: folder.path)
    #expect(outcome.status == 0, "\(outcome)")
    #expect(
      outcome.output.contains(
        "open it with: embedding-atlas atlas/items.parquet --text title --x x --y y --neighbors neighbors "
          + "--features features --labels atlas/labels.parquet --disable-projection"), "\(outcome)")
    let file = try ParquetFile(path: folder.file("atlas/items.parquet"))
    let titles = Array(try file.strings("title"))
    #expect(file.rows == 64 && titles[5] == "thing number 5")
    let refused = try Program.semid.run(["export", "atlas", "a.npy", "-m", "model", "-o", "model"], in: folder.path)
    #expect(refused.status == 64 || refused.status == 73, "\(refused)")
    #expect(try Program.semid.run(["export", "atlas", "a.npy", "-o", "x"], in: folder.path).status == 64)
  }
}
