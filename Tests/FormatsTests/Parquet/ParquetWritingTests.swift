import Foundation
import TestSupport
import Testing
import Vectors

@testable import Formats

@Suite struct ParquetWritingTests {
  private static let columns: [ParquetWriter.Column] = [
    .string("id"), .vector("list", columns: 5), .vector("fixed", columns: 5, fixedSize: true), .int32("c1"),
    .int64("c2"), .float("f"), .double("d"),
  ]

  private static func values(_ rows: Range<Int>) -> [ParquetWriter.Values] {
    let vectors = Matrix(
      rows: rows.count, columns: 5, values: rows.flatMap { row in (0..<5).map { Float(row) - Float($0) / 4 } })
    return [
      .strings(StringColumn(rows.map { $0 == 3 ? "" : "ключ-\($0)" })), .matrix(vectors), .matrix(vectors),
      .int32(Buffer(rows.map { Int32($0) - 7 })), .int64(Buffer(rows.map { Int64($0) << 40 })),
      .float(Buffer(rows.map { Float($0) / 2 })), .double(Buffer(rows.map { Double($0) / 3 })),
    ]
  }

  private static func write(_ path: String, _ compression: ParquetWriter.Compression) throws {
    let options = ParquetWriter.Options(compression: compression, rowGroupRows: 100)
    try ParquetWriter.write(to: path, columns: columns, options: options) { file in
      for start in stride(from: 0, to: 1050, by: 350) { try file.append(values(start..<start + 350)) }
    }
  }

  private static let compressions: [ParquetWriter.Compression] = [.none, .snappy, .zstd(), .zstd(level: 19)]

  @Test(arguments: compressions) func readsBackWhatItWrites(compression: ParquetWriter.Compression) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("w.parquet")
    try Self.write(path, compression)
    let file = try ParquetFile(path: path)
    #expect(file.rows == 1050 && file.rowGroups == 12)
    let all = Self.values(0..<1050)
    guard case .strings(let ids) = all[0], case .matrix(let vectors) = all[1] else { return }
    #expect(Array(try file.strings("id")) == Array(ids))
    for name in ["list", "fixed"] { #expect(try file.matrix(name).values.array == vectors.values.array) }
    #expect(try file.integers("c1").array == (0..<1050).map { Int64($0) - 7 })
    #expect(try file.integers("c2").array == (0..<1050).map { Int64($0) << 40 })
    #expect(try file.floats("f").array == (0..<1050).map { Double($0) / 2 })
    #expect(try file.floats("d").array == (0..<1050).map { Double($0) / 3 })
    // A slice of the text begins in the middle of its bytes.
    #expect(try file.strings("id", rowGroups: 1..<2)[0] == "ключ-100")
  }

  @Test(.enabled(if: Python.isReady), arguments: compressions)
  func pyarrowOpensWhatItWrites(compression: ParquetWriter.Compression) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("w.parquet")
    try Self.write(path, compression)
    try Python.run(
      """
      import sys, numpy as np, pyarrow as pa, pyarrow.parquet as pq
      t = pq.read_table(sys.argv[1], page_checksum_verification=True)
      n = np.arange(1050)
      x = (n[:, None] - np.arange(5)[None, :] / 4).astype("f4")
      assert t.num_rows == 1050
      assert t["id"].type == pa.string() and t["id"].to_pylist() == ["" if i == 3 else "ключ-%d" % i for i in n]
      assert pa.types.is_list(t["list"].type) and np.array_equal(np.array(t["list"].to_pylist(), "f4"), x)
      assert pa.types.is_fixed_size_list(t["fixed"].type) and t["fixed"].type.list_size == 5
      assert np.array_equal(np.array(t["fixed"].to_pylist(), "f4"), x)
      assert t["c1"].type == pa.int32() and np.array_equal(t["c1"].to_numpy(), n - 7)
      assert t["c2"].type == pa.int64() and np.array_equal(t["c2"].to_numpy(), n << 40)
      assert t["f"].type == pa.float32() and np.array_equal(t["f"].to_numpy(), (n / 2).astype("f4"))
      assert t["d"].type == pa.float64() and np.array_equal(t["d"].to_numpy(), n / 3)
      """, path)
  }

  @Test func sameInputSameBytes() throws {
    let folder = try TemporaryFolder()
    try Self.write(folder.file("1"), .snappy)
    try Self.write(folder.file("2"), .snappy)
    #expect(FileManager.default.contentsEqual(atPath: folder.file("1"), andPath: folder.file("2")))
  }

  @Test func writesNothingAndNarrowVectors() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("w.parquet")
    try ParquetWriter.write(to: path, columns: Self.columns) { _ in }
    #expect(try ParquetFile(path: path).rows == 0)
    try ParquetWriter.write(to: path, columns: Self.columns) { try $0.append(Self.values(0..<0)) }
    #expect(try ParquetFile(path: path).matrix("list").rows == 0)
    try ParquetWriter.write(to: path, columns: [.vector("v", columns: 0)]) {
      try $0.append([.matrix(Matrix(rows: 3, columns: 0, values: [Float]()))])
    }
    let matrix = try ParquetFile(path: path).matrix()
    #expect(matrix.rows == 3 && matrix.columns == 0)
  }

  @Test func aFailureLeavesTheOldFile() throws {
    struct Stop: Error {}
    let folder = try TemporaryFolder()
    let path = folder.file("w.parquet")
    try Self.write(path, .none)
    #expect(throws: Stop.self) {
      try ParquetWriter.write(to: path, columns: Self.columns) { file in
        try file.append(Self.values(0..<10))
        throw Stop()
      }
    }
    func refusal(_ values: [ParquetWriter.Values], _ columns: [ParquetWriter.Column]) -> String {
      message { try ParquetWriter.write(to: path, columns: columns) { try $0.append(values) } }
    }
    let codes = ParquetWriter.Values.int32(Buffer([1, 2]))
    #expect(refusal([codes], [.int32("a"), .int32("b")]).contains("values for 2 columns"))
    #expect(refusal([codes, codes], [.int32("a"), .int32("a")]).contains("different names"))
    #expect(refusal([codes], [.int64("a")]).contains("column \"a\""))
    #expect(refusal([codes, .int32(Buffer([1]))], [.int32("a"), .int32("b")]).contains("expected 2 rows, found 1"))
    let narrow = ParquetWriter.Values.matrix(Matrix(rows: 1, columns: 1, values: [1]))
    #expect(refusal([narrow], [.vector("v", columns: 2)]).contains("list"))
    #expect(try ParquetFile(path: path).rows == 1050)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["w.parquet"])
    #expect(throws: InputError.self) {
      try ParquetWriter.write(to: path + "/where.parquet", columns: Self.columns) { _ in }
    }
  }
}
