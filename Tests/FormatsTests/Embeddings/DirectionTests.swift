import TestSupport
import Testing
import Vectors

@testable import Formats

/// Rows of zeros, which the cosine metric cannot use, are told with file and row.
@Suite struct DirectionTests {
  @Test(arguments: [1, 3, 8]) func theFirstRowOfZerosIsNamed(threads: Int) throws {
    var random = CounterRandom(seed: 8)
    for (rows, columns) in [(1, 1), (5, 3), (400, 1024), (300_000, 1), (3, 300_000)] {
      var values = [Float](repeating: 0.5, count: rows * columns)
      let row = random.below(rows)
      for index in row * columns..<(row + 1) * columns { values[index] = index % 2 == 0 ? 0 : -0.0 }
      let set = try EmbeddingSet(vectors: Matrix(rows: rows, columns: columns, values: values), source: "x.npy")
      let error = #expect(throws: InputError.self) { try set.checkDirections(pool: ThreadPool(threads: threads)) }
      #expect(error?.source == "x.npy" && error?.place == "row \(row) (from 0)")
      values[row * columns + random.below(columns)] = .leastNonzeroMagnitude
      try Matrix(rows: rows, columns: columns, values: values).checkDirections(source: "x")
    }
  }
}
