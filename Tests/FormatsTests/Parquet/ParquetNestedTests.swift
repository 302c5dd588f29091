import Foundation
import TestSupport
import Testing
import Vectors

@testable import Formats

/// Lists of texts and of integers, structs, and integers that may be missing.
@Suite struct ParquetNestedTests {
  private static let columns: [ParquetWriter.Column] = [
    .stringLists("tags"), .optionalInt32("last"),
    .structure("neighbors", [.int32Lists("ids", width: 3), .vector("distances", columns: 3)]),
    .structure("nested", [.string("name"), .structure("inner", [.double("value"), .stringLists("words")])]),
  ]

  /// Row i has i mod 4 tags.
  private static func tags(_ rows: Range<Int>) -> ListColumn {
    let lists = rows.map { row in (0..<row % 4).map { "ключ \(row)-\($0)" } }
    let starts = lists.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.count) }
    return ListColumn(elements: StringColumn(lists.flatMap(\.self)), starts: starts)
  }

  private static func values(_ rows: Range<Int>) -> [ParquetWriter.Values] {
    [
      .stringLists(tags(rows)), .optionalInt32(Buffer(rows.map { $0 % 3 == 0 ? Int32.min : Int32($0) })),
      .structure([
        .int32Lists(Buffer(rows.flatMap { row in (0..<3).map { Int32(row + $0) } }), width: 3),
        .matrix(
          Matrix(
            rows: rows.count, columns: 3, values: rows.flatMap { row in (0..<3).map { Float(row) / Float($0 + 2) } })),
      ]),
      .structure([
        .strings(StringColumn(rows.map { "n\($0)" })),
        .structure([.double(Buffer(rows.map { Double($0) / 7 })), .stringLists(tags(rows))]),
      ]),
    ]
  }

  @Test(.enabled(if: Python.isReady)) func pyarrowReadsEveryRow() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("n.parquet")
    // Row groups begin in the middle of lists.
    try ParquetWriter.write(to: path, columns: Self.columns, options: .init(rowGroupRows: 37)) { file in
      for start in [0, 50] { try file.append(Self.values(start..<start + 50)) }
    }
    try Python.run(
      """
      import sys, numpy as np, pyarrow as pa, pyarrow.parquet as pq
      t = pq.read_table(sys.argv[1], page_checksum_verification=True)
      tags = [["ключ %d-%d" % (i, j) for j in range(i % 4)] for i in range(100)]
      assert t.schema.field("tags").type.value_type == pa.string(), t.schema
      assert t["tags"].to_pylist() == tags
      assert t["last"].to_pylist() == [None if i % 3 == 0 else i for i in range(100)]
      struct = t.schema.field("neighbors").type
      assert pa.types.is_struct(struct) and [f.name for f in struct] == ["ids", "distances"], struct
      for i, row in enumerate(t["neighbors"].to_pylist()):
          assert row["ids"] == [i, i + 1, i + 2], row
          assert np.array_equal(np.float32(row["distances"]), np.float32(i) / np.float32([2, 3, 4])), row
      for i, row in enumerate(t["nested"].to_pylist()):
          assert row == {"name": "n%d" % i, "inner": {"value": i / 7, "words": tags[i]}}, row
      """, path)
    #expect(try ParquetFile(path: path).rows == 100)
  }

  @Test func unevenValuesAreRefused() throws {
    let folder = try TemporaryFolder()
    func fault(_ values: [ParquetWriter.Values]) -> InputError.Kind? {
      do {
        try ParquetWriter.write(to: folder.file("x.parquet"), columns: Self.columns) { try $0.append(values) }
        return nil
      } catch { return (error as? InputError)?.kind }
    }
    var short = Self.values(0..<8)
    short[2] = Self.values(0..<7)[2]
    #expect(fault(short) == .mismatch)
    var uneven = Self.values(0..<8)
    guard case .structure(let good) = uneven[2], case .structure(let bad) = short[2] else { return }
    uneven[2] = .structure([good[0], bad[1]])
    #expect(fault(uneven) == .mismatch)
    uneven[2] = .structure([good[0]])
    #expect(fault(uneven) == .mismatch)
    uneven[2] = .structure([good[1], good[0]])
    #expect(fault(uneven) == .mismatch)
    #expect(!FileManager.default.fileExists(atPath: folder.file("x.parquet")))
  }
}
