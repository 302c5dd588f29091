import Foundation
import TestSupport
import Testing
import Vectors

@testable import Formats

@Suite struct CSVFileTests {
  private func open(_ text: String, delimiter: String = ",") throws -> CSVFile {
    try CSVFile(bytes: Buffer(Array(text.utf8)), source: "x.csv", delimiter: delimiter.utf8.first ?? 0)
  }

  private func set(_ text: String, _ options: EmbeddingSet.Options = .init(), as name: String = "x.csv") throws
    -> EmbeddingSet
  {
    let folder = try TemporaryFolder()
    try AtomicFile.write(text, to: folder.file(name))
    return try EmbeddingSet(opening: folder.file(name), options: options)
  }

  @Test func fieldsInQuotes() throws {
    let file = try open(
      "\u{FEFF}id,\"a \"\"title\"\"\",n\r\n1,\"x, y\nz\",2\r\n\r\n\"2\",5\" screw,\n3,\"\"\"q\"\"\",\"\"")
    #expect(file.names == ["id", "a \"title\"", "n"])
    #expect(Array(try file.strings("id")) == ["1", "2", "3"])
    #expect(Array(try file.strings("a \"title\"")) == ["x, y\nz", "5\" screw", "\"q\""])
    #expect(Array(try file.strings("n")) == ["2", "", ""])
    #expect(Array(try open("a\tb\n1,5\t2\n", delimiter: "\t").strings("a")) == ["1,5"])
    #expect(try open("a,b\n").strings("a").isEmpty)
  }

  @Test(arguments: [
    ("", "found an empty file"), ("a,a\n1,2", "\"a\" twice"), ("0.5,0.25\n1,2", "write a line of names"),
    ("a,b\n1\n", "line 2: expected 2 fields, as line 1 has names, found 1"),
    ("a,b\n1,2\n\n3,4,5", "line 4: expected 2 fields, as line 1 has names, found 3"),
    ("a,b\n1,\"2", "line 2, column \"b\": expected a closing quote, found the end of the file"),
    ("a,b\n1,\"2\"3\n", "line 2, column \"b\": expected a delimiter or the line's end after a closing quote"),
    ("a,b\n\"1\n1\",2\nx", "line 4: expected 2 fields"),
    ("\n\na,b\r1,2\r\r3", "line 6: expected 2 fields, as line 3"),
    ("a,b\n\"1\r\n1\",\"2\n\n\"x", "line 5, column \"b\": expected a delimiter"),
    (",\n1,2", "the columns' names, found none"),
  ])
  func faultsNameTheLine(_ text: String, _ expected: String) throws {
    let error = message { _ = try open(text).strings("a") }
    #expect(error.contains(expected), "\(error)")
  }

