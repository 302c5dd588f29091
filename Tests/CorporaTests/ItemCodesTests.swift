import Foundation
import Formats
import TestSupport
import Testing
import Tokenizers
import Vectors

@testable import Corpora

@Suite struct ItemCodesTests {
  private static func write(_ text: String, _ name: String, in folder: TemporaryFolder) throws -> String {
    try text.write(toFile: folder.file(name), atomically: true, encoding: .utf8)
    return folder.file(name)
  }

  @Test func threeFormsOfTheSameCodes() throws {
    let folder = try TemporaryFolder()
    let codes = try Codes(levelSizes: [10, 20], values: Buffer([1, 2, 9, 19, 1, 2]))
    let ids = StringColumn(["a", "b", "ц"])
    try codes.write(to: folder.file("codes.npy"))
    try Identifiers.write(ids, json: folder.file("ids.json"))
    try ParquetWriter.write(
      to: folder.file("codes.parquet"), columns: [.string("item_id"), .int32("c1"), .int32("c2"), .string("tokens")]
    ) { file in
      try file.append([
        .strings(ids), .int32(Buffer([1, 9, 1])), .int32(Buffer([2, 19, 2])), .strings(StringColumn(["", "", ""])),
      ])
    }
    let lines = try Self.write(
      """
      {"item": "a", "codes": [1, 2], "tokens": "<a_1><b_2>"}

      {"codes": [9, 19], "item": "b", "more": {"x": [1, "}"]}}
      {"item": "ц", "codes": [1, 2]}
      """, "codes.jsonl", in: folder)
    for path in [folder.file("codes.npy"), folder.file("codes.parquet"), lines] {
      let items = try ItemCodes.read(path: path, levelSizes: [10, 20])
      #expect(Array(items.ids) == ["a", "b", "ц"] && items.codes.values.array == codes.values.array, "\(path)")
      #expect(items.lengths == nil && items.distinctIDs == 2 && !items.sizesAreObserved)
      #expect(items.find("b") == 1 && items.find("ц") == 2 && items.find("x") == nil)
      let observed = try ItemCodes.read(path: path)
      #expect(observed.levelSizes == [10, 20] && observed.sizesAreObserved)
      #expect(try ItemCodes.read(path: path, levelSizes: [32]).levelSizes == [32, 32])
      #expect(message { _ = try ItemCodes.read(path: path, levelSizes: [10, 19]) }.contains("level 1"))
      #expect(message { _ = try ItemCodes.read(path: path, levelSizes: [1, 2, 3]) }.contains("expected 3 levels"))
    }
  }

  @Test func unequalLengths() throws {
    let folder = try TemporaryFolder()
    let lines = try Self.write(
      """
      {"item": "a", "codes": [1, 2]}
      {"item": "b", "codes": [1, 2, 0]}
      {"item": "c", "codes": [1, 2, 1]}
      """, "codes.jsonl", in: folder)
    try ParquetWriter.write(
      to: folder.file("codes.parquet"),
      columns: [.string("item_id"), .int32("c1"), .int32("c2"), .string("suffix"), .string("tokens")]
    ) { file in
      try file.append([
        .strings(StringColumn(["a", "b", "c"])), .int32(Buffer([1, 1, 1])), .int32(Buffer([2, 2, 2])),
        .strings(StringColumn(["", "0", "1"])),
        .strings(StringColumn(["<a_1><b_2>", "<a_1><b_2><c_0>", "<a_1><b_2><c_1>"])),
      ])
    }
    for path in [lines, folder.file("codes.parquet")] {
      let items = try ItemCodes.read(path: path)
      #expect((0..<3).map { items.id(of: $0).array } == [[1, 2], [1, 2, 0], [1, 2, 1]])
      // Zeros behind a short ID are no code of its own.
      #expect(items.distinctIDs == 3)
      let vocabulary = try TokenVocabulary(levelSizes: items.levelSizes)
      #expect(Array(items.texts(vocabulary)) == ["<a_1><b_2>", "<a_1><b_2><c_0>", "<a_1><b_2><c_1>"])
    }
    try ParquetWriter.write(
      to: folder.file("s.parquet"), columns: [.string("item_id"), .int32("c1"), .string("suffix"), .string("tokens")]
    ) { file in
      try file.append([
        .strings(StringColumn(["a"])), .int32(Buffer([1])), .strings(StringColumn(["1"])),
        .strings(StringColumn(["<a_1>-1"])),
      ])
    }
    #expect(message { _ = try ItemCodes.read(path: folder.file("s.parquet")) }.contains("an ID of codes alone"))
  }

