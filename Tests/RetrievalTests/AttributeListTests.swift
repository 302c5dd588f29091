import Formats
import TestSupport
import Testing
import Tokenizers
import Vectors

@testable import Retrieval

/// Attributes that are lists, decimals, and what other formats hold.
@Suite struct AttributeListTests {
  private static func index(_ table: AttributeTable, count: Int, in folder: TemporaryFolder) throws -> SemanticIndex {
    var catalogue = RandomCatalogue(seed: 81)
    var contents = IndexContents(codes: try catalogue.codes(count: count, levelSizes: [3, 5]))
    contents.ids = StringColumn((0..<count).map { "i\($0)" })
    contents.attributes = table
    try IndexBuilder().build(contents, at: folder.file("index"))
    return try SemanticIndex(opening: folder.file("index"))
  }

  private static func rows(_ index: SemanticIndex, _ text: String) throws -> [Int] {
    let filter = try index.filter(where: AttributePredicate(parsing: text))
    return try index.rows(prefix: [UInt16](), filter: filter).map { Int(index.id(ofRow: $0).dropFirst()) ?? -1 }
      .sorted()
  }

  @Test(.enabled(if: Python.isReady)) func listsAndDecimals() throws {
    let folder = try TemporaryFolder()
    try Python.run(
      """
      import sys, pyarrow as pa, pyarrow.parquet as pq
      from decimal import Decimal as D
      n = range(12)
      tags = [None if i == 11 else [] if i == 10 else ["t%d" % (i % 3), "wooden toys", "t%d" % (i % 3)][: 1 + i % 3]
              for i in n]
      pq.write_table(pa.table({
        "item_id": ["i%d" % i for i in n], "price": pa.array([D(i) / 100 for i in n], pa.decimal128(10, 2)),
        "whole": pa.array([D(i) for i in n], pa.decimal128(12, 0)), "categories": tags,
        "sizes": pa.array([[i, i + 1] for i in n], pa.list_(pa.int32())), "vector": [[0.5, 1.0]] * 12,
        "struct": [{"a": 1}] * 12, "nested": [[["x"]]] * 12,
      }), sys.argv[1], row_group_size=5)
      """, folder.file("x.parquet"))
    let table = try AttributeTable(opening: folder.file("x.parquet"))
    #expect(table.columns.map(\.name).prefix(4) == ["price", "whole", "categories", "sizes"])
    let told = table.summary.lines
    #expect(told.contains("ids: item_id") && told.contains("attribute: price, float, 12 of 12 items"))
    #expect(told.contains("attribute: categories, list, 11 of 12 items"))
    #expect(told.contains { $0.hasPrefix("left out: vector") } && told.contains { $0.hasPrefix("left out: nested") })
    let index = try Self.index(table, count: 12, in: folder)
    try index.verify()
    #expect(index.attributes.first { $0.name == "categories" }?.kind == .list)
    #expect(index.segments[0].attributes.first { $0.name == "categories" }?.itemCount == 10)
    for (text, expected) in [
      ("price = 0.07", [7]), ("price < 0.03", [0, 1, 2]), ("whole >= 10", [10, 11]),
      ("t1 in categories", [1, 4, 7]), ("\"wooden toys\" in categories", [1, 2, 4, 5, 7, 8]),
      ("\"wooden toys\" not in categories", [0, 3, 6, 9]), ("categories = t2", [2, 5, 8]),
      ("categories != t2", [0, 1, 3, 4, 6, 7, 9]), ("categories in (t1, t2)", [1, 2, 4, 5, 7, 8]),
      ("categories not in (t1, t2)", [0, 3, 6, 9]), ("categories is null", [10, 11]), ("3 in sizes", [2, 3]),
      ("nothing in categories", []), ("not t0 in categories and price > 0.08", [10, 11]),
    ] {
      #expect(try Self.rows(index, text) == expected, "\(text)")
    }
    for text in ["categories < t2", "x in price", "x in color", "x in", "categories in t1"] {
      #expect(throws: InputError.self, "\(text)") { try Self.rows(index, text) }
    }
  }

