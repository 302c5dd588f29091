import Foundation
import TestSupport
import Testing
import Vectors

@testable import Formats

@Suite struct DataTableTests {
  private static func table(_ text: String, _ format: String) throws -> DataTable {
    try DataTable(Buffer(Array(text.utf8)), format: format, source: "x." + format)
  }

  private static func fault(_ text: String, _ format: String, read: Bool = true) -> InputError? {
    do {
      let table = try table(text, format)
      if read { for column in table.columns { _ = try table.column(column.name) } }
      return nil
    } catch { return error as? InputError }
  }

  @Test func fieldsOfDelimitedText() throws {
    let text = "\u{FEFF}id,\"ti\"\"tle\",note\r\n1,\"a, \"\"b\"\"\",x\r\n\r\n007,\"two\nlines\",\n3,,é"
    let table = try Self.table(text, "csv")
    #expect(table.columns.map(\.name) == ["id", "ti\"tle", "note"] && table.rows == 3)
    let columns = try table.texts(["ti\"tle", "id", "note"])
    #expect(Array(columns[0].texts) == ["a, \"b\"", "two\nlines", ""])
    // Ids keep their zeros.
    #expect(Array(columns[1].texts) == ["1", "007", "3"])
    #expect(columns[2].present.array == [1, 0, 1] && Array(columns[2].texts)[2] == "é")
    #expect(table.place(2) == "line 6")
    let tabs = try Self.table("a\tb\n1,5\t2\n", "tsv")
    #expect(Array(try tabs.texts("a").texts) == ["1,5"])
  }

  @Test(arguments: [
    ("", "a first line"), ("a,b\n1\n", "2 fields"), ("a,b\n1,2,3\n", "2 fields"), ("a\n\"x\n", "a closing quote"),
    ("a\n\"x\"y\n", "after a closing quote"), ("a,a\n1,2\n", "columns that differ"),
  ])
  func damagedDelimitedText(_ text: String, _ expected: String) {
    #expect(Self.fault(text, "csv")?.expected?.contains(expected) == true, "\(text)")
  }

  @Test func theLineOfOtherBytesIsNamed() throws {
    let csv = Array("a\nok\nCaf".utf8) + [0xE9] + Array("\n".utf8)
    let error = #expect(throws: InputError.self) { try DataTable(Buffer(csv), format: "csv", source: "x") }
    #expect(error?.place == "line 3, column \"a\"" && error?.found == "bytes that are not UTF-8")
    let json = Array("{\"a\": \"ok\"}\n{\"a\": \"Caf".utf8) + [0xE9] + Array("\"}\n".utf8)
    let lines = #expect(throws: InputError.self) { try DataTable(Buffer(json), format: "jsonl", source: "x") }
    #expect(lines?.place?.hasPrefix("line 2") == true && lines?.expected == "UTF-8 text")
  }

  /// Text that is a number, a boolean or a time in every row is read as such; one that is not makes the column text.
  @Test func typesOfDelimitedText() throws {
    let table = try Self.table(
      "i,f,b,t,s,none\n1,1.5,true,2024-01-01,1,\n-2,2,False,2024-01-02T03:00Z,x,\n,,,,,\n", "csv")
    func values(_ name: String) throws -> ParquetFile.OptionalColumn.Values { try table.column(name).values }
    guard case .integers(let i) = try values("i"), case .floats(let f) = try values("f"),
      case .booleans(let b) = try values("b"), case .times(let t) = try values("t"),
      case .strings(let s) = try values("s"), case .strings = try values("none")
    else {
      Issue.record("other types")
      return
    }
    #expect(i.array == [1, -2, 0] && f.array == [1.5, 2, 0] && b.array == [1, 0, 0])
    #expect(t.array == [1_704_067_200_000_000, 1_704_164_400_000_000, 0] && Array(s) == ["1", "x", ""])
    #expect(try table.column("i").present.array == [1, 1, 0])
    // A leading zero is no number's.
    guard case .strings = try Self.table("zip\n01234\n94107\n", "csv").column("zip").values else {
      Issue.record("a number")
      return
    }
  }

