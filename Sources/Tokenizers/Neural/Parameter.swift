import Vectors

/// Numbers that training changes: their values, the gradient of the loss by them, and AdamW's two moments.
///
/// Confined to the training that makes it; tasks of a pool may work on disjoint parts.
final class Parameter {
  let rows: Int
  let columns: Int
  /// Whether AdamW's weight decay applies to the values.
  let decays: Bool
  let values: UnsafeMutablePointer<Float>
  let gradient: UnsafeMutablePointer<Float>
  let first: UnsafeMutablePointer<Float>
  let second: UnsafeMutablePointer<Float>
  private let memory: FloatMemory

  var count: Int { rows * columns }

  init(rows: Int, columns: Int, decays: Bool) {
    self.rows = rows
    self.columns = columns
    self.decays = decays
    // Each array starts at a cache line.
    let stride = (rows * columns + 15) / 16 * 16
    memory = FloatMemory(4 * stride)
    values = memory.start
    gradient = memory.start + stride
    first = memory.start + 2 * stride
    second = memory.start + 3 * stride
  }

  convenience init(vector count: Int) { self.init(rows: 1, columns: count, decays: false) }

  /// Normal with variance 2 / (rows + columns): Glorot and Bengio 2010.
  func fillXavierNormal(seed: UInt64, stream: UInt64) {
    var random = CounterRandom(seed: seed, stream: stream)
    let deviation = (2 / Double(rows + columns)).squareRoot()
    for index in stride(from: 0, to: count, by: 2) {
      let (a, b) = random.normals()
      values[index] = Float(a * deviation)
      if index + 1 < count { values[index + 1] = Float(b * deviation) }
    }
  }

  func set(_ source: Matrix) {
    precondition(source.rows == rows && source.columns == columns, "the shape stays")
    source.withUnsafeBufferPointer { source in
      guard let base = source.baseAddress else { return }
      values.update(from: base, count: count)
    }
  }

  /// A copy of the values.
  var matrix: Matrix {
    Matrix(rows: rows, columns: columns) { target in
      target.baseAddress?.update(from: values, count: count)
    }
  }

  var array: [Float] { Array(UnsafeBufferPointer(start: values, count: count)) }
}
