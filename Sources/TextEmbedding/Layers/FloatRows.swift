/// Rows of floats in the making: the states of the tokens of one batch.
///
/// Confined to the task that makes it. Memory starts undefined. Rows lie a little apart, so that rows of a power of two do
/// not meet in the same lines of a cache.
final class FloatRows {
  let start: UnsafeMutablePointer<Float>
  let rows: Int
  let columns: Int
  /// Floats from a row to the next.
  let stride: Int

  init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
    stride = (columns + 15) / 16 * 16 + 16
    start = .allocate(capacity: max(rows * stride, 1))
  }

  deinit { start.deallocate() }

  @inline(__always) func row(_ index: Int) -> UnsafeMutablePointer<Float> { start + index * stride }

  /// Whether no value is NaN or infinite.
  var isFinite: Bool {
    (0..<rows).allSatisfy { UnsafeBufferPointer(start: row($0), count: columns).allSatisfy(\.isFinite) }
  }

  /// A copy of the rows, one after another.
  func array() -> [Float] {
    var values: [Float] = []
    values.reserveCapacity(rows * columns)
    for index in 0..<rows { values.append(contentsOf: UnsafeBufferPointer(start: row(index), count: columns)) }
    return values
  }
}