  @Test func badFiles() throws {
    let folder = try TemporaryFolder()
    func refusal(_ text: String) throws -> String {
      let path = try Self.write(text, "x.jsonl", in: folder)
      return message { _ = try ItemCodes.read(path: path) }
    }
    #expect(try refusal("").contains("expected items, found none"))
    #expect(try refusal("{\"item\": \"a\"}").contains("codes under known names"))
    #expect(try refusal("{\"item\": \"a\", \"codes\": []}").contains("at least one code"))
    #expect(try refusal("{\"item\": \"a\", \"codes\": [70000]}").contains("70000"))
    #expect(try refusal("{\"item\": \"a\", \"codes\": [-1]}").contains("line 1"))
    #expect(try refusal("{\"item\": \"a\", \"codes\": [1.5]}").contains("1.5"))
    #expect(try refusal("{\"item\": \"a\", \"codes\": [1]}\n{\"item\": \"a\", \"codes\": [2]}").contains("id of row 0"))
    #expect(try refusal("{\"item\": \"a\", \"item\": \"b\", \"codes\": [1]}").contains("one member \"item\""))
    #expect(try refusal("{\"item\": \"a\", \"codes\": [1]} x").contains("the end"))
    #expect(message { _ = try ItemCodes.read(path: "x.xml") }.contains("another name"))
    try NPY.write(Buffer<Int32>([1, 2]), shape: [1, 2], to: folder.file("c.npy"))
    #expect(message { _ = try ItemCodes.read(path: folder.file("c.npy")) }.contains("ids.json"))
    try Identifiers.write(StringColumn(["a", "b"]), json: folder.file("ids.json"))
    #expect(message { _ = try ItemCodes.read(path: folder.file("c.npy")) }.contains("expected 2 rows"))
  }

  @Test func textsAreCleaned() throws {
    let fixture = try Fixture(items: 8)
    let titles = [
      "plain  two spaces", "tab\there\n\r\n and there ", " \t ", "<a_3> and <a_99> and <<b_0>", "quote \" \\ é",
      "\u{7F}x\u{1}y", "a\u{2028}b \u{85}\u{2029}", "\u{2027}\u{A0}â",
    ]
    let texts = try fixture.texts(titles)
    #expect(
      Array(texts.titles) == [
        "plain  two spaces", "tab here and there", "", "< a_3> and <a_99> and << b_0>", "quote \" \\ é", "x y",
        "a b", "\u{2027}\u{A0}â",
      ])
    #expect(texts.report.cleanedTexts == 4 && texts.report.textsWithTokens == 1)
    #expect(texts.report.itemsWithoutTitle == 1 && texts.report.textsWithoutCodes == 0)
  }

  @Test func textsOfOtherItems() throws {
    let fixture = try Fixture(items: 2)
    let path = try Self.write(
      """
      {"item_id": "i1", "title": "One", "categories": ["x", "y"]}
      {"item_id": "other", "title": "Not here"}
      """, "items.jsonl", in: fixture.folder)
    let texts = try ItemTexts.read(path: path, items: fixture.items, vocabulary: fixture.vocabulary)
    #expect(Array(texts.titles) == ["", "One"] && Array(texts.categories) == ["", "x, y"])
    #expect(texts.report.textsWithoutCodes == 1 && texts.report.itemsWithoutTitle == 1)
    let amazon = try Self.write(
      "{\"parent_asin\": \"i0\", \"title\": \"Zero\", \"main_category\": \"c\"}\n", "meta.jsonl", in: fixture.folder)
    #expect(
      try ItemTexts.read(path: amazon, items: fixture.items, vocabulary: fixture.vocabulary).titles[0] == "Zero")
    let bad = try Self.write("{\"x\": 1}\n", "bad.jsonl", in: fixture.folder)
    #expect(
      message { _ = try ItemTexts.read(path: bad, items: fixture.items, vocabulary: fixture.vocabulary) }
        .contains("under a known name: item_id, "))
  }

  @Test func mapsNameEveryItem() throws {
    let fixture = try Fixture(items: 5)
    let maps = try ItemMaps(fixture.items, vocabulary: fixture.vocabulary)
    try maps.write(lines: fixture.path("m.jsonl"))
    try maps.write(parquet: fixture.path("m.parquet"))
    try maps.write(indexJSON: fixture.path("m.index.json"))
    try maps.write(itemJSON: fixture.path("m.item.json"), texts: fixture.texts(["A \"q\"", "", "B", "C", "D"]))
    // What we write is codes that we read.
    for name in ["m.jsonl", "m.parquet"] {
      #expect(
        try ItemCodes.read(path: fixture.path(name), levelSizes: [8]).codes.values.array
          == fixture.items.codes.values.array)
    }
    guard Python.isReady else { return }
    try Python.run(
      """
      import json, sys, pyarrow.parquet as pq
      f = sys.argv[1]
      rows = pq.read_table(f + "/m.parquet").to_pylist()
      assert list(rows[0]) == ["item_id", "c1", "c2", "c3", "code", "tokens"]
      lines = [json.loads(l) for l in open(f + "/m.jsonl")]
      index = json.load(open(f + "/m.index.json"))
      item = json.load(open(f + "/m.item.json"))
      assert list(index) == list(item) == [str(i) for i in range(5)]
      for i, (row, line) in enumerate(zip(rows, lines)):
          codes = [row["c1"], row["c2"], row["c3"]]
          tokens = ["<%s_%d>" % (l, c) for l, c in zip("abc", codes)]
          assert row["item_id"] == line["item_id"] == "i%d" % i and line["codes"] == codes
          assert row["code"] == line["code"] == "-".join(map(str, codes))
          assert row["tokens"] == line["tokens"] == "".join(tokens) and index[str(i)] == tokens
      assert item["0"]["title"] == 'A "q"' and item["1"]["title"] == "Item_1"
      assert set(item["0"]) == {"title", "description", "brand", "categories"}
      """, fixture.folder.path)
  }
}
