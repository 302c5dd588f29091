import Foundation
import TestSupport
import Interactions
import Testing
import Tokenizers
import Vectors

@testable import Corpora

@Suite struct DialectTests {
  /// What their loaders do: csv rows, lists by `eval`, `info` by tabs, JSON objects.
  @Test(.enabled(if: Python.isReady)) func miniOneRecReadsItsFiles() throws {
    let fixture = try Fixture()
    var titles = (0..<40).map { "Title, no. \($0)" }
    titles[1] = "it's \"quoted\", \\ with\ttabs\nand lines"
    titles[2] = ""
    titles[3] = "NA"
    titles[4] = "it's"
    let rows = Fixture.random(users: 150, items: 40, seed: 8)
    try MiniOneRecFiles.write(
      fixture.histories(rows), items: fixture.items, texts: fixture.texts(titles), vocabulary: fixture.vocabulary,
      options: .init(category: "Office_Products"), to: fixture.path("out"))
    try Python.run(
      """
      import ast, collections, csv, json, sys
      import pyarrow.parquet as pq
      folder = sys.argv[1]; out = folder + "/out/"; name = "Office_Products_5_2016-10-2018-11"
      import glob
      # sft.sh, rl.sh and evaluate.sh open these, in data/Amazon.
      for part in ("train", "valid", "test"):
          assert glob.glob(out + part + "/Office_Products*11.csv") == [out + part + "/" + name + ".csv"]
      assert glob.glob(out + "info/Office_Products*.txt") == [out + "info/" + name + ".txt"]
      item = json.load(open(out + "index/Office_Products.item.json"))
      index = json.load(open(out + "index/Office_Products.index.json"))
      assert all(len(tokens) == 3 for tokens in index.values())
      assert item["1"]["title"] == 'it\\'s "quoted", \\\\ with tabs and lines' and item["2"]["title"] == "Item_2"
      info = [l.rstrip("\\n").split("\\t") for l in open(out + "info/" + name + ".txt", newline="\\n")]
      assert info == [["".join(index[str(i)]), item[str(i)]["title"], str(i)] for i in range(40)]
      log = collections.defaultdict(list)
      for r in sorted(pq.read_table(folder + "/all.parquet").to_pylist(), key=lambda r: r["timestamp"]):
          log[r["user_id"]].append(int(r["item_id"][1:]))
      order = list(dict.fromkeys(pq.read_table(folder + "/all.parquet")["user_id"].to_pylist()))
      fields = ["user_id", "history_item_title", "item_title", "history_item_id", "item_id", "history_item_sid", "item_sid"]
      for split in ("train", "valid", "test"):
          got = list(csv.DictReader(open(out + split + "/" + name + ".csv", newline="")))
          inter = [l.rstrip("\\n").split("\\t") for l in open(out + "index/Office_Products." + split + ".inter")]
          assert list(got[0]) == fields and inter[0] == ["user_id:token", "item_id_list:token_seq", "item_id:token"]
          want = []
          for u in order:
              cut = len(log[u]) if len(log[u]) < 3 else len(log[u]) - 2
              part = {"train": range(1, cut), "valid": range(cut, min(cut + 1, len(log[u]))), "test": range(cut + 1, len(log[u]))}
              want += [(u, log[u][max(0, t - 10):t], log[u][t]) for t in part[split]]
          assert len(got) == len(want) == len(inter) - 1 and want
          for r, i, (u, h, t) in zip(got, inter[1:], want):
              assert r["user_id"] == u and int(r["item_id"]) == t and ast.literal_eval(r["history_item_id"]) == h
              assert ast.literal_eval(r["history_item_sid"]) == ["".join(index[str(x)]) for x in h]
              assert ast.literal_eval(r["history_item_title"]) == [item[str(x)]["title"] for x in h]
              assert r["item_sid"] == "".join(index[str(t)])
              assert r["item_title"] == ("Item_3" if t == 3 else item[str(t)]["title"])
              assert order[int(i[0])] == u and [int(x) for x in i[1].split()] == h and int(i[2]) == t
      """, fixture.folder.path)
  }

