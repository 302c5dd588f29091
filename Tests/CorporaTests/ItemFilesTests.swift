import Catalogues
import Foundation
import Formats
import TestSupport
import Testing
import Vectors

@testable import Corpora

/// Titles and more, as people keep them.
@Suite struct ItemFilesTests {
  private static func read(_ name: String, _ fixture: Fixture, id: String? = nil, title: String? = nil) throws
    -> ItemTexts
  {
    try ItemTexts.read(
      path: fixture.path(name), names: .init(id: id, title: title), items: fixture.items,
      vocabulary: fixture.vocabulary)
  }

  /// The only column of text is not taken for ids.
  @Test(.enabled(if: Python.isReady)) func idsAreKnownOrNamed() throws {
    let fixture = try Fixture()
    try Python.run(
      """
      import sys, pyarrow as pa, pyarrow.parquet as pq
      n = range(12)
      pq.write_table(pa.table({"article_id": list(n), "title": ["T %d" % i for i in n]}), sys.argv[1] + "/a.parquet")
      pq.write_table(pa.table({"article": ["i%d" % i for i in n], "name": ["T %d" % i for i in n]}),
        sys.argv[1] + "/b.parquet")
      pq.write_table(pa.table({"item_id": [i / 2 for i in n], "title": ["T"] * 12}), sys.argv[1] + "/c.parquet")
      pq.write_table(pa.table({"item_id": ["i%d" % i for i in n], "title": ["T"] * 5 + [None] * 7}),
        sys.argv[1] + "/d.parquet")
      """, fixture.folder.path)
    let text = message { _ = try Self.read("a.parquet", fixture) }
    #expect(text.contains("article_id: int64, title: string") && text.contains("--items-ids"), "\(text)")
    // Named, but of other items.
    #expect(message { _ = try Self.read("a.parquet", fixture, id: "article_id") }.contains("such as \"i0\""))
    let named = try Self.read("b.parquet", fixture, id: "article", title: "name")
    #expect(named.titles[3] == "T 3" && named.summary.lines == ["ids: article", "titles: name"])
    // A known name of a type that cannot be used is no reason to look for another.
    #expect(message { _ = try Self.read("c.parquet", fixture) }.contains("column \"item_id\""))
    let missing = try Self.read("d.parquet", fixture)
    #expect(missing.titles[4] == "T" && missing.titles[5].isEmpty)
    #expect(missing.summary.warnings.contains { $0.contains("7 of 12 items have no title") })
  }

  @Test func missingTitlesAreCounted() throws {
    let fixture = try Fixture()
    let lines = (0..<12).map {
      $0 == 4
        ? #"{"parent_asin": "i4", "title": null, "categories": []}"#
        : $0 == 5
          ? #"{"parent_asin": "i5"}"# : #"{"parent_asin": "i\#($0)", "title": "T \#($0)", "categories": ["a", "b"]}"#
    }
    try AtomicFile.write(lines.joined(separator: "\n"), to: fixture.path("x.jsonl"))
    let texts = try Self.read("x.jsonl", fixture)
    #expect(texts.titles[3] == "T 3" && texts.titles[4].isEmpty && texts.titles[5].isEmpty)
    #expect(texts.categories[3] == "a, b" && texts.report.itemsWithoutTitle == 40 - 10)
    #expect(texts.summary.warnings.contains { $0.contains("2 of 12 items have no title") })
    #expect(texts.summary.warnings.contains { $0.contains("30 %") })
    #expect(texts.summary.lines == ["ids: parent_asin", "titles: title", "categories: categories"])
  }

  /// The fault that is reported is the file's own, with its line.
  @Test(arguments: [
    (#"{"item_id": "i0", "title": "a"}"# + "\n" + #"{"item_id": "i1", "title": "b""#, "line 2"),
    (#"{"item_id": "i0", "title": "a"}"# + "\n\n" + #"{"title": "b"}"#, "line 3, key item_id"),
    (#"{"item_id": "i0", "title": "a"}"# + "\n" + #"{"item_id": "i0", "title": "b"}"#, "again, first on line 1"),
    (#"{"item_id": "i0", "title": {"en": "a"}}"#, "line 1, key title"),
    (#"{"item_id": "i0", "name": "a"}"#, "--items-titles"),
  ])
  func faultsAreTheFilesOwn(_ text: String, _ expected: String) throws {
    let fixture = try Fixture()
    try AtomicFile.write(text, to: fixture.path("x.jsonl"))
    let found = message { _ = try Self.read("x.jsonl", fixture) }
    #expect(found.contains(expected), "\(found)")
  }

  @Test func otherBytesAreNamed() throws {
    let fixture = try Fixture()
    let bytes =
      Array(#"{"item_id": "i0", "title": "a"}"#.utf8) + [0x0A] + Array(#"{"item_id": "i1", "title": "Caf"#.utf8)
    for (name, format) in [("x.jsonl", "\"}\n"), ("y.jsonl", "\"}")] {
      try Data(bytes + [0xE9] + Array(format.utf8)).write(to: URL(fileURLWithPath: fixture.path(name)))
      let found = message { _ = try Self.read(name, fixture) }
      #expect(found.contains("line 2") && found.contains("UTF-8"), "\(found)")
    }
  }

  @Test(.enabled(if: Python.isReady), arguments: ["jsonl.gz", "json", "json.gz", "csv", "csv.gz", "tsv", "item.json"])
  func everyFormat(_ format: String) throws {
    let fixture = try Fixture()
    try Python.run(
      """
      import sys, json, csv, gzip
      path, rows = sys.argv[1], [{"item_id": "i%d" % i, "title": 'T "%d",\\n é' % i, "brand": "B"} for i in range(9)]
      o = (gzip.open if path.endswith(".gz") else open)(path, "wt", newline="", encoding="utf-8")
      if "item.json" in path: json.dump({r.pop("item_id"): r for r in rows}, o)
      elif ".jsonl" in path: o.write("".join(json.dumps(r) + "\\n" for r in rows))
      elif ".json" in path: json.dump(rows, o, indent=1)
      else:
        w = csv.DictWriter(o, ["item_id", "title", "brand"], delimiter="\\t" if ".tsv" in path else ",")
        w.writeheader(); w.writerows(rows)
      o.close()
      """, fixture.path("x." + format))
    let texts = try Self.read("x." + format, fixture)
    #expect(texts.titles[3] == "T \"3\", é" && texts.brands[8] == "B" && texts.report.textsWithoutCodes == 0)
  }
}