  @Test(arguments: ["jsonl", "json", "keyed"]) func jsonOfEveryLayout(_ layout: String) throws {
    let rows = [
      #"{"item_id": "a", "n": 1, "x": 0.5, "tags": ["p", "q"], "ok": true, "deep": {"x": [1]}}"#,
      #"{"n": 2, "item_id": "b", "x": 2, "tags": [], "ok": null}"#, #"{"item_id": "c", "tags": null, "late": "é"}"#,
    ]
    let text =
      switch layout {
      case "jsonl": rows.joined(separator: "\n\n")
      case "json": "[" + rows.joined(separator: ",\n") + "]"
      default: "{" + zip(["a", "b", "c"], rows).map { "\"\($0)\": \($1)" }.joined(separator: ", ") + "}"
      }
    let table = try Self.table(text, layout == "keyed" ? "json" : layout)
    #expect(table.rows == 3 && table.isKeyed == (layout == "keyed"))
    #expect(Set(table.columns.map(\.name)) == ["item_id", "n", "x", "tags", "ok", "deep", "late"])
    #expect(Array(try table.texts("item_id").texts) == ["a", "b", "c"])
    guard case .integers(let n) = try table.column("n").values, case .floats(let x) = try table.column("x").values,
      case .lists(let tags) = try table.column("tags").values, case .booleans = try table.column("ok").values
    else {
      Issue.record("other types")
      return
    }
    #expect(n.array == [1, 2, 0] && x.array == [0.5, 2, 0] && tags[0] == ["p", "q"] && tags[1].isEmpty)
    #expect(try table.column("tags").present.array == [1, 1, 0])
    #expect(Array(try table.texts("tags").texts) == ["p, q", "", ""])
    #expect(throws: InputError.self) { try table.column("deep") }
    #expect(try table.column("late").present.array == [0, 0, 1])
  }

