import Foundation
import TestSupport
import Testing
import Vectors

@testable import Formats

/// Files that pyarrow writes.
@Suite(.enabled(if: Python.isReady)) struct ParquetReadingTests {
  /// Runs `script`, whose `write(columns, **options)` makes the file, with `x[i][j] = i + j / 8` of 40 rows.
  static func make(_ path: String, _ script: String) throws {
    let prologue = """
      import sys, numpy as np, pyarrow as pa, pyarrow.parquet as pq
      x = np.arange(40)[:, None] + np.arange(6)[None, :] / 8
      def lists(t, size=None, of=x):
        flat = pa.array(of.ravel().astype(np.float16) if t == pa.float16() else of.ravel(), t)
        if size: return pa.FixedSizeListArray.from_arrays(flat, size)
        return pa.ListArray.from_arrays(np.arange(len(of) + 1, dtype="i4") * of.shape[1], flat)
      def write(columns, **options):
        pq.write_table(pa.table(columns), sys.argv[1], **options)

      """
    try Python.run(prologue + script, path)
  }

  @Test func readsVectorsOfEveryKind() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("v.parquet")
    let options = [
      "", "row_group_size=7", "compression='zstd', row_group_size=16", "compression='none', use_dictionary=False",
      "compression='gzip', data_page_version='2.0', row_group_size=39", "store_schema=False, version='1.0'",
      "compression='lz4', use_byte_stream_split=True, use_dictionary=False", "compression='brotli', data_page_size=64",
      "write_page_checksum=True",
    ]
    for options in options {
      try Self.make(
        path,
        """
        write({
          "half": lists(pa.float16()), "float": lists(pa.float32()), "double": lists(pa.float64()),
          "large": lists(pa.float32()).cast(pa.large_list(pa.float32())),
          "fixed": lists(pa.float32(), 6), "fixed half": lists(pa.float16(), 6),
        }\(options.isEmpty ? "" : ", " + options))
        """)
      let file = try ParquetFile(path: path)
      #expect(file.rows == 40 && file.columns.count == 6)
      for column in file.columns {
        #expect(column.kind == .vector)
        HDF5ReadingTests.expectGrid(try file.matrix(column.name))
      }
    }
  }

  @Test func streamsRowGroups() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("g.parquet")
    try Self.make(
      path,
      """
      write({"v": lists(pa.float32()), "id": ["n%d" % i for i in range(40)], "c1": np.arange(40), "c2": -np.arange(40)},
            row_group_size=9)
      """)
    let file = try ParquetFile(path: path, options: .init(pool: ThreadPool(threads: 3)))
    #expect(file.rowGroups == 5)
    var rows = 0
    for group in 0..<file.rowGroups {
      let range = file.rows(in: group..<group + 1)
      #expect(range.lowerBound == rows && range.count == (group < 4 ? 9 : 4))
      let vectors = try file.matrix("v", rowGroups: group..<group + 1)
      #expect(vectors.rows == range.count && vectors[0, 1] == Float(range.lowerBound) + 0.125)
      #expect(Array(try file.strings("id", rowGroups: group..<group + 1)) == range.map { "n\($0)" })
      rows = range.upperBound
    }
    #expect(rows == 40)
    HDF5ReadingTests.expectGrid(try file.matrix())
    let codes = try file.integers(["c1", "c2"])
    #expect(codes.rows == 40 && codes.columns == 2)
    #expect(codes.values.array == (0..<40).flatMap { [Int64($0), -Int64($0)] })
    let swapped = try file.integers(["c2", "c1"], rowGroups: 1..<3).values.array
    #expect(swapped == (9..<27).flatMap { [-Int64($0), Int64($0)] })
    #expect(try file.matrix("v", rowGroups: 2..<2).rows == 0)
  }

  @Test func readsScalarsOfEveryType() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("s.parquet")
    try Self.make(
      path,
      """
      n = np.arange(100)
      words = ["", "a", "schön", "日本語"] * 25
      columns = {t: pa.array(n, t) for t in ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"]}
      columns |= {t: pa.array((n / 4).astype(t), t) for t in ["float16", "float32", "float64"]}
      columns["dictionary int"] = pa.array(n % 3).dictionary_encode()
      for t in [pa.string(), pa.large_string(), pa.string_view(), pa.binary(), pa.large_binary()]:
        columns[str(t)] = pa.array([w.encode() for w in words], pa.binary()).cast(pa.string()).cast(t)
      columns["dictionary"] = pa.array(words).dictionary_encode()
      columns["small dictionary"] = pa.array(words).cast(pa.dictionary(pa.int8(), pa.large_string()))
      write(columns, row_group_size=33)
      """)
    let file = try ParquetFile(path: path)
    for type in ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"] {
      #expect(try file.integers(type).array == (0..<100).map(Int64.init), "\(type)")
    }
    for type in ["float16", "float32", "float64"] {
      #expect(try file.floats(type).array == (0..<100).map { Double($0) / 4 }, "\(type)")
    }
    #expect(try file.integers("dictionary int").array == (0..<100).map { Int64($0 % 3) })
    let words = Array(repeating: ["", "a", "schön", "日本語"], count: 25).flatMap(\.self)
    let texts = file.columns.filter { $0.kind == .string }.map(\.name)
    #expect(texts.count == 7)
    for name in texts { #expect(Array(try file.strings(name)) == words, "\(name)") }
  }

  @Test func namesTheRowOfWhatIsMissingOrRagged() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("n.parquet")
    try Self.make(
      path,
      """
      v = [[1.0, 2.0]] * 30
      def at(i, value, of=v): return of[:i] + [value] + of[i + 1:]
      write({
        "null vector": pa.array(at(17, None), pa.list_(pa.float32())),
        "null number": pa.array(at(18, [1.0, None]), pa.list_(pa.float32())),
        "null in fixed": pa.array(at(19, [None, 1.0]), pa.list_(pa.float32(), 2)),
        "ragged": pa.array(at(20, [1.0]), pa.list_(pa.float32())),
        "longer": pa.array(at(29, [1.0] * 3), pa.large_list(pa.float64())),
        "first null": pa.array(at(0, None), pa.list_(pa.float32())),
        "null text": pa.array(at(21, None, ["a"] * 30)),
        "null word": pa.array(at(21, None, ["a"] * 30)).dictionary_encode(),
        "null integer": pa.array(at(22, None, [1] * 30)),
        "null float": pa.array(at(23, None, [1.5] * 30)),
        "bytes": pa.array(at(24, b"sch\\xf6n", [b"a"] * 30), pa.binary()),
        "huge": pa.array(at(25, 2**63, [1] * 30), pa.uint64()),
      }, row_group_size=8)
      """)
    let file = try ParquetFile(path: path)
    func matrix(_ name: String) -> String { message { try file.matrix(name) } }
    #expect(matrix("null vector").contains("column \"null vector\", row 17 (from 0): expected a vector, found null"))
    #expect(matrix("null number").contains("row 18 (from 0): expected a number in column 1, found null"))
    #expect(matrix("null in fixed").contains("row 19 (from 0): expected a number in column 0, found null"))
    #expect(matrix("ragged").contains("row 20 (from 0): expected 2 values, as the first row has, found 1"))
    #expect(matrix("longer").contains("row 29 (from 0): expected 2 values, as the first row has, found 3"))
    #expect(matrix("first null").contains("row 0 (from 0): expected a vector, found null"))
    #expect(message { try file.strings("null text") }.contains("row 21 (from 0): expected text, found null"))
    #expect(message { try file.strings("null word") }.contains("row 21 (from 0): expected text, found null"))
    #expect(message { try file.integers("null integer") }.contains("row 22 (from 0): expected an integer"))
    #expect(message { try file.floats("null float") }.contains("row 23 (from 0): expected a number"))
    #expect(message { try file.strings("bytes") }.contains("row 24 (from 0): expected UTF-8"))
    #expect(message { try file.integers("huge") }.contains("row 25 (from 0): expected an integer of 63 bits"))
  }

  @Test func choosesTheMatrixAndRefusesOtherTypes() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("c.parquet")
    func open(_ script: String) throws -> ParquetFile {
      try Self.make(path, script)
      return try ParquetFile(path: path)
    }
    HDF5ReadingTests.expectGrid(try open("write({'id': np.arange(40), 'deep': lists(pa.float64())})").matrix())
    HDF5ReadingTests.expectGrid(
      try open("write({'title': lists(pa.float32(), of=x + 1), 'embedding': lists(pa.float32())})").matrix())
    let two = message { try open("write({'a': lists(pa.float32()), 'b': lists(pa.float32())})").matrix() }
    #expect(two.contains("found 2: a: list<element: float>") && two.contains("name the column with --vectors"))
    let file = try open(
      """
      write({"nested": [[[1.5]]], "struct": [{"a": 1}], "flag": [True], "text": ["a"], "n": [1],
             "time": pa.array([0], pa.timestamp("ms")), "f": [0.5]})
      """)
    #expect(message { try file.matrix() }.contains("the only one, found none; it has nested: "))
    for name in ["nested", "struct.a", "flag", "text", "n"] {
      #expect(message { try file.matrix(name) }.contains("column \"\(name)\": expected lists of numbers"))
    }
    #expect(message { try file.strings("n") }.contains("expected strings, found values of type int64"))
    #expect(message { try file.integers("time") }.contains("found values of type timestamp[ms]"))
    #expect(message { try file.integers("f") }.contains("expected integers"))
    #expect(message { try file.floats("n") }.contains("expected floats"))
    #expect(message { try file.strings("absent") }.contains("no such column"))
  }

  @Test func readsEmptyTables() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("e.parquet")
    try Self.make(
      path,
      """
      write({"v": pa.array([], pa.list_(pa.float32())), "w": pa.array([], pa.list_(pa.float32(), 5)),
             "t": pa.array([], pa.string()), "n": pa.array([], pa.int32())})
      """)
    let file = try ParquetFile(path: path)
    #expect(file.rows == 0)
    #expect(try file.matrix("v").rows == 0)
    #expect(try file.matrix("w").columns == 5)
    #expect(try file.strings("t").isEmpty)
    #expect(try file.integers("n").isEmpty)
  }

  @Test func boundsMemory() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("m.parquet")
    // Equal rows pack into next to nothing.
    try Self.make(
      path, "write({'v': lists(pa.float32(), of=np.ones((200000, 64))), 't': ['x' * 50] * 200000})")
    #expect(try ParquetFile(path: path).matrix().rows == 200_000)
    let tight = try ParquetFile(path: path, options: .init(maximumBytes: 2 << 20))
    #expect(message { try tight.matrix() }.contains("at most 2097152 bytes in memory"))
    #expect(throws: InputError.self) { try tight.strings("t") }
  }

  @Test func saysWhatIsNoParquet() throws {
    let folder = try TemporaryFolder()
    #expect(message { try ParquetFile(path: folder.file("absent")) }.contains("a readable file"))
    #expect(throws: InputError.self) { try ParquetFile(path: folder.path) }
    for text in ["", "PAR1", "PAR1PAR1", "PAR1\u{1}\0\0\0PAR1", "not a table at all"] {
      try text.write(toFile: folder.file("x"), atomically: true, encoding: .utf8)
      #expect(message { try ParquetFile(path: folder.file("x")) }.contains("expected a Parquet file"))
    }
  }

  @Test(.enabled(if: RealData.has("debian-packages"))) func readsDebianPackages() throws {
    let file = try ParquetFile(path: RealData.path("debian-packages/items.parquet"))
    #expect(file.rows == 63_666)
    let names = try file.strings("item_id")
    #expect(Set(names).count == 63_666)
    let row = try #require(names.firstIndex(of: "vim"))
    #expect(try file.strings("title")[row].contains("Vi IMproved"))
    #expect(try file.integers("installed_size")[row] > 1000)
    let baskets = try ParquetFile(path: RealData.path("debian-packages/baskets.parquet"))
    #expect(baskets.rows == 271_912)
    #expect(try baskets.integers("position").array.allSatisfy { $0 >= 0 })
  }

  @Test(.enabled(if: RealData.has("amazon-industrial-and-scientific"))) func readsAmazonTables() throws {
    let folder = RealData.path("amazon-industrial-and-scientific/")
    #expect(try ParquetFile(path: folder + "items.parquet").strings("item_id").count == 3686)
    let train = try ParquetFile(path: folder + "train.parquet")
    #expect(try train.integers("timestamp").array.min() ?? 0 >= 1_400_000_000_000)
    #expect(try train.strings("user_id").count == 15_096)
  }
}