  @Test func listsGoThroughUpdates() throws {
    let folder = try TemporaryFolder()
    func table(_ ids: [String], _ lists: [[String]]) -> AttributeTable {
      var starts = [0]
      for list in lists { starts.append(starts[starts.count - 1] + list.count) }
      let column = ListColumn(elements: StringColumn(lists.flatMap(\.self)), starts: starts)
      return AttributeTable(
        source: "made", ids: StringColumn(ids),
        columns: [
          .init(
            name: "tags",
            values: .init(values: .lists(column), present: Buffer(lists.map { _ in UInt8(1) })))
        ])
    }
    let index = try Self.index(
      table((0..<6).map { "i\($0)" }, [["a"], ["b", "a"], [], ["c"], ["a", "c"], ["b"]]), count: 6, in: folder)
    let live = try LiveIndex(opening: index.path, options: .init(merging: nil))
    try live.update(
      IndexChanges(
        added: .init(
          ids: StringColumn(["i6", "i7"]), codes: try Codes(levelSizes: [3, 5], values: Buffer([0, 0, 1, 1])),
          attributes: table(["i7", "i6"], [["a", "z"], ["c"]]))))
    try live.update(IndexChanges(deleted: ["i4"]))
    func check(_ index: SemanticIndex) throws {
      try index.verify()
      #expect(try Self.rows(index, "a in tags") == [0, 1, 7])
      #expect(try Self.rows(index, "tags in (c, z)") == [3, 6, 7])
      #expect(try Self.rows(index, "tags is null") == [2])
    }
    try check(live.current)
    try live.compact()
    #expect(live.current.segments.count == 1)
    try check(SemanticIndex(opening: index.path))
  }

  @Test func otherFormats() throws {
    let folder = try TemporaryFolder()
    try AtomicFile.write(
      "asin,price,made,flag,note\ni0,1.5,2024-01-01,true,x\ni1,,2024-02-01,false,\ni2,3,2024-03-01,true,z\n",
      to: folder.file("x.csv"))
    let csv = try AttributeTable(opening: folder.file("x.csv"))
    #expect(csv.columns.map(\.kind) == [.float, .time, .boolean, .string])
    #expect(csv.summary.lines.contains("attribute: price, float, 2 of 3 items"))
    let index = try Self.index(csv, count: 3, in: folder)
    #expect(try Self.rows(index, "price > 1 and made < 2024-02-15") == [0])
    #expect(try Self.rows(index, "note is null") == [1])
    try AtomicFile.write(
      #"{"item_id": "i0", "tags": ["a"], "n": 1, "x": {"y": 1}}"# + "\n" + #"{"item_id": "i1", "tags": [], "n": 2}"#,
      to: folder.file("x.jsonl"))
    let lines = try AttributeTable(opening: folder.file("x.jsonl"))
    #expect(lines.columns.map(\.name) == ["tags", "n"] && lines.columns.map(\.kind) == [.list, .integer])
    #expect(lines.summary.lines.contains { $0.hasPrefix("left out: x") })
    #expect(throws: InputError.self) { try AttributeTable(opening: folder.file("x.jsonl"), columns: ["x"]) }
    #expect(throws: InputError.self) { try AttributeTable(opening: folder.file("x.csv"), columns: ["color"]) }
    // Items that the table does not know.
    var few = csv
    few.checkMatches(StringColumn((0..<9).map { "i\($0)" }), count: 9)
    #expect(few.summary.warnings.first?.contains("3 of 9") == true)
    try AtomicFile.write("item_id,price\nA,1\n", to: folder.file("other.csv"))
    let other = try AttributeTable(opening: folder.file("other.csv"))
    let error = #expect(throws: InputError.self) { try Self.index(other, count: 3, in: folder) }
    #expect(error?.expected?.contains("\"i0\"") == true)
    try AtomicFile.write("sku,price\nA,1\n", to: folder.file("sku.csv"))
    let sku = #expect(throws: InputError.self) { try AttributeTable(opening: folder.file("sku.csv")) }
    #expect(sku?.remedy?.contains("--attribute-ids") == true)
    #expect(try AttributeTable(opening: folder.file("sku.csv"), idColumn: "sku").ids[0] == "A")
  }
}
