import Foundation
import Formats
import TestSupport
import Testing
import Vectors

@testable import Tokenizers

/// Codes that others made, and that `resolve` makes for others.
@Suite struct ForeignCodesTests {
  private static func table(
    _ text: String, _ name: String, in folder: TemporaryFolder, _ change: (inout CodesTable.Options) -> Void = { _ in }
  ) throws -> CodesTable {
    try AtomicFile.write(text, to: folder.file(name))
    var options = CodesTable.Options()
    change(&options)
    return try CodesTable(opening: folder.file(name), options: options)
  }

  private static func fault(_ text: String, _ name: String, _ change: (inout CodesTable.Options) -> Void = { _ in })
    -> String
  {
    do {
      _ = try table(text, name, in: TemporaryFolder(), change)
      return "read"
    } catch { return "\(error)" }
  }

  /// The same two IDs in every layout.
  @Test(arguments: [
    ("x.index.json", #"{"a": ["<a_3>", "<b_9>", "<c_1>"], "b": ["<a_0>", "<b_0>", "<c_2>"]}"#),
    ("x.json", #"{"a": "<a_3><b_9><c_1>", "b": "<a_0><b_0><c_2>"}"#), ("x.json", #"{"a": [3, 9, 1], "b": [0, 0, 2]}"#),
    ("x.json", #"[{"item_id": "a", "sid": "3-9-1"}, {"item_id": "b", "sid": "0-0-2"}]"#),
    ("x.jsonl", #"{"item": "a", "codes": [3, 9, 1]}"# + "\n" + #"{"item": "b", "codes": [0, 0, 2]}"#),
    ("x.jsonl", #"{"id": "a", "tokens": "<a_3><b_9><c_1>"}"# + "\n" + #"{"id": "b", "tokens": "<a_0><b_0><c_2>"}"#),
    ("x.csv", "item_id,c0,c1,c2\na,3,9,1\nb,0,0,2\n"), ("x.csv", "item_id,c1,c2,c3\na,3,9,1\nb,0,0,2\n"),
    ("x.csv", "c2,item_id,c1,c0\n1,a,9,3\n2,b,0,0\n"),
    ("x.csv", "item_id,semantic_id_0,semantic_id_1,semantic_id_2\na,3,9,1\nb,0,0,2\n"),
    ("x.tsv", "item_id\tsid_1\tsid_2\tsid_3\na\t3\t9\t1\nb\t0\t0\t2\n"),
    ("x.csv", "item_id,semantic_id\na,3-9-1\nb,0-0-2\n"),
    ("x.csv", "item_id,tokens\na,<a_3><b_9><c_1>\nb,<a_0><b_0><c_2>\n"),
    ("x.csv", "item_id,sid\na,3-9-1\nb,0-0-2\n"),
    ("x.csv", "item_id,codes\na,\"[3, 9, 1]\"\nb,\"[0, 0, 2]\"\n"),
    ("x.csv", "item_id,codes\na,\"['<a_3>', '<b_9>', '<c_1>']\"\nb,\"['<a_0>', '<b_0>', '<c_2>']\"\n"),
  ])
  func everyLayout(_ name: String, _ text: String) throws {
    let table = try Self.table(text, name, in: TemporaryFolder())
    #expect(table.codes.values.array == [3, 9, 1, 0, 0, 2], "\(text)")
    #expect(table.ids.map(Array.init) == ["a", "b"] && table.lengths == nil && table.sizesAreObserved)
    #expect(table.codes.levelSizes == [4, 10, 3])
    #expect(table.summary.lines.count == 3 && table.summary.warnings.isEmpty)
  }

  @Test(.enabled(if: Python.isReady)) func columnsOfParquet() throws {
    let folder = try TemporaryFolder()
    try Python.run(
      """
      import sys, pyarrow as pa, pyarrow.parquet as pq
      c, ids = [[3, 9, 1], [0, 0, 2]], ["a", "b"]
      def write(name, **t): pq.write_table(pa.table({"item_id": ids, **t}), sys.argv[1] + "/" + name + ".parquet")
      write("list", codes=c)
      write("large", codes=pa.array(c, pa.large_list(pa.uint8())))
      write("fixed", codes=pa.array(c, pa.list_(pa.int64(), 3)))
      write("floats", codes=pa.array(c, pa.list_(pa.float32())))
      write("words", tokens=[["<a_3>", "<b_9>", "<c_1>"], ["<a_0>", "<b_0>", "<c_2>"]])
      write("zero", **{"c%d" % j: pa.array([r[j] for r in c], pa.int16()) for j in range(3)})
      write("float", **{"c%d" % j: pa.array([float(r[j]) for r in c]) for j in range(3)})
      write("named", **{"level%d" % j: [r[j] for r in c] for j in range(3)}, price=[1, 2])
      write("gap", c1=[3, 0], c2=[9, 0], c4=[1, 2])
      write("late", c2=[3, 0], c3=[9, 0])
      """, folder.path)
    func read(_ name: String, _ columns: [String] = []) throws -> [UInt16] {
      var options = CodesTable.Options()
      options.columns = columns
      return try CodesTable(opening: folder.file(name + ".parquet"), options: options).codes.values.array
    }
    for name in ["list", "large", "fixed", "floats", "words", "zero", "float"] {
      #expect(try read(name) == [3, 9, 1, 0, 0, 2], "\(name)")
    }
    for columns in [["level*"], ["level0", "level1", "level2"]] {
      #expect(try read("named", columns) == [3, 9, 1, 0, 0, 2])
    }
    #expect(try read("named", ["level2", "level0"]) == [1, 3, 2, 0])
    #expect(try read("named", ["level1"]) == [9, 0])
    for (name, expected) in [("gap", "c1, c2, c4"), ("late", "c2, c3"), ("named", "--codes-columns")] {
      let error = #expect(throws: InputError.self) { try read(name) }
      #expect(error?.description.contains(expected) == true, "\(name)")
    }
    #expect(throws: InputError.self) { try read("zero", ["x*"]) }
    #expect(throws: InputError.self) { try read("zero", ["c0", "c*"]) }
  }

  @Test(arguments: [
    ("x.json", #"{"a": ["<a_3>", "<c_9>"]}"#, "level 1"), ("x.json", #"{"a": ["<a_70000>"]}"#, "level 0"),
    ("x.csv", "tokens\n<a_3><b_9\n", "character 10"), ("x.csv", "tokens\n<a_03>\n", "line 2"),
    ("x.csv", "sid\n3--1\n", "character 3"), ("x.csv", "sid\n3-9-\n", "line 2"),
    ("x.csv", "c1,c2\n1,x\n", "column \"c2\""),
    ("x.csv", "c1,c2\n1,70000\n", "70000"), ("x.csv", "c1,c2\n,1\n", "column \"c1\""),
    ("x.csv", "c1,c2,c3\n1,,1\n", "behind the end"), ("x.csv", "item_id,title\na,b\n", "known names"),
    ("x.csv", "item_id,c1\na,1\na,2\n", "the id of row 0 too"), ("x.csv", "item_id,c1\n,1\n", "expected an id"),
    ("x.jsonl", #"{"item": "a", "codes": null}"#, "expected an ID"),
    ("x.jsonl", #"{"item": "a", "codes": [[1]]}"#, "line 1, key codes"),
  ])
  func faultsNameTheirPlace(_ name: String, _ text: String, _ expected: String) {
    let found = Self.fault(text, name)
    #expect(found.contains(expected), "\(text): \(found)")
  }

  @Test func numbersWithHyphensAreNoDates() throws {
    let table = try Self.table("item_id,sid\na,2024-4-9\nb,2023-12-1\n", "x.csv", in: TemporaryFolder())
    #expect(table.codes.values.array == [2024, 4, 9, 2023, 12, 1])
  }

  @Test func idsThatNobodyKnowsAreTold() throws {
    let folder = try TemporaryFolder()
    let table = try Self.table("product,c1\na,1\nb,2\n", "x.csv", in: folder)
    #expect(table.ids == nil && table.summary.lines.contains("ids: row numbers"))
    #expect(table.summary.warnings.first?.contains("product") == true)
    let named = try Self.table("product,c1\na,1\nb,2\n", "x.csv", in: folder) { $0.idColumn = "product" }
    #expect(named.ids.map(Array.init) == ["a", "b"] && named.summary.warnings.isEmpty)
    try Codes(levelSizes: [4], values: Buffer([1, 2])).write(to: folder.file("x.npy"))
    try AtomicFile.write("[\"p\", \"q\"]", to: folder.file("ids.json"))
    var options = CodesTable.Options()
    #expect(try CodesTable(opening: folder.file("x.npy"), options: options).ids == nil)
    options.looksBeside = true
    let beside = try CodesTable(opening: folder.file("x.npy"), options: options)
    #expect(beside.ids.map(Array.init) == ["p", "q"])
    #expect(beside.summary.lines.contains { $0.contains("found beside the codes") })
  }

  @Test func sizesAreGivenOrObserved() throws {
    let folder = try TemporaryFolder()
    let text = "item_id,c1,c2,c3\na,3,9,0\nb,0,0,2\n"
    func sizes(_ sizes: CodesTable.Sizes) throws -> [Int] {
      try Self.table(text, "x.csv", in: folder) { $0.sizes = sizes }.codes.levelSizes
    }
    #expect(try sizes(.observed) == [4, 10, 3])
    #expect(try sizes(.given([16])) == [16, 16, 16])
    #expect(try sizes(.given([4, 10, 8])) == [4, 10, 8])
    // A model's, with one level more for items that the model gave the same codes.
    #expect(try sizes(.model([8, 16])) == [8, 16, 3])
    #expect(try sizes(.model([8, 16, 32])) == [8, 16, 32])
    for wrong in [CodesTable.Sizes.given([4, 9, 3]), .given([4, 10]), .model([8]), .model([3, 16])] {
      #expect(throws: InputError.self, "\(wrong)") { try sizes(wrong) }
    }
  }

  /// What `CodesForm` writes comes back, IDs of two lengths included.
  @Test(arguments: ["parquet", "jsonl"]) func whatIsWrittenIsRead(_ form: String) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("x." + form)
    let codes = try Codes(levelSizes: [4, 4], values: Buffer([1, 2, 1, 2, 3, 0]))
    let ids = StringColumn(["a", "b\"é", "c"])
    try CodesForm(path: path).write(codes, ids: ids, tail: .code(Buffer([1, 2, -1])), to: path)
    let ragged = try CodesTable(opening: path, levelSizes: nil)
    #expect((0..<3).map { ragged.id(of: $0) } == [[1, 2, 1], [1, 2, 2], [3, 0]])
    #expect(ragged.lengths?.array == [3, 3, 2] && ragged.ids.map(Array.init) == Array(ids))
    #expect(throws: InputError.self) { try ragged.rectangular() }
    // Text behind the codes is no code.
    try CodesForm(path: path).write(codes, ids: ids, tail: .text(StringColumn(["", "1", ""])), to: path)
    let error = #expect(throws: InputError.self) { try CodesTable(opening: path, levelSizes: nil) }
    #expect(error?.remedy?.contains("--suffix level") == true)
    try CodesForm(path: path).write(codes, ids: nil, to: path)
    let plain = try CodesTable(opening: path, levelSizes: [4, 4])
    #expect(plain.codes.values.array == codes.values.array && plain.ids.map(Array.init) == ["0", "1", "2"])
    try CodesForm(path: path).write(
      count: 2, levels: 3, ids: ids.gathered([0, 1]), columns: .init(lineID: "item_id", hasPlain: true), to: path
    ) { CodesForm.Row(codes: $0 == 0 ? [1, 2, 3] : [1, 2], tokens: "") }
    #expect(try CodesTable(opening: path, levelSizes: nil).lengths?.array == [3, 2])
  }

  @Test func shapesOfIDs() throws {
    let folder = try TemporaryFolder()
    let ragged = try Self.table("item_id,sid\na,1-2-1\nb,1-2-2\nc,3-0\n", "x.csv", in: folder)
    let (codes, shape) = try ragged.stored()
    #expect(shape.storedSizes == [4, 3, 4] && shape.levelSizes == [4, 3, 3] && shape.endCode == 3)
    #expect(codes.values.array == [1, 2, 1, 1, 2, 2, 3, 0, 3])
    #expect(shape.text([3, 0, 3]) == "<a_3><b_0>" && shape.text([1, 2, 1], format: .plain()) == "1-2-1")
    #expect(try shape.parse("3-0") == [3, 0, 3])
    #expect(try shape.parse("<a_1><b_2><c_2>") == [1, 2, 2])
    #expect(try shape.parse("3", prefix: true) == [3])
    #expect(try shape.parse("3-0", prefix: true) == [3, 0])
    #expect(try shape.parsePattern("*-0") == [nil, 0, 3])
    #expect(try shape.parsePattern("1-*-2") == [1, nil, 2])
    // The code that stands for none is never spelled.
    for text in ["3-0-3", "3", "1-2-1-0"] { #expect(throws: InputError.self) { try shape.parse(text) } }
    // Later items have to fit.
    let later = try Self.table("item_id,sid\nd,2-2\n", "y.csv", in: folder)
    #expect(try later.stored(as: shape).codes.values.array == [2, 2, 3])
    for text in ["item_id,sid\nd,2-2-3\n", "item_id,sid\nd,2\n", "item_id,sid\nd,9-0\n"] {
      #expect(throws: InputError.self) { try Self.table(text, "z.csv", in: folder).stored(as: shape) }
    }
    #expect(throws: InputError.self) { try Self.table("sid\n1\n1-2-3\n", "z.csv", in: folder).stored() }
    #expect(throws: InputError.self) { try ragged.stored(as: IDShape(storedSizes: [4, 3, 4])) }
  }

  @Test func hostileCodes() throws {
    let folder = try TemporaryFolder()
    let samples = [
      ("x.json", #"{"a": ["<a_3>", "<b_9>"], "b": ["<a_0>", "<b_0>"]}"#), ("x.csv", "item_id,c1,c2\na,3,9\nb,0,\n"),
      ("y.csv", "item_id,tokens\na,<a_3><b_9>\nb,<a_0><b_1>\n"), ("z.csv", "id,sid\na,\"[3, 9]\"\nb,3-9-1\n"),
    ]
    let pieces = Array("{}[]\":,<>_-0159abc\n".utf8) + [0xFF]
    var random = CounterRandom(seed: 19)
    var (read, refused) = (0, 0)
    for round in 0..<1200 {
      let (name, text) = samples[round % samples.count]
      var bytes = Array(text.utf8)
      for _ in 0...random.below(3) {
        let place = random.below(bytes.count)
        switch random.below(3) {
        case 0: bytes[place] = pieces[random.below(pieces.count)]
        case 1: bytes.insert(pieces[random.below(pieces.count)], at: place)
        default: bytes.remove(at: place)
        }
      }
      try Data(bytes).write(to: URL(fileURLWithPath: folder.file(name)))
      do {
        let table = try CodesTable(opening: folder.file(name), levelSizes: nil)
        #expect(table.codes.count == table.count && table.ids.map { $0.count == table.count } ?? true)
        _ = try? table.stored()
        read += 1
      } catch is InputError { refused += 1 }
    }
    #expect(read > 100 && refused > 300, "\(read), \(refused)")
  }
}
