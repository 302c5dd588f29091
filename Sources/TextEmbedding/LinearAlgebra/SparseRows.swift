import Vectors

/// A sparse matrix by rows (CSR): `columns[starts[i]..<starts[i + 1]]` and the values beside them are row i's.
struct SparseRows: Sendable {
  private(set) var starts: [Int] = [0]
  private(set) var columns: [Int32] = []
  private(set) var values: [Float] = []

  static let empty = SparseRows()

  private init() {}

  var count: Int { starts.count - 1 }

  mutating func append(column: Int32, value: Float) {
    columns.append(column)
    values.append(value)
  }

  mutating func endRow() { starts.append(columns.count) }

  init(joining parts: [SparseRows]) {
    let entries = parts.reduce(0) { $0 + $1.columns.count }
    starts.reserveCapacity(parts.reduce(1) { $0 + $1.count })
    columns.reserveCapacity(entries)
    values.reserveCapacity(entries)
    for part in parts {
      let before = columns.count
      starts.append(contentsOf: part.starts.dropFirst().lazy.map { $0 + before })
      columns.append(contentsOf: part.columns)
      values.append(contentsOf: part.values)
    }
  }

  /// Each row's entries passed through `body`, which gives the new column and value, or nil to leave the entry out;
  /// then divided by the row's norm. A row that is left empty stays so. New columns must ascend as the old ones do.
  func mapped(_ body: (Int32, Float) -> (Int32, Float)?) -> SparseRows {
    var result = SparseRows()
    result.starts.reserveCapacity(starts.count)
    result.columns.reserveCapacity(columns.count)
    result.values.reserveCapacity(values.count)
    for row in 0..<count {
      var square: Double = 0
      let first = result.values.count
      for entry in starts[row]..<starts[row + 1] {
        guard let (column, value) = body(columns[entry], values[entry]) else { continue }
        result.append(column: column, value: value)
        square += Double(value) * Double(value)
      }
      let scale = square > 0 ? Float(1 / square.squareRoot()) : 0
      for entry in first..<result.values.count { result.values[entry] *= scale }
      result.endRow()
    }
    return result
  }

  /// The transposed matrix; each of its rows in ascending order of columns.
  func transposed(columnCount: Int) -> SparseRows {
    var result = SparseRows()
    var next = [Int](repeating: 0, count: columnCount + 1)
    for column in columns { next[Int(column) + 1] += 1 }
    for column in 0..<columnCount { next[column + 1] += next[column] }
    result.starts = next
    result.columns = [Int32](repeating: 0, count: columns.count)
    result.values = [Float](repeating: 0, count: values.count)
    for row in 0..<count {
      for entry in starts[row]..<starts[row + 1] {
        let column = Int(columns[entry])
        result.columns[next[column]] = Int32(truncatingIfNeeded: row)
        result.values[next[column]] = values[entry]
        next[column] += 1
      }
    }
    return result
  }
}

extension SparseRows {
  /// This matrix times a dense one whose row j belongs to column j here: count × dense.columns.
  ///
  /// Each row is summed in the order of its entries, whatever the number of threads. 2 · entries · dense.columns
  /// floating-point operations.
  func times(_ dense: Matrix, pool: ThreadPool) -> Matrix {
    let width = dense.columns
    return Matrix(rows: count, columns: width) { target in
      guard let target = target.baseAddress else { return }
      dense.withUnsafeBufferPointer { dense in
        guard let dense = dense.baseAddress else { return }
        let pieces = balancedPieces()
        columns.withUnsafeBufferPointer { columns in
          values.withUnsafeBufferPointer { values in
            pool.run(tasks: pieces.count - 1) { piece in
              for row in pieces[piece]..<pieces[piece + 1] {
                let sum = target + row * width
                for entry in starts[row]..<starts[row + 1] {
                  addScaled(values[entry], dense + Int(columns[entry]) * width, to: sum, count: width)
                }
              }
            }
          }
        }
      }
    }
  }

  /// Bounds of runs of rows with about as many entries each: the work of one task. They depend on the matrix alone.
  private func balancedPieces() -> [Int] {
    let target = 1 << 14
    var bounds = [0]
    for row in 0..<count
    where starts[row + 1] - starts[bounds[bounds.count - 1]] >= target || row - bounds[bounds.count - 1] >= 4096 {
      bounds.append(row + 1)
    }
    if bounds[bounds.count - 1] < count { bounds.append(count) }
    return bounds
  }
}

/// target += scale · source.
@inline(__always)
private func addScaled(
  _ scale: Float, _ source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>, count: Int
) {
  var index = 0
  let lanes = SIMD8<Float>.scalarCount
  let source8 = UnsafeRawPointer(source)
  let target8 = UnsafeMutableRawPointer(target)
  let factor = SIMD8<Float>(repeating: scale)
  while index + lanes <= count {
    let offset = index * MemoryLayout<Float>.stride
    let sum =
      target8.loadUnaligned(fromByteOffset: offset, as: SIMD8<Float>.self)
      + factor * source8.loadUnaligned(fromByteOffset: offset, as: SIMD8<Float>.self)
    target8.storeBytes(of: sum, toByteOffset: offset, as: SIMD8<Float>.self)
    index += lanes
  }
  while index < count {
    target[index] += scale * source[index]
    index += 1
  }
}