  @Test(.enabled(if: Python.isReady)) func lcRecSplitsAsWeDo() throws {
    let fixture = try Fixture()
    let manifest = try LCRecFiles.write(
      fixture.histories(Fixture.random(users: 80, items: 40, seed: 2)), items: fixture.items, texts: fixture.texts(),
      vocabulary: fixture.vocabulary, name: "Ind", to: fixture.path("out"))
    #expect((manifest.leftOut?.usersWithoutTargets ?? 0) > 0)
    try Python.run(
      """
      import collections, json, sys
      import pyarrow.parquet as pq
      folder = sys.argv[1]; out = folder + "/out/Ind."
      inter, index, item = (json.load(open(out + x + ".json")) for x in ("inter", "index", "item"))
      users = json.load(open(out + "users.json"))
      log = collections.defaultdict(list)
      for r in sorted(pq.read_table(folder + "/all.parquet").to_pylist(), key=lambda r: r["timestamp"]):
          log[r["user_id"]].append(int(r["item_id"][1:]))
      assert list(inter) == [str(i) for i in range(len(users))]
      assert set(users) == {u for u, items in log.items() if len(items) >= 3} and len(users) > 20
      for uid, items in inter.items():
          assert items == log[users[int(uid)]]
          assert all(len(index[str(i)]) == 3 and item[str(i)]["title"] == "Title of i%d" % i for i in items)
      """, fixture.folder.path)
  }

  /// IDs of `levels` levels each, of which the first three codes are `item % 20` alone.
  private static func items(_ count: Int, levels: Int, lengths: [UInt8]? = nil) throws -> ItemCodes {
    let rows = (0..<count).flatMap { item -> ArraySlice<UInt16> in
      let codes: [UInt16] = [UInt16(item % 20), 0, 0, UInt16(item / 20)]
      return (codes + Array(repeating: 0, count: levels)).prefix(levels)
    }
    return ItemCodes(
      ids: StringColumn((0..<count).map { "i\($0)" }),
      codes: try Codes(levelSizes: Array(repeating: 64, count: levels), values: Buffer(rows)),
      lengths: lengths.map { Buffer($0) }, source: "codes.parquet")
  }

