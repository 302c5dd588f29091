import Foundation
import Formats
import TestSupport
import Interactions
import Testing
import Tokenizers
import Vectors

@testable import Corpora

/// Interactions as people keep them: of other formats, under other names, with times of every type.
@Suite struct InteractionFilesTests {
  /// The items of user `u` in the order of time.
  private static func order(
    _ files: InteractionSource.Files, _ fixture: Fixture, user: String? = nil, item: String? = nil,
    time: String? = nil, inFileOrder: Bool = false
  ) throws -> (items: [String], summary: InputSummary) {
    let histories = try Histories.read(
      InteractionSource(files, userColumn: user, itemColumn: item, timeColumn: time, isInFileOrder: inFileOrder),
      items: fixture.items)
    return (histories.items.map { fixture.items.ids[Int($0)] }, histories.summary)
  }

  /// Three rows whose times say another order than their places do: 2, 0, 1.
  @Test(.enabled(if: Python.isReady)) func timesOfEveryTypeInParquet() throws {
    let fixture = try Fixture()
    try Python.run(
      """
      import sys, datetime as dt, pyarrow as pa, pyarrow.parquet as pq
      f = sys.argv[1]
      days = [dt.datetime(2024, 1, 3), dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 2)]
      def write(name, times, **more):
        pq.write_table(pa.table({"user_id": ["u"] * 3, "item_id": ["i0", "i1", "i2"], "timestamp": times}),
          f + "/" + name + ".parquet", **more)
      for unit in ["s", "ms", "us", "ns"]:
        write("t-" + unit, pa.array(days, pa.timestamp(unit)))
        write("z-" + unit, pa.array(days, pa.timestamp(unit, tz="Asia/Tokyo")))
      write("int96", pa.array(days, pa.timestamp("ns")), use_deprecated_int96_timestamps=True)
      write("date32", pa.array([d.date() for d in days], pa.date32()))
      write("date64", pa.array([d.date() for d in days], pa.date64()))
      write("int32", pa.array([30, 10, 20], pa.int32()))
      write("uint8", pa.array([3, 1, 2], pa.uint8()))
      write("float", pa.array([3.5, -1.0, 2.0], pa.float32()))
      write("decimal", pa.array([3, 1, 2], pa.decimal128(10, 2)))
      write("iso", pa.array([d.isoformat() + "+02:00" for d in days]))
      write("dates", pa.array(["2024-01-03", "2024-01-01", "2024-01-02"]))
      write("words", pa.array(["2024-01-03 10:00", "2024-01-01 10:00:00.5", "2024-01-02T00:00Z"]))
      write("dictionary", pa.array(["3", "1", "2"]).dictionary_encode())
      write("null", pa.array([3, None, 2]))
      write("text", pa.array(["2024-01-03", "soon", "2024-01-02"]))
      write("flags", pa.array([True, False, True]))
      """, fixture.folder.path)
    for name in [
      "t-s", "t-ms", "t-us", "t-ns", "z-s", "z-ms", "z-us", "z-ns", "int96", "date32", "date64", "int32", "uint8",
      "float", "decimal", "iso", "dates", "words", "dictionary",
    ] {
      let (items, summary) = try Self.order(.whole(fixture.path(name + ".parquet"), .none), fixture)
      #expect(items == ["i1", "i2", "i0"], "\(name)")
      #expect(summary.lines[..<2] == ["users: user_id", "items: item_id"] && summary.lines.count == 3)
      #expect(summary.lines[2].hasPrefix("time: timestamp, "), "\(summary.lines)")
    }
    #expect(
      try Self.order(.whole(fixture.path("t-ms.parquet"), .none), fixture).summary.lines[2]
        == "time: timestamp, timestamp[ms]")
    for (name, expected) in [
      ("null", "row 1 (from 0), column \"timestamp\": expected a time, found none"), ("text", "found \"soon\""),
      ("flags", "bool"),
    ] {
      let text = message { _ = try Self.order(.whole(fixture.path(name + ".parquet"), .none), fixture) }
      #expect(text.contains(expected), "\(text)")
    }
  }

  @Test(arguments: ["csv", "tsv", "jsonl", "json"]) func filesOfText(_ format: String) throws {
    let fixture = try Fixture()
    let rows = [("u", "i0", "2024-01-03"), ("u", "i1", "2024-01-01T10:00:00+09:00"), ("u", "i2", "2024-01-01 02:00")]
    let text: String
    switch format {
    case "csv":
      text = "note,userId,itemId,time\n" + rows.map { "\"a, b\",\($0.0),\"\($0.1)\",\($0.2)\n" }.joined()
    case "tsv": text = "user\titem\tts\n" + rows.map { "\($0.0)\t\($0.1)\t\($0.2)\n" }.joined()
    default:
      let objects = rows.map { #"{"reviewerID": "\#($0.0)", "asin": "\#($0.1)", "time": "\#($0.2)", "x": {"y": 1}}"# }
      text = format == "jsonl" ? objects.joined(separator: "\n") : "[" + objects.joined(separator: ",") + "]"
    }
    try AtomicFile.write(text, to: fixture.path("x." + format))
    let (items, _) = try Self.order(.whole(fixture.path("x." + format), .none), fixture)
    #expect(items == ["i1", "i2", "i0"])
  }

  /// Other columns are not taken for time by their place or their type.
  @Test func columnsAreKnownOrNamed() throws {
    let fixture = try Fixture()
    func write(_ names: [String], _ name: String) throws -> InteractionSource.Files {
      try ParquetWriter.write(
        to: fixture.path(name), columns: [.string(names[0]), .string(names[1]), .int64(names[2])]
      ) { file in
        try file.append([
          .strings(StringColumn(["u", "u", "u"])), .strings(StringColumn(["i2", "i1", "i0"])),
          .int64(Buffer([3, 1, 2])),
        ])
      }
      return .whole(fixture.path(name), .none)
    }
    let known = try write(["user_id", "item_id", "ts"], "known.parquet")
    #expect(try Self.order(known, fixture).items == ["i1", "i0", "i2"])
    #expect(try Self.order(known, fixture).summary.lines[2] == "time: ts, int64")
    let unknown = try write(["user_id", "item_id", "when"], "unknown.parquet")
    let text = message { _ = try Self.order(unknown, fixture) }
    #expect(text.contains("user_id: string, item_id: string, when: int64") && text.contains("--time-column none"))
    #expect(try Self.order(unknown, fixture, time: "when").items == ["i1", "i0", "i2"])
    let file = try Self.order(unknown, fixture, inFileOrder: true)
    #expect(file.items == ["i2", "i1", "i0"] && file.summary.lines[2] == "time: the order of the rows")
    #expect(message { _ = try Self.order(unknown, fixture, time: "at") }.contains("no such column"))
    let other = try write(["who", "what", "timestamp"], "other.parquet")
    #expect(message { _ = try Self.order(other, fixture) }.contains("--user-column"))
    #expect(message { _ = try Self.order(other, fixture, user: "who") }.contains("--item-column"))
    #expect(try Self.order(other, fixture, user: "who", item: "what").items == ["i1", "i0", "i2"])
    // A row's own id is not an item's.
    let rowID = try write(["user_id", "id", "timestamp"], "row.parquet")
    #expect(message { _ = try Self.order(rowID, fixture) }.contains("--item-column"))
  }

  @Test func partsAreOnOneScale() throws {
    let fixture = try Fixture()
    func write(_ name: String, _ header: String, _ rows: [String]) throws -> String {
      try AtomicFile.write(header + "\n" + rows.joined(separator: "\n") + "\n", to: fixture.path(name))
      return fixture.path(name)
    }
    func read(_ train: String, _ test: String) throws -> [String] {
      let header = "user_id,item_id,timestamp"
      let files = try InteractionSource.Files.given(
        train: write("train.csv", header, ["u,i0,\(train)"]), valid: nil,
        test: write("test.csv", header, ["u,i1,\(test)"]))
      return try Self.order(files, fixture).items
    }
    // Dates beside timestamps, zones beside none, whole numbers beside others.
    for (train, test) in [
      ("2024-01-01", "2024-01-02T00:00:00.5Z"), ("5", "7.5"), ("1700000000", "1700000001"), ("1", "1700000000000"),
    ] {
      #expect(try read(train, test) == ["i0", "i1"], "\(train), \(test)")
    }
    for (train, test, expected) in [
      ("1700000000", "1700000001000", "seconds"), ("1700000000000", "1700000001000000", "milliseconds"),
      ("2024-01-01", "1700000000", "dates or timestamps"), ("1700000000.5", "1700000000000", "seconds"),
    ] {
      #expect(message { _ = try read(train, test) }.contains(expected), "\(train), \(test)")
    }
  }

  @Test func itemsThatDoNotMatchAreTold() throws {
    let fixture = try Fixture()
    func read(_ items: [String]) throws -> InputSummary {
      let rows = items.enumerated().map { Fixture.Interaction(user: "u", item: $1, time: Int64($0)) }
      return try Self.order(.whole(fixture.write(rows), .none), fixture).summary
    }
    #expect(try read(["i0", "i1", "x"]).warnings.isEmpty)
    #expect(try read(["i0", "x", "y", "z"]).warnings.first?.contains("25 %") == true)
    let text = message { _ = try read(["0", "1"]) }
    #expect(text.contains("such as \"i0\"") && text.contains("but \"0\""), "\(text)")
  }

  @Test(.enabled(if: Python.isReady)) func wholeFloatsAreIDs() throws {
    let fixture = try Fixture()
    let items = ItemCodes(
      ids: StringColumn(["7", "8", "9"]), codes: try Codes(levelSizes: [4], values: Buffer([0, 1, 2])))
    try Python.run(
      """
      import sys, pyarrow as pa, pyarrow.parquet as pq
      for name, last in [("whole", 9.0), ("half", 9.5)]:
        pq.write_table(pa.table({"user_id": [1.0, 1.0, 1.0], "item_id": [7.0, 8.0, last], "timestamp": [1, 2, 3]}),
          sys.argv[1] + "/" + name + ".parquet")
      """, fixture.folder.path)
    let histories = try Histories.read(
      InteractionSource(.whole(fixture.path("whole.parquet"), .none)), items: items)
    #expect(histories.items.map(Int.init) == [0, 1, 2] && Array(histories.users) == ["1"])
    #expect(throws: InputError.self) {
      try Histories.read(InteractionSource(.whole(fixture.path("half.parquet"), .none)), items: items)
    }
  }
}
