import Foundation
import SemanticID
import TestSupport
import Testing

/// `semid prepare` as its users run it.
@Suite(.enabled(if: Program.isReady)) struct PrepareCommandTests {
  private func workplace() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let reviews = ["u", "v"].flatMap { user in
      ["a", "b", "c"].enumerated().map { place, item in
        #"{"user_id": "\#(user)", "parent_asin": "\#(item)", "timestamp": \#(1_600_000_000_000 + place * 1000), "rating": \#(place + 3)}"#
      }
    }
    try AtomicFile.write(reviews.joined(separator: "\n") + "\n", to: folder.file("raw/r.jsonl"))
    try AtomicFile.write(
      ["a", "b", "c", "d"].map { #"{"parent_asin": "\#($0)", "title": "T \#($0)"}"# }.joined(separator: "\n"),
      to: folder.file("raw/m.jsonl"))
    try AtomicFile.write(
      "who,what,when\n" + reviews.indices.map { "u\($0 % 2),i\($0),2024-01-0\($0 + 1)\n" }.joined(),
      to: folder.file("t.csv"))
    return folder
  }

  private static let amazon = ["prepare", "amazon", "--reviews", "raw/r.jsonl", "--items", "raw/m.jsonl"]

  @Test func amazonForPeopleAndForMachines() throws {
    let folder = try workplace()
    let told = try Program.semid.run(Self.amazon + ["-o", "out"], in: folder.path)
    #expect(told.status == 0, "\(told)")
    for text in ["6 interactions of 2 users with 3 items", "train.parquet", "read 6 interactions and 4 items"] {
      #expect(told.output.contains(text), "\(told)")
    }
    #expect(told.errors.contains("time: timestamp, milliseconds since 1970"))
    let json = try Program.semid.run(
      Self.amazon + ["-o", "out", "--json", "--min-rating", "4", "--min-history", "2", "--split", "none"],
      in: folder.path)
    struct Summary: Decodable { var prepared: PreparedManifest }
    let manifest = try JSONDecoder().decode(Summary.self, from: Data(json.output.utf8)).prepared
    #expect(manifest.kept.train == 4 && manifest.kept.valid == 0)
    #expect(manifest.dropped == [SelectionStep(.lowRating, interactions: 2)])
    #expect(try PreparedManifest.read(folder.file("out")) == manifest)
    #expect(try DataTable(opening: folder.file("out/train.parquet")).rows == 4)
  }

  @Test func splitsByTime() throws {
    let folder = try workplace()
    for (options, counts) in [
      (["--split", "time", "--valid-from", "2020-09-13T12:26:41Z", "--test-from", "1600000002000"], [2, 2, 2]),
      (["--split", "time"], [6, 0, 0]), (["--split", "time", "--shares", "30,35,35"], [2, 2, 2]),
    ] {
      let told = try Program.semid.run(Self.amazon + options + ["-o", "out"], in: folder.path)
      #expect(told.status == 0, "\(told)")
      let kept = try PreparedManifest.read(folder.file("out")).kept
      // The shares of six interactions in three times of two each.
      if options.count > 2 { #expect([kept.train, kept.valid, kept.test] == counts, "\(options)") }
      #expect(kept.interactions == 6)
    }
  }

  @Test(arguments: [
    (["--shares", "1,2,3"], "--split time"), (["--split", "time", "--shares", "80,10"], "three numbers"),
    (["--split", "time", "--valid-from", "2020-01-01"], "both"),
    (["--split", "time", "--valid-from", "soon", "--test-from", "2020-01-01"], "ISO 8601"),
    (["--split", "time", "--valid-from", "2021-01-01", "--test-from", "2020-01-01"], "before --test-from"),
    (["--core", "0"], "--core"), (["-o", "raw"], "a directory that also holds m.jsonl"),
    (["-o", "raw/out"], "a place in the input"),
    (["-o", "raw/r.jsonl"], "found a file"),
  ]) func refused(options: [String], text: String) throws {
    let folder = try workplace()
    let before = try FolderSnapshot(folder.path)
    // A folder as input: an output in it would be read the next time.
    let inputs = options.contains("raw/out") ? ["prepare", "csv", "--interactions", "raw"] : Self.amazon
    if options.contains("raw/out") {
      try FileManager.default.removeItem(atPath: folder.file("raw"))
      try FileManager.default.createDirectory(atPath: folder.file("raw"), withIntermediateDirectories: true)
      try ParquetWriter.write(to: folder.file("raw/x.parquet"), columns: [.string("user_id")]) {
        try $0.append([.strings(StringColumn(["u"]))])
      }
    }
    let told = try Program.semid.run(
      inputs + (options.contains("-o") ? [] : ["-o", "out"]) + options, in: folder.path)
    #expect(told.status != 0 && told.status != nil && told.errors.contains(text), "\(told)")
    if !options.contains("raw/out") { #expect(try FolderSnapshot(folder.path) == before) }
  }

  @Test func anOutputThatHoldsAnInputIsRefused() throws {
    let folder = try workplace()
    #expect(try Program.semid.run(Self.amazon + ["-o", "out"], in: folder.path).status == 0)
    let before = try FolderSnapshot(folder.path)
    let told = try Program.semid.run(
      ["prepare", "csv", "--interactions", "out/train.parquet", "-o", "out"], in: folder.path)
    #expect(told.status == 64 && told.errors.contains("a directory that holds the input"), "\(told)")
    #expect(try FolderSnapshot(folder.path) == before)
  }

  @Test func tablesByTheNamesOfTheirColumns() throws {
    let folder = try workplace()
    let columns = ["--user-column", "who", "--item-column", "what", "--time-column", "when"]
    let told = try Program.semid.run(
      ["prepare", "csv", "--interactions", "t.csv", "-o", "out"] + columns, in: folder.path)
    #expect(told.status == 0, "\(told)")
    #expect(told.errors.contains("time: when, dates or timestamps"), "\(told)")
    let manifest = try PreparedManifest.read(folder.file("out"))
    #expect(manifest.kept.train == 2 && manifest.kept.valid == 2 && manifest.kept.test == 2)
    #expect(manifest.options.source["userColumn"] == "who")
    let nameless = try Program.semid.run(["prepare", "csv", "--interactions", "t.csv", "-o", "x"], in: folder.path)
    #expect(nameless.status == 66 && nameless.errors.contains("--user-column"), "\(nameless)")
  }

  @Test func optionsWithoutEffectAreRefused() throws {
    let folder = try workplace()
    for option in [
      "--item-id-column", "--title-column", "--description-column", "--brand-column", "--categories-column",
    ] {
      for verb in ["csv", "recbole"] {
        let told = try Program.semid.run(
          ["prepare", verb, "--interactions", "t.csv", option, "x", "-o", "out"], in: folder.path)
        #expect(told.status == 64 && told.errors.contains("\(option): expected --items beside it"), "\(told)")
      }
    }
    #expect(!FileManager.default.fileExists(atPath: folder.file("out")))
  }

  @Test func faultyLinesAreNamed() throws {
    let folder = try workplace()
    let half = #"{"user_id": "u", "parent"#
    try AtomicFile.write(
      try String(contentsOfFile: folder.file("raw/r.jsonl"), encoding: .utf8) + half, to: folder.file("raw/r.jsonl"))
    let refused = try Program.semid.run(Self.amazon + ["-o", "out"], in: folder.path)
    #expect(refused.status == 65 && refused.errors.contains("raw/r.jsonl: line 7, byte"), "\(refused)")
    #expect(!FileManager.default.fileExists(atPath: folder.file("out")))
    let skipped = try Program.semid.run(Self.amazon + ["-o", "out", "--skip-faulty", "--quiet"], in: folder.path)
    #expect(skipped.status == 0 && skipped.errors.contains("passed over 1 faulty line"), "\(skipped)")
    #expect(skipped.output.contains("faulty lines (passed over): 1"), "\(skipped)")
  }
}