  @Test func levelsThatTheirReadersCannotJoinAreRefused() throws {
    let fixture = try Fixture()
    let interactions = Fixture.random(users: 60, items: 40, seed: 2)
    let path = try fixture.write(interactions)
    func mini(_ items: ItemCodes, any: Bool = false) throws -> CorpusManifest {
      var options = MiniOneRecFiles.Options(category: "Books")
      options.allowsAnyLevels = any
      return try MiniOneRecFiles.write(
        Histories.read(InteractionSource(.whole(path, .leaveLastOut)), items: items), items: items,
        vocabulary: TokenVocabulary(levelSizes: items.levelSizes), options: options, to: fixture.path("mini"))
    }
    func lcRec(_ items: ItemCodes, any: Bool = false) throws -> CorpusManifest {
      try LCRecFiles.write(
        Histories.read(InteractionSource(.whole(path, .leaveLastOut)), items: items), items: items,
        vocabulary: TokenVocabulary(levelSizes: items.levelSizes), name: "lc", allowsAnyLevels: any,
        to: fixture.path("lc"))
    }
    // Of four levels, all 40 items share their first three codes with one more.
    let four = try Self.items(40, levels: 4)
    #expect(
      message { _ = try mini(four) }.contains(
        "codes.parquet: expected IDs of three levels, which MiniOneRec's readers join, found 4 levels; joined at three, "
          + "40 of 40 items have the answer of another item"))
    // Of 30, the last ten alone are not told apart from the first.
    let thirty = try Self.items(30, levels: 4)
    #expect(DialectLevels.itemsJoined(thirty, at: 3) == 20 && DialectLevels.itemsJoined(thirty, at: 4) == 0)
    // A fourth code behind some IDs, as collisions that are resolved by an extra level have.
    let uneven = try Self.items(40, levels: 4, lengths: (0..<40).map { $0 < 20 ? 3 : 4 })
    #expect(message { _ = try mini(uneven) }.contains("3 to 4 levels; joined at three, 40 of 40 items"))
    #expect(message { _ = try mini(Self.items(40, levels: 2)) }.contains("2 levels; 40 of 40 items have fewer"))
    for items in [four, uneven, try Self.items(40, levels: 2)] {
      #expect(try mini(items, any: true).warnings?.count == 1)
    }
    #expect(try mini(Self.items(40, levels: 3)).warnings == [])
    #expect(!FileManager.default.fileExists(atPath: fixture.path("lc")))
    #expect(try lcRec(four).warnings == [] && lcRec(Self.items(40, levels: 9)).warnings == [])
    #expect(
      message { _ = try lcRec(uneven) }.contains("the shorter IDs, of 20 of 40 items, can never be generated"))
    #expect(message { _ = try lcRec(Self.items(40, levels: 10)) }.contains("10 levels; its tests generate ten tokens"))
    #expect(try lcRec(uneven, any: true).warnings?.count == 1)
  }

  @Test func whatTheirProgramsStumbleOverIsTold() throws {
    let fixture = try Fixture()
    let histories = try fixture.histories(Fixture.random(users: 60, items: 40, seed: 2))
    let texts = try fixture.texts((0..<40).map { "Title \($0 / 2)" })
    let mini = try MiniOneRecFiles.write(
      histories, items: fixture.items, texts: texts, vocabulary: fixture.vocabulary, options: .init(category: "Shoes"),
      to: fixture.path("mini"))
    #expect(mini.warnings?.count == 2 && mini.warnings?[0].contains("category_dict") == true)
    #expect(mini.warnings?.last?.contains("40 items have the title of an item with another ID") == true)
    let lc = try LCRecFiles.write(
      histories, items: fixture.items, texts: texts, vocabulary: fixture.vocabulary, name: "Shoes",
      to: fixture.path("lc"))
    #expect(lc.warnings?.count == 2 && lc.warnings?[0].contains("DATA_PATH/Shoes/Shoes.inter.json") == true)
    #expect(
      try LCRecFiles.write(
        histories, items: fixture.items, vocabulary: fixture.vocabulary, name: "Shoes", to: fixture.path("Shoes")
      ).warnings == [])
  }

  @Test func refusesWhatTheirReadersDoNotKnow() throws {
    let fixture = try Fixture(spelling: .openOneRec)
    let histories = try fixture.histories(Fixture.random(users: 20, items: 40, seed: 2))
    func refusal(_ name: String, _ vocabulary: TokenVocabulary) -> String {
      message {
        try LCRecFiles.write(
          histories, items: fixture.items, vocabulary: vocabulary, name: name, to: fixture.path("out"))
      }
    }
    #expect(refusal("x", fixture.vocabulary).contains("without tokens around them"))
    let plain = try TokenVocabulary(levelSizes: [8, 8, 8])
    for name in ["", "../x", ".x", "a/b"] { #expect(refusal(name, plain).contains("the beginning of a file name")) }
    let untested = try fixture.histories(Fixture.random(users: 20, items: 40, seed: 2), .none)
    #expect(
      message {
        try LCRecFiles.write(untested, items: fixture.items, vocabulary: plain, name: "x", to: fixture.path("out"))
      }.contains("one item for validation"))
    // A second run replaces the first, folders and all.
    for _ in 0..<2 {
      try MiniOneRecFiles.write(
        histories, items: fixture.items, vocabulary: plain, options: .init(category: "x"), to: fixture.path("mor"))
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: fixture.path("mor")).contains("train"))
  }

  @Test func pythonTextIsPythons() throws {
    let texts = ["", "plain", "it's", "\"q\"", "both ' and \"", "back\\slash", "tab\t\n\r", "\u{1}\u{7F}", "é ключ 😀"]
    #expect(PythonText.literal("it's") == "\"it's\"" && PythonText.literal("both ' and \"") == "'both \\' and \"'")
    #expect(PythonText.field("a,b") == "\"a,b\"" && PythonText.field("a\"b") == "\"a\"\"b\"")
    #expect(PythonText.field("a\r\nb") == "\"a\r\nb\"" && PythonText.field("a b") == "a b")
    guard Python.isReady else { return }
    let folder = try TemporaryFolder()
    try PythonText.list(texts.map(PythonText.literal)).write(
      toFile: folder.file("t.py"), atomically: true, encoding: .utf8)
    try JSONEncoder().encode(texts).write(to: URL(fileURLWithPath: folder.file("t.json")))
    try Python.run(
      """
      import ast, json, sys
      source = open(sys.argv[1] + "/t.py", encoding="utf8", newline="").read()
      assert ast.literal_eval(source) == json.load(open(sys.argv[1] + "/t.json")) and source == repr(ast.literal_eval(source))
      """, folder.path)
  }
}
