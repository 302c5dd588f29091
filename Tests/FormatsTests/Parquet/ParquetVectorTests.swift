import Foundation
import TestSupport
import Testing
import Vectors

@testable import Formats

/// The forms in which Parquet files of others hold vectors.
@Suite(.enabled(if: Python.isReady)) struct ParquetVectorTests {
  private let names: [String] = (0..<40).map { "n\($0)" }

  private func open(_ script: String, _ options: EmbeddingSet.Options = .init()) throws -> EmbeddingSet {
    let folder = try TemporaryFolder()
    try ParquetReadingTests.make(folder.file("v.parquet"), script)
    return try EmbeddingSet(opening: folder.file("v.parquet"), options: options)
  }

  @Test(arguments: ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float16", "float64"])
  func listsOfEveryNumber(type: String) throws {
    for form in [
      "pa.ListArray.from_arrays(o, v)", "pa.LargeListArray.from_arrays(o, v)",
      "pa.FixedSizeListArray.from_arrays(v, 6)",
    ] {
      let set = try open(
        """
        v = pa.array((x * 8).ravel().astype("\(type)")); o = np.arange(41, dtype="i4") * 6
        write({"embedding": \(form), "item_id": np.arange(40)}, row_group_size=7)
        """)
      #expect(set.vectors.row(3) == [24, 25, 26, 27, 28, 29] as [Float], "\(form)")
      #expect(set.ids?[39] == "39")
    }
  }

  @Test func tensorsStructsColumnsAndBytes() throws {
    let tensor = try open(
      """
      t = pa.fixed_shape_tensor(pa.float32(), (2, 3))
      write({"embedding": pa.ExtensionArray.from_storage(t, lists(pa.float32(), 6))}, row_group_size=9)
      """)
    HDF5ReadingTests.expectGrid(tensor.vectors)
    let nested = try open(
      """
      item = pa.StructArray.from_arrays([lists(pa.float32(), 6), pa.array(["n%d" % i for i in range(40)])], ["embedding", "id"])
      write({"item": item, "n": np.arange(40)}, row_group_size=9)
      """)
    HDF5ReadingTests.expectGrid(nested.vectors)
    #expect(nested.ids?[7] == "n7")
    #expect(nested.input.lines == ["vectors: item.embedding, 40 × 6", "ids: item.id"])
    for name in ["emb_%d", "e%d", "embedding.%d"] {
      // Columns in another order than their numbers, some of them integers.
      let script = """
        write({"item_id": np.arange(40), **{"\(name)" % j: x[:, j] for j in [2, 0, 5, 4, 3, 1]}, "price": np.ones(40)},
              row_group_size=9)
        """
      let columns = try open(script)
      HDF5ReadingTests.expectGrid(columns.vectors)
      let first = name.replacing("%d", with: "0")
      let last = name.replacing("%d", with: "5")
      #expect(columns.input.lines.first?.hasSuffix("columns \(first) to \(last)") == true)
      let asked = try open(script, .init(vectors: name.replacing("%d", with: "*")))
      HDF5ReadingTests.expectGrid(asked.vectors)
    }
    for type in ["pa.binary()", "pa.binary(24)", "pa.large_binary()"] {
      let bytes = try open(
        """
        write({"embedding": pa.array([r.astype("<f4").tobytes() for r in x], \(type)), "id": ["n%d" % i for i in range(40)]})
        """)
      HDF5ReadingTests.expectGrid(bytes.vectors)
      #expect(bytes.input.lines.first?.contains("float32 from ") == true)
    }
  }

  @Test func bytesThatAreNoVectors() throws {
    let odd = message { try open("write({'embedding': pa.array([b'x' * 13] * 4, pa.binary())})") }
    #expect(odd.contains("row 0 (from 0): expected bytes of whole float32 numbers, 4 each, found 13"), "\(odd)")
    let fixed = message { try open("write({'embedding': pa.array([b'x' * 13] * 4, pa.binary(13))})") }
    #expect(fixed.contains("4 each, found 13"), "\(fixed)")
    let ragged = message { try open("write({'emb': pa.array([b'x' * 8, b'x' * 12], pa.binary())})") }
    #expect(ragged.contains("row 1 (from 0): expected 8 bytes, 2 float32, as the first row has, found 12"), "\(ragged)")
    // Bytes under an unknown name are keys, digests, pictures.
    let key = message { try open("write({'key': pa.array([b'x' * 16] * 4, pa.binary(16)), 'n': [1, 2, 3, 4]})") }
    #expect(key.contains("found none; it has key: fixed_size_binary[16]"), "\(key)")
    let null = message {
      try open(
        "write({'item': pa.array([{'embedding': [1.0]}, None], pa.struct([('embedding', pa.list_(pa.float32()))]))})")
    }
    #expect(null.contains("column \"item.embedding\", row 1 (from 0): expected a vector, found null"), "\(null)")
  }

  @Test func codesAndGapsAreNoVectors() throws {
    #expect(
      message { try open("write({'item_id': np.arange(40), 'c1': np.arange(40), 'c2': np.arange(40)})") }.contains(
        "none"))
    let gap = "write({'emb_0': x[:, 0], 'emb_2': x[:, 2]})"
    #expect(message { try open(gap) }.contains("found none"))
    #expect(try open(gap, .init(vectors: "emb_*")).dimension == 2)
  }

  @Test func directoriesOfPartsAreOneTable() throws {
    let folder = try TemporaryFolder()
    try Python.run(
      """
      import sys, os, numpy as np, pyarrow as pa, pyarrow.parquet as pq
      x = np.arange(40)[:, None] + np.arange(6)[None, :] / 8
      def part(path, rows):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        pq.write_table(pa.table({"item_id": ["n%d" % i for i in rows], "embedding": [list(map(float, x[i])) for i in rows]}), path)
      d = sys.argv[1]
      part(d + "/plain/part-00000.parquet", range(0, 13)); part(d + "/plain/part-00001.parquet", range(13, 40))
      open(d + "/plain/_SUCCESS", "w").close(); open(d + "/plain/.part-00000.parquet.crc", "w").write("x")
      part(d + "/hive/category=a/x.parquet", range(0, 20)); part(d + "/hive/category=b/x.parquet", range(20, 40))
      os.makedirs(d + "/none"); open(d + "/none/notes.txt", "w").write("x")
      """, folder.path)
    for path in ["plain", "plain/", "plain/*.parquet", "hive"] {
      let set = try EmbeddingSet(opening: folder.file(path))
      HDF5ReadingTests.expectGrid(set.vectors)
      #expect(set.ids.map(Array.init) == names)
      #expect(set.input.lines.first?.contains("2 files") == true, "\(set.input.lines)")
      #expect(Array(try Identifiers.read(path: folder.file(path))) == names)
    }
    #expect(
      message { try EmbeddingSet(opening: folder.file("none")) }.contains("expected files of type .parquet, found none")
    )
    try FileManager.default.copyItem(
      atPath: folder.file("plain/part-00000.parquet"), toPath: folder.file("plain/z.parquet"))
    #expect(message { try EmbeddingSet(opening: folder.file("plain")) }.contains("\"n0\", the id of row 0 too"))
  }
}
