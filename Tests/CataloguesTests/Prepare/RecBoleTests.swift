import Foundation
import Formats
import Interactions
import TestSupport
import Testing
import Vectors

@testable import Catalogues

@Suite struct RecBoleTests {
  private let inter =
    ["user_id:token\titem_id:token\trating:float\ttimestamp:float"]
    + ["u", "v"].flatMap { user in
      ["a", "b", "c"].enumerated().map { "\(user)\t\($1)\t\($0 + 2).5\t\(881_250_949 + $0)" }
    }
  private let item = [
    "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\tlength:float\tembedding:float_seq",
    "a\tToy Story\t1995\tAnimation Children's\t81\t0.5 1", "b\tÉté\t\t\t\t", "a\tAgain\t\tX\t1\t", "\tNo id\t\t\t\t",
  ]

  @Test func filesOfEveryKind() throws {
    let preparing = try Preparing()
    var options = PreparationOptions()
    options.selection.keepsUncatalogued = true
    var source = RecBoleSource(
      interactions: [try preparing.file("x.inter", inter)], items: [try preparing.file("x.item", item)])
    let users = try RecBoleUsers(
      try preparing.file(
        "x.user", ["user_id:token\tage:float\tjob:token", "v\t31\tdoctor", "w\t1\tother", "u\t\t", "v\t5\tagain"]),
      ColumnOptions())
    let manifest = try Preparation.write(
      &source, options: options, extras: [users.extra], to: preparing.output, pool: preparing.pool)
    #expect(manifest.read.items == 4)
    #expect(manifest.read.repeatedItems == 1)
    #expect(manifest.read.itemsWithoutID == 1)
    #expect(
      try preparing.rows(
        "items.parquet", ["item_id", "title", "description", "categories", "release_year", "embedding"]) == [
          ["a", "Toy Story", "", "Animation, Children's", "1995", "0.5 1"], ["b", "Été", "", "", "", ""],
          ["c", "", "", "", "", ""],
        ])
    #expect(
      try preparing.rows("test.parquet", ["user_id", "item_id", "timestamp"]) == [
        ["u", "c", "881250951000"], ["v", "c", "881250951000"],
      ])
    #expect(try preparing.rows("users.parquet", ["user_id", "job"]) == [["v", "doctor"], ["u", ""]])
    #expect(try DataTable(opening: preparing.output + "/users.parquet").column("age").present.array == [1, 0])
    #expect(manifest.columns.contains { $0.name == "timestamp" && $0.detail?.contains("seconds") == true })
  }

  @Test func faultyUsers() throws {
    let preparing = try Preparing()
    let inter = try preparing.file("x.inter", inter)
    let path = try preparing.file("x.user", ["user_id:token\tage:float", "u\told", "u\t7", "v\t8\t9"])
    var options = PreparationOptions()
    options.selection.keepsUncatalogued = true
    for skips in [false, true] {
      var source = RecBoleSource(interactions: [inter], items: [])
      let users = try RecBoleUsers(path, ColumnOptions(), skipsFaulty: skips)
      func write() throws -> PreparedManifest {
        try Preparation.write(
          &source, options: options, extras: [users.extra], to: preparing.output, pool: preparing.pool)
      }
      guard skips else {
        let error = #expect(throws: InputError.self) { try write() }
        #expect(try #require(error).description.contains("x.user: line 2, column \"age\": expected a number"))
        continue
      }
      let manifest = try write()
      #expect(manifest.read.faulty.count == 2)
      #expect(manifest.read.inputs.map(\.lines) == [7, 4])
      #expect(try preparing.rows("users.parquet", ["user_id"]) == [["u"]])
      #expect(try DataTable(opening: preparing.output + "/users.parquet").column("age").present.array == [1])
    }
  }

  @Test func theOrderOfTheRows() throws {
    let preparing = try Preparing()
    let path = try preparing.file("x.inter", ["user_id:token\titem_id:token", "u\tc", "u\tb", "v\ta", "u\ta"])
    var columns = ColumnOptions()
    let meta = try preparing.file("x.item", ["item_id:token", "a", "b", "c"])
    let error = #expect(throws: InputError.self) { try preparing.recBole([path], [meta], columns) }
    #expect(try #require(error).description.contains("--time-column none takes the order of the rows"))
    columns.time = "none"
    try preparing.recBole([path], [meta], columns)
    #expect(try preparing.interactions() == ["u c train", "u b valid", "u a test"])
  }

  @Test(arguments: [
    ("user_id\titem_id:token", "line 1"), ("user_id:token\titem_id:text", "line 1"),
    ("user_id:token\tuser_id:token", "names that differ"), ("a:token\titem_id:token\ttimestamp:float", "user_id"),
    ("", "line 1"),
  ]) func headers(header: String, told: String) throws {
    let preparing = try Preparing()
    let path = try preparing.file("x.inter", [header, "a\tb\t1"])
    let error = #expect(throws: InputError.self) { try preparing.recBole([path], []) }
    let text = try #require(error).description
    #expect(text.contains("x.inter") && text.contains(told), "\(text)")
  }

  @Test(arguments: [
    ("u\tb\t1", "expected 4 fields"), ("u\tb\tgood\t881250949", "expected a number, found \"good\""),
    ("u\tb\t1\t881250949000", "expected a time in seconds"), ("u\tb\t1\t1\t1", "expected 4 fields"),
    ("u\tb\t1\t", ""),
  ]) func lines(line: String, told: String) throws {
    var preparing = try Preparing()
    let path = try preparing.file("x.inter", inter + [line])
    let meta = try preparing.file("x.item", ["item_id:token", "a", "b", "c"])
    if !told.isEmpty {
      let error = #expect(throws: InputError.self) { try preparing.recBole([path], [meta]) }
      let text = try #require(error).description
      #expect(text.contains("x.inter: line 8") && text.contains(told), "\(text)")
      #expect(!FileManager.default.fileExists(atPath: preparing.output))
    }
    preparing.options.skipsFaulty = true
    let manifest = try preparing.recBole([path], [meta])
    #expect(manifest.kept.interactions == 6)
    #expect(manifest.read.faulty.count + manifest.dropped.reduce(0) { $0 + $1.interactions } == 1)
  }

  /// MovieLens 100K against a rule of its own in Python.
  @Test(.enabled(if: PublicSet.has("movielens-100k") && Python.has("pyarrow")), arguments: [1, 10])
  func movieLens(core: Int) throws {
    var preparing = try Preparing()
    preparing.options.selection.itemCore = core
    preparing.options.selection.minimumHistory = max(3, core)
    let folder = PublicSet.path("movielens-100k")
    let manifest = try preparing.recBole(["\(folder)/ml-100k.inter"], ["\(folder)/ml-100k.item"])
    #expect(manifest.read.interactions == 100_000)
    #expect(manifest.kept.interactions + manifest.dropped.reduce(0) { $0 + $1.interactions } == 100_000)
    let told = try Python.run(
      """
      import collections, sys
      import pyarrow.parquet as pq
      ours, folder, core = sys.argv[1], sys.argv[2], int(sys.argv[3])
      def lines(name): return [line.rstrip("\\n").split("\\t") for line in open(f"{folder}/ml-100k.{name}", encoding="utf-8")][1:]
      items = {i[0]: i for i in lines("item")}
      rows = [(u, i, int(float(t)) * 1000, float(r)) for u, i, r, t in lines("inter") if i in items]
      rows.sort(key=lambda r: r[2])
      seen = set()
      rows = [r for r in rows if r[:2] not in seen and not seen.add(r[:2])]
      while True:
          before = len(rows)
          users = collections.Counter(r[0] for r in rows)
          rows = [r for r in rows if users[r[0]] >= max(3, core)]
          count = collections.Counter(r[1] for r in rows)
          rows = [r for r in rows if count[r[1]] >= core]
          if len(rows) == before: break
      users, place = collections.Counter(r[0] for r in rows), collections.Counter()
      parts = dict(train=[], valid=[], test=[])
      for u, i, t, r in rows:
          left = users[u] - place[u]
          place[u] += 1
          part = "test" if left == 1 else "valid" if left == 2 else "train"
          parts[part].append(dict(user_id=u, item_id=i, timestamp=t, title=items[i][1], description="", rating=r))
      for name, expected in parts.items():
          assert pq.read_table(f"{ours}/{name}.parquet").to_pylist() == expected, name
      table = pq.read_table(f"{ours}/items.parquet").to_pylist()
      assert [(r["item_id"], r["title"], r["categories"], r["release_year"]) for r in table] == [
          (i[0], i[1], ", ".join(i[3].split()), i[2]) for i in items.values()]
      print(len(rows))
      """, preparing.output, folder, "\(core)")
    #expect(told == "\(manifest.kept.interactions)\n")
  }
}
