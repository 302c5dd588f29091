import Foundation
import TestSupport
import Testing
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
      item = json.load(open(out + "Office_Products.item.json"))
      index = json.load(open(out + "Office_Products.index.json"))
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
          inter = [l.rstrip("\\n").split("\\t") for l in open(out + "Office_Products." + split + ".inter")]
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
