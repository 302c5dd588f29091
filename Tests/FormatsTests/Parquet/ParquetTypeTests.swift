import TestSupport
import Testing
import Vectors

@testable import Formats

/// What pyarrow writes beside plain numbers and text.
@Suite struct ParquetTypeTests {
  @Test(.enabled(if: Python.isReady)) func timesOfEveryType() throws {
    let folder = try TemporaryFolder()
    try Python.run(
      """
      import sys, datetime as dt, pyarrow as pa, pyarrow.parquet as pq
      t = [dt.datetime(2024, 1, 31, 12, 30, 15), None, dt.datetime(1969, 12, 31, 23, 59, 59)]
      c = {u: pa.array(t, pa.timestamp(u)) for u in ["s", "ms", "us", "ns"]}
      c |= {u + "z": pa.array(t, pa.timestamp(u, tz="Europe/Berlin")) for u in ["s", "ms", "us", "ns"]}
      pq.write_table(pa.table(c), sys.argv[1] + "/t.parquet")
      pq.write_table(pa.table({"t": pa.array(t, pa.timestamp("ns"))}), sys.argv[1] + "/int96.parquet",
        use_deprecated_int96_timestamps=True)
      far = [dt.datetime(3000, 1, 1), dt.datetime(1000, 1, 1)]
      pq.write_table(pa.table({"t": pa.array(far, pa.timestamp("us"))}), sys.argv[1] + "/far.parquet",
        use_deprecated_int96_timestamps=True)
      d = [dt.date(2024, 1, 31), dt.date(1969, 12, 31)]
      pq.write_table(pa.table({"d32": pa.array(d, pa.date32()), "d64": pa.array(d, pa.date64())}),
        sys.argv[1] + "/d.parquet")
      """, folder.path)
    func times(_ file: String, _ name: String) throws -> [Int64] {
      let column = try ParquetFile(path: folder.file(file)).optionalColumn(name)
      guard case .times(let times) = column.values else { return [] }
      return times.array
    }
    let expected: [Int64] = [1_706_704_215_000_000, 0, -1_000_000]
    for unit in ["s", "ms", "us", "ns"] {
      for zone in ["", "z"] { #expect(try times("t.parquet", unit + zone) == expected, "\(unit + zone)") }
    }
    #expect(try times("int96.parquet", "t") == expected)
    #expect(try times("far.parquet", "t") == [32_503_680_000_000_000, -30_610_224_000_000_000])
    for name in ["d32", "d64"] { #expect(try times("d.parquet", name) == [1_706_659_200_000_000, -86_400_000_000]) }
  }

  @Test(.enabled(if: Python.isReady)) func decimalsAndLists() throws {
    let folder = try TemporaryFolder()
    try Python.run(
      """
      import sys, pyarrow as pa, pyarrow.parquet as pq
      from decimal import Decimal as D
      pq.write_table(pa.table({
        "price": pa.array([D("19.99"), None, D("-0.01")], pa.decimal128(10, 2)),
        "small": pa.array([D("0.1"), D("0.2"), D("0.3")], pa.decimal128(5, 1)),
        "long": pa.array([D("12345678901234567890.123"), D(0), D(1)], pa.decimal128(38, 3)),
        "whole": pa.array([D(5), D(-7), None], pa.decimal128(18, 0)),
        "texts": pa.array([["a", None, "é"], [], None]),
        "large": pa.array([["a"], ["b", "c"], None], pa.large_list(pa.string())),
        "fixed": pa.array([["a", "b"], ["c", "d"], None], pa.list_(pa.string(), 2)),
        "numbers": pa.array([[1, -2], [3], []], pa.list_(pa.int16())),
        "flags": pa.array([[True], [False, True], None]),
        "words": pa.array([["x"], ["y", "x"], None], pa.list_(pa.dictionary(pa.int8(), pa.string()))),
        "money": pa.array([[D("1.50")], [], None], pa.list_(pa.decimal128(6, 2))),
        "nested": pa.array([[["a"]], [], None]),
      }), sys.argv[1], row_group_size=2)
      """, folder.file("x.parquet"))
    let file = try ParquetFile(path: folder.file("x.parquet"))
    func floats(_ name: String) throws -> [Double] {
      guard case .floats(let values) = try file.optionalColumn(name).values else { return [] }
      return values.array
    }
    #expect(try floats("price") == [19.99, 0, -0.01])
    #expect(try floats("small") == [0.1, 0.2, 0.3])
    #expect(try floats("long") == [12345678901234567890.123, 0, 1])
    #expect(try file.optionalColumn("price").present.array == [1, 0, 1])
    guard case .integers(let whole) = try file.optionalColumn("whole").values else {
      Issue.record("no integers")
      return
    }
    #expect(whole.array == [5, -7, 0])
    func lists(_ name: String) throws -> [[String]?] {
      let column = try file.optionalColumn(name)
      guard case .lists(let lists) = column.values else { return [] }
      return (0..<lists.count).map { column.present[$0] == 0 ? nil : lists[$0] }
    }
    #expect(try lists("texts") == [["a", "é"], [], nil])
    #expect(try lists("large") == [["a"], ["b", "c"], nil])
    #expect(try lists("fixed") == [["a", "b"], ["c", "d"], nil])
    #expect(try lists("numbers") == [["1", "-2"], ["3"], []])
    #expect(try lists("flags") == [["true"], ["false", "true"], nil])
    #expect(try lists("money") == [["1.50"], [], nil])
    #expect(try lists("words") == [["x"], ["y", "x"], nil])
    #expect(throws: InputError.self) { try file.optionalColumn("nested") }
  }
}
