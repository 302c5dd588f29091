import Formats
import Foundation
import TestSupport
import Testing
import Tokenizers
import Vectors

@testable import Retrieval

@Suite struct AttributeFileTests {
  /// An index of 40 items with rows for ids, and attributes of every type that pyarrow writes, of every third item none.
  private static func build(_ folder: TemporaryFolder, ids: StringColumn? = nil) throws -> SemanticIndex {
    let table = folder.file("items.parquet")
    try Python.run(
      """
      import sys, datetime, pyarrow as pa, pyarrow.parquet as pq
      from decimal import Decimal
      rows = list(range(40))
      def some(values): return [None if i % 3 == 2 else v for i, v in enumerate(values)]
      day = datetime.datetime(2024, 1, 1)
      pq.write_table(pa.table({
        "item_id": [sys.argv[2] + str(i) for i in rows],
        "brand": pa.array(some(["brand %d" % (i % 4) for i in rows])),
        "dictionary": pa.array(some(["d%d" % (i % 4) for i in rows])).dictionary_encode(),
        "large": pa.array(some(["l%d" % i for i in rows]), pa.large_string()),
        "int8": pa.array(some(rows), pa.int8()), "uint16": pa.array(some(rows), pa.uint16()),
        "int64": pa.array(some([i - (1 << 60) for i in rows])),
        "half": pa.array(some([float(i) / 2 for i in rows]), pa.float32()).cast(pa.float16()),
        "double": pa.array(some([float(i) / 2 for i in rows])),
        "flag": pa.array(some([i % 2 == 0 for i in rows])),
        "date": pa.array(some([(day + datetime.timedelta(days=i)).date() for i in rows])),
        "seconds": pa.array(some([day + datetime.timedelta(hours=i) for i in rows]), pa.timestamp("s")),
        "nanos": pa.array(some([day + datetime.timedelta(hours=i) for i in rows]), pa.timestamp("ns", tz="UTC")),
        "nothing": pa.array([None] * 40, pa.int32()),
        "vector": pa.array([[1.0, 2.0]] * 40),
      }), sys.argv[1], row_group_size=7)
      """, table, ids == nil ? "" : "n")
    var catalogue = RandomCatalogue(seed: 60)
    var contents = IndexContents(codes: try catalogue.codes(count: 40, levelSizes: [3, 5]))
    contents.ids = ids
    contents.attributes = try AttributeTable(opening: table)
    try IndexBuilder().build(contents, at: folder.file("index"))
    return try SemanticIndex(opening: folder.file("index"))
  }

  @Test(.enabled(if: Python.isReady), arguments: [false, true])
  func everyTypeOfParquetIsKept(_ hasIDs: Bool) throws {
    let folder = try TemporaryFolder()
    let index = try Self.build(folder, ids: hasIDs ? StringColumn((0..<40).map { "n\($0)" }) : nil)
    try index.verify()
    #expect(
      index.attributes.map(\.name) == [
        "brand", "dictionary", "large", "int8", "uint16", "int64", "half", "double", "flag", "date", "seconds", "nanos",
        "nothing",
      ])
    #expect(index.segments[0].attributes.map(\.itemCount) == Array(repeating: 27, count: 12) + [0])
    #expect(index.manifest.segments[0].attributes?.map(\.values).prefix(3) == [4, 4, 27])
    let cases: [(String, (Int) -> Bool)] = [
      ("brand = 'brand 1'", { $0 % 4 == 1 }), ("dictionary in (d0, d3)", { $0 % 4 == 0 || $0 % 4 == 3 }),
      ("large = l7", { $0 == 7 }), ("int8 >= 10 and int8 < 20", { (10..<20).contains($0) }),
      ("uint16 > 30", { $0 > 30 }), ("int64 <= -1152921504606846970", { $0 <= 6 }), ("half = 4.5", { $0 == 9 }),
      ("double < 3", { $0 < 6 }), ("flag = true", { $0 % 2 == 0 }), ("date = 2024-01-05", { $0 == 4 }),
      ("seconds < 2024-01-01T10:00", { $0 < 10 }), ("nanos >= 2024-01-02T01:00:00Z", { $0 >= 25 }),
      ("nothing = 0", { _ in false }),
    ]
    for (text, holds) in cases {
      let filter = try index.filter(where: AttributePredicate(parsing: text))
      #expect(try filter == index.filter(rows: (0..<40).filter { $0 % 3 != 2 && holds($0) }), "\(text)")
    }
    #expect(try index.filter(where: AttributePredicate(parsing: "nothing is null")).count == 40)
    #expect(try index.filter(where: AttributePredicate(parsing: "brand is null")).count == 13)
  }

  @Test(.enabled(if: Python.isReady)) func columnsThatCannotBeKeptAreRefused() throws {
    let folder = try TemporaryFolder()
    _ = try Self.build(folder)
    let table = folder.file("items.parquet")
    #expect(try AttributeTable(opening: table, columns: ["flag", "int8"]).columns.map(\.name) == ["flag", "int8"])
    // A list is kept where somebody names it.
    #expect(try AttributeTable(opening: table, columns: ["vector"]).columns.map(\.name) == ["vector"])
    for columns in [["color"], ["flag", "flag"]] {
      #expect(throws: InputError.self) { try AttributeTable(opening: table, columns: columns) }
    }
  }

  @Test(.enabled(if: Python.isReady)) func damageIsFound() throws {
    let folder = try TemporaryFolder()
    let index = try Self.build(folder)
    let segment = IndexDirectory.folder(index.path, segment: index.manifest.segments[0].name)
    let names = index.manifest.segments[0].files.keys.filter { $0.hasPrefix("attribute") }.sorted()
    #expect(names.count == 3 * 4 + 10 * 3)
    var random = CounterRandom(seed: 61)
    for name in names {
      let file = segment + "/" + name
      let whole = try #require(FileManager.default.contents(atPath: file))
      for length in [0, 10, whole.count - 1] {
        try whole.prefix(length).write(to: URL(fileURLWithPath: file))
        #expect(throws: InputError.self, "\(name), \(length) bytes") { try SemanticIndex(opening: index.path) }
      }
      for _ in 0..<6 {
        var damaged = whole
        damaged[random.below(damaged.count)] ^= 1 << UInt8(random.below(8))
        try damaged.write(to: URL(fileURLWithPath: file))
        // Opened or not, used or not: never a crash, and never passed by `verify`.
        #expect(throws: InputError.self, "\(name)") {
          let opened = try SemanticIndex(opening: index.path)
          for text in ["brand > b", "large < z", "int8 > 3", "double <= 7", "date > 2000-01-01", "flag is null"] {
            #expect(try opened.filter(where: AttributePredicate(parsing: text)).count <= 40)
          }
          try opened.verify()
        }
      }
      try whole.write(to: URL(fileURLWithPath: file))
    }
    try SemanticIndex(opening: index.path).verify()
  }
}