  @Test func keysNameRows() throws {
    let index = try Self.table(#"{"10": ["<a_1>", "<b_2>"], "7": ["<a_0>", "<b_0>"]}"#, "json")
    #expect(index.columns.map(\.name) == ["item_id", "value"])
    #expect(Array(try index.texts("item_id").texts) == ["10", "7"])
    guard case .lists(let lists) = try index.column("value").values else {
      Issue.record("no lists")
      return
    }
    #expect(lists[0] == ["<a_1>", "<b_2>"])
  }

  @Test(arguments: [
    ("{\"a\": 1}\n{\"a\": 01}", "jsonl", "line 2"), ("{\"a\": 1}\n[1]", "jsonl", "line 2"),
    ("{\"a\": 1, \"a\": 2}", "jsonl", "line 1"), ("{\"a\": 1}\n{\"a\": \"x\"}\n{\"a\": [1]}", "jsonl", "line 1"),
    ("{\"a\": tru}", "jsonl", "line 1"), ("{\"a\": 1} x", "jsonl", "line 1"), ("[{\"a\": 1}", "json", "byte"),
  ])
  func damagedJSON(_ text: String, _ format: String, _ place: String) {
    let error = Self.fault(text, format)
    #expect(error?.place?.hasPrefix(place) == true, "\(text): \(error?.description ?? "read")")
  }

  @Test func hostileText() throws {
    let samples = [
      ("csv", "id,title\n1,\"a \"\"b\"\"\"\n2,c\n"), ("tsv", "id\ttitle\n1\ta\n"),
      ("jsonl", "{\"id\": \"a\", \"t\": [1, \"x\"], \"n\": -1.5e3}\n{\"id\": \"b\", \"t\": null}\n"),
      ("json", "{\"a\": [\"<a_1>\"], \"b\": [\"<a_2>\"]}"), ("json", "[{\"id\": 1}, {\"id\": 2}]"),
    ]
    var random = CounterRandom(seed: 77)
    let pieces = Array("{}[]\":,\t\n\r\\-0159eE. nult\u{0}".utf8) + [0xFF, 0xC3]
    var (read, refused) = (0, 0)
    for round in 0..<4000 {
      let (format, text) = samples[round % samples.count]
      var bytes = Array(text.utf8)
      for _ in 0...random.below(3) {
        let place = random.below(bytes.count)
        switch random.below(3) {
        case 0: bytes[place] = pieces[random.below(pieces.count)]
        case 1: bytes.insert(pieces[random.below(pieces.count)], at: place)
        default: bytes.remove(at: place)
        }
        if bytes.isEmpty { bytes = [0x20] }
      }
      do {
        let table = try DataTable(Buffer(bytes), format: format, source: "x")
        for column in table.columns {
          let values = try table.column(column.name)
          #expect(values.present.count == table.rows && values.values.count == table.rows)
          #expect(try table.texts(column.name).texts.count == table.rows)
        }
        read += 1
      } catch is InputError { refused += 1 }
    }
    #expect(read > 200 && refused > 1000, "\(read), \(refused)")
    for opening in ["[", "{\"a\":", "[{\"a\":["] {
      for format in ["json", "jsonl"] {
        #expect(Self.fault(String(repeating: opening, count: 50_000), format) != nil)
      }
    }
  }

  @Test(.enabled(if: Python.isReady)) func packedFilesAndParts() throws {
    let folder = try TemporaryFolder()
    try Python.run(
      """
      import sys, gzip, os, pyarrow as pa, pyarrow.parquet as pq
      f = sys.argv[1]
      # Two members, as cat of two files and bgzip make them.
      with open(f + "/a.csv.gz", "wb") as out:
        out.write(gzip.compress(b"id,n\\n1,5\\n")); out.write(gzip.compress(b"2,6\\n"))
      with gzip.open(f + "/a.jsonl.gz", "wt") as out: out.write('{"id": 1, "n": 5}\\n{"id": 2, "n": 6}\\n')
      with gzip.open(f + "/a.json.gz", "wt") as out: out.write('[{"id": 1, "n": 5}, {"id": 2, "n": 6}]')
      os.mkdir(f + "/parts"); open(f + "/parts/_SUCCESS", "w")
      for k, (i, n) in enumerate([(1, 5), (2, 6)]):
        pq.write_table(pa.table({"id": [i], "n": [n], "l": [["x", str(k)]]}), f + "/parts/part-%05d.parquet" % k)
      os.mkdir(f + "/mixed")
      pq.write_table(pa.table({"id": [1]}), f + "/mixed/a.parquet")
      pq.write_table(pa.table({"id": ["x"]}), f + "/mixed/b.parquet")
      os.mkdir(f + "/empty")
      """, folder.path)
    for name in ["a.csv.gz", "a.jsonl.gz", "a.json.gz", "parts"] {
      let table = try DataTable(opening: folder.file(name))
      #expect(Array(try table.texts("id").texts) == ["1", "2"], "\(name)")
      guard case .integers(let n) = try table.column("n").values else {
        Issue.record("\(name): no integers")
        continue
      }
      #expect(n.array == [5, 6])
    }
    guard case .lists(let lists) = try DataTable(opening: folder.file("parts")).column("l").values else {
      Issue.record("no lists")
      return
    }
    #expect(lists[0] == ["x", "0"] && lists[1] == ["x", "1"])
    for name in ["mixed", "empty", "a.xml", "none.csv"] {
      #expect(throws: InputError.self) { try DataTable(opening: folder.file(name)) }
    }
    let whole = try #require(FileManager.default.contents(atPath: folder.file("a.csv.gz")))
    for length in stride(from: 0, to: whole.count, by: 3) {
      try whole.prefix(length).write(to: URL(fileURLWithPath: folder.file("cut.csv.gz")))
      // A cut between the members leaves a whole file of one row.
      if let table = try? DataTable(opening: folder.file("cut.csv.gz")) { #expect(table.rows == 1) }
    }
    var damaged = whole
    damaged[whole.count / 4] ^= 0x10
    try damaged.write(to: URL(fileURLWithPath: folder.file("bad.csv.gz")))
    #expect(throws: InputError.self) { try DataTable(opening: folder.file("bad.csv.gz")) }
    #expect(throws: InputError.self) {
      try whole.withUnsafeBytes { _ = try Gzip.inflated($0, source: "x", maximumBytes: 8) }
    }
  }
}