  @Test func textThatIsNotUTF8() throws {
    let file = try CSVFile(bytes: Buffer(Array("id,t\na,b\nc,".utf8) + [0xE9, 0x0A]), source: "x.csv")
    #expect(
      message { try file.strings("t") }.contains(
        "line 3, column \"t\": expected UTF-8 text, found bytes that are not UTF-8"))
  }

  @Test func vectorsInListsAndInColumns() throws {
    for list in [
      "\"[1.5, -2, 3e2]\"", "[1.5 -2 3e2]", "1.5 -2 3e2", "\"(1.5,-2,3e2)\"", "\"1.5;-2;3e2\"", "\"[ 1.5\n -2. 3e+2]\"",
    ] {
      let lists = try set("item_id,title,embedding\na,A 1,\(list)\nb,\"B, 2\",\(list)\n")
      #expect(lists.vectors.values.array == [1.5, -2, 300, 1.5, -2, 300], "\(list)")
      #expect(lists.ids.map(Array.init) == ["a", "b"])
      #expect(lists.input.lines == ["vectors: embedding, 2 × 3, lists in text", "ids: item_id"])
    }
    let columns = try set("asin,emb_1,emb_0,emb_2,price\n0012,1,2.5,3,9\nb,4,5,6,9\n")
    #expect(columns.vectors.values.array == [2.5, 1, 3, 5, 4, 6])
    #expect(columns.ids.map(Array.init) == ["0012", "b"])
    #expect(columns.input.lines.first == "vectors: emb_*, 2 × 3, columns emb_0 to emb_2")
    // As pandas writes a frame without names, and its index.
    let pandas = try set(",0,1,2\n0,1.0,2.0,3.0\n1,4.0,5.0,6.0\n")
    #expect(pandas.vectors.values.array == [1, 2, 3, 4, 5, 6])
    let tabs = try set("id\tdim1\tdim2\n1.0\t1\t2\n2.0\t3\t4\n", .init(vectors: "dim*"), as: "x.tsv")
    #expect(tabs.vectors.values.array == [1, 2, 3, 4])
    #expect(tabs.ids.map(Array.init) == ["1", "2"])
  }

  /// What is packed is read as what is not: vectors, ids in them, ids beside them, ids in a file of their own.
  @Test(.enabled(if: Python.isReady)) func packedFiles() throws {
    let folder = try TemporaryFolder()
    try Python.run(
      """
      import sys, gzip
      f = sys.argv[1]
      for name, text in [("v.csv", "id,emb_0,emb_1\\na,1,2\\nb,3,4\\n"), ("w.tsv", "emb_0\\temb_1\\n1\\t2\\n3\\t4\\n")]:
        open(f + "/" + name, "w").write(text)
        with gzip.open(f + "/" + name.upper() + ".GZ", "wt") as out: out.write(text)
      open(f + "/W.ids.txt", "w").write("x\\ny\\n")
      open(f + "/cut.csv.gz", "wb").write(gzip.compress(b"a,b\\n1,2\\n")[:-9])
      """, folder.path)
    let set = try EmbeddingSet(opening: folder.file("V.CSV.GZ"))
    #expect(set.vectors.values.array == [1, 2, 3, 4] && set.ids.map(Array.init) == ["a", "b"])
    #expect(set.input.lines == (try EmbeddingSet(opening: folder.file("v.csv"))).input.lines)
    let beside = try EmbeddingSet(opening: folder.file("W.TSV.GZ"))
    #expect(beside.vectors.values.array == [1, 2, 3, 4] && beside.ids.map(Array.init) == ["x", "y"])
    #expect(Array(try Identifiers.read(path: folder.file("V.CSV.GZ"))) == ["a", "b"])
    let other = EmbeddingSet.Options(ids: "id", idsPath: folder.file("V.CSV.GZ"))
    #expect(try EmbeddingSet(opening: folder.file("w.tsv"), options: other).ids.map(Array.init) == ["a", "b"])
    let one = try VectorSelector(parsing: folder.file("V.CSV.GZ") + ":1").vectors()
    #expect(one.values.array == [3, 4])
    #expect(
      message { _ = try EmbeddingSet(opening: folder.file("cut.csv.gz")) }.contains("cut.csv.gz: expected a gzip"))
  }

  @Test(arguments: [
    ("embedding\n\"[1, 2]\"\n\"[1, x]\"\n", "line 3, column \"embedding\": expected a list of numbers, found \"x\""),
    (
      "embedding\n\"[1, 2]\"\n\"[1]\"\n",
      "line 3, column \"embedding\": expected 2 numbers, as the first row has, found 1"
    ),
    ("embedding\n\"[1, 2]\"\n\"[1, ... 2]\"\n", "found \"...\""), ("embedding\n\"[1, 2\"\n", "expected vectors"),
    ("emb0,emb1\n1,2\n3,\n", "line 3, column \"emb1\": expected a number, found an empty text"),
    ("emb0,emb1\n1,2\n3,nan\n", "row 1, column 1 (from 0): expected a finite number"),
    ("id,title\n1,a b\n", "found none; it has id: whole numbers, title: text"),
  ])
  func vectorsThatAreNone(_ text: String, _ expected: String) throws {
    let error = message { _ = try set(text) }
    #expect(error.contains(expected), "\(error)")
  }

  @Test func idsInTables() throws {
    let folder = try TemporaryFolder()
    try AtomicFile.write("title,item_id\nA,7\nB,8\n", to: folder.file("ids.csv"))
    #expect(Array(try Identifiers.read(path: folder.file("ids.csv"))) == ["7", "8"])
    try NPY.write(Matrix(rows: 2, columns: 1, values: [1, 2]), to: folder.file("v.npy"))
    let set = try EmbeddingSet(opening: folder.file("v.npy"), options: .init(idsSource: folder.file("ids.csv")))
    #expect(set.ids.map(Array.init) == ["7", "8"])
    try AtomicFile.write("title,sku\nA,7\nB,8\n", to: folder.file("ids.csv"))
    #expect(message { try Identifiers.read(path: folder.file("ids.csv")) }.contains("name the column"))
  }

  @Test(.enabled(if: Python.isReady)) func whatPythonWritesIsRead() throws {
    let folder = try TemporaryFolder()
    try Python.run(
      """
      import sys, csv, numpy as np
      x = np.random.default_rng(1).normal(size=(200, 16)).astype("f4"); np.save(sys.argv[1] + "/x.npy", x)
      with open(sys.argv[1] + "/columns.csv", "w", newline="") as f:
        w = csv.writer(f); w.writerow(["item_id"] + ["emb_%d" % j for j in range(16)])
        for i, r in enumerate(x): w.writerow(["a,\\"%d\\"" % i] + [repr(float(v)) for v in r])
      with open(sys.argv[1] + "/lists.csv", "w", newline="") as f:
        w = csv.writer(f); w.writerow(["embedding", "item_id"])
        for i, r in enumerate(x): w.writerow([str(r.tolist()), "a,\\"%d\\"" % i])
      """, folder.path)
    let x = try NPYArray(path: folder.file("x.npy")).matrix().values.array
    for name in ["columns.csv", "lists.csv"] {
      let set = try EmbeddingSet(opening: folder.file(name))
      #expect(set.vectors.values.array == x)
      #expect(set.ids?[199] == "a,\"199\"")
    }
  }
}
