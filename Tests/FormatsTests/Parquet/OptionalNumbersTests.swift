import TestSupport
import Testing
import Vectors

@testable import Formats

/// Numbers that may be missing, as pyarrow and our own reader see them.
@Suite struct OptionalNumbersTests {
  @Test(.enabled(if: Python.has("pyarrow"))) func missingOnesAreNull() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("x.parquet")
    let doubles = (0..<1000).map { $0 % 3 == 0 ? Double.nan : Double($0) / 4 }
    try ParquetWriter.write(
      to: path, columns: [.optionalDouble("price"), .string("id"), .optionalFloat("rating")],
      options: .init(rowGroupRows: 300)
    ) { file in
      try file.append([
        .optionalDouble(Buffer(doubles)), .strings(StringColumn(doubles.indices.map(String.init))),
        .optionalFloat(Buffer(doubles.map { _ in Float.nan })),
      ])
    }
    let told = try Python.run(
      """
      import sys
      import pyarrow.parquet as pq
      table = pq.read_table(sys.argv[1])
      assert table["price"].to_pylist() == [None if n % 3 == 0 else n / 4 for n in range(1000)]
      assert table["rating"].null_count == 1000 and str(table.schema.field("rating").type) == "float"
      print(table.schema.field("price").type, table["price"].null_count, pq.ParquetFile(sys.argv[1]).num_row_groups)
      """, path)
    #expect(told == "double 334 4\n")
    let column = try DataTable(opening: path).column("price")
    #expect(column.present.array == doubles.map { $0.isNaN ? 0 : 1 })
  }
}
