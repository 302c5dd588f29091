/// A row-major Float32 matrix, rows × columns, owned or memory-mapped: item embeddings, codebooks, queries.
///
/// Immutable and shared: a copy is a reference, a slice of rows is a window on the same memory.
public struct Matrix: Sendable {
  /// Number of rows, such as items.
  public let rows: Int
  /// Length of each row, such as the dimension of the vectors.
  public let columns: Int
  /// rows · columns values, row after row.
  public let values: Buffer<Float>

  /// - Precondition: `values.count == rows * columns`.
  public init(rows: Int, columns: Int, values: Buffer<Float>) {
    precondition(rows >= 0 && columns >= 0 && values.count == rows * columns, "a matrix needs rows × columns values")
    self.rows = rows
    self.columns = columns
    self.values = values
  }

  /// Copies the values, row after row.
  public init(rows: Int, columns: Int, values: [Float]) {
    self.init(rows: rows, columns: columns, values: Buffer(values))
  }

  /// Allocates the matrix (zeroed) and has `body` fill it.
  package init(
    rows: Int, columns: Int, initializingWith body: (UnsafeMutableBufferPointer<Float>) throws -> Void
  ) rethrows {
    self.init(rows: rows, columns: columns, values: try Buffer(count: rows * columns, initializingWith: body))
  }

  /// Rows `range`, without a copy.
  public subscript(rows range: Range<Int>) -> Matrix {
    Matrix(
      rows: range.count, columns: columns,
      values: values[slice: range.lowerBound * columns..<range.upperBound * columns])
  }

  /// The value at `row` and `column`, both from 0.
  public subscript(row: Int, column: Int) -> Float { values[row * columns + column] }

  /// One row as an array of its own.
  public func row(_ index: Int) -> [Float] { self[rows: index..<index + 1].values.array }

  /// Calls `body` with all values, row after row; the pointer is valid inside the call only.
  public func withUnsafeBufferPointer<Result: ~Copyable, Failure: Error>(
    _ body: (UnsafeBufferPointer<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try values.withUnsafeBufferPointer(body)
  }

  /// The rows whose numbers are given, in that order, copied.
  package func gathered(_ indices: some Collection<Int>) -> Matrix {
    Matrix(rows: indices.count, columns: columns) { target in
      withUnsafeBufferPointer { source in
        for (position, index) in indices.enumerated() {
          precondition(index >= 0 && index < rows, "row out of bounds")
          guard columns > 0 else { continue }
          target.baseAddress.unsafelyUnwrapped.advanced(by: position * columns)
            .update(from: source.baseAddress.unsafelyUnwrapped + index * columns, count: columns)
        }
      }
    }
  }
}
