import Formats
import Vectors

/// Rounds the vectors of a segment to bytes, and writes them piece by piece.
struct ByteVectorWriter {
  private static let piece = 1 << 13

  let vectors: VectorRows
  /// The row at each position.
  let rows: Buffer<UInt32>
  /// Whether vectors are to be brought to length 1.
  let isToBeUnit: Bool

  private var columns: Int { vectors.columns }

  /// Writes the bytes, and then the grid that tells what they stand for.
  func write(in directory: StagedDirectory, pool: ThreadPool) throws -> [String: IndexManifest.File] {
    var grid = grid(pool)
    let codes = try writeCodes(&grid, in: directory, pool)
    return [
      SegmentFile.byteVectors: codes,
      SegmentFile.byteGrid: try ArrayFile.write(
        Buffer(grid), shape: [columns + 2], to: SegmentFile.byteGrid, in: directory),
    ]
  }

  /// The least value of each dimension, and the step that brings the widest of them to 255.
  private func grid(_ pool: ThreadPool) -> [Float] {
    let pieces = max(1, (vectors.count + Self.piece - 1) / Self.piece)
    var ends = [Float](repeating: 0, count: pieces * 2 * columns)
    ends.withUnsafeMutableBufferPointer { ends in
      guard let ends = ends.baseAddress else { return }
      vectors.withRows { row in
        pool.run(tasks: pieces) { piece in
          let (low, high) = (ends + piece * 2 * columns, ends + (piece * 2 + 1) * columns)
          low.update(repeating: .infinity, count: columns)
          high.update(repeating: -.infinity, count: columns)
          withVector { vector in
            for index in piece * Self.piece..<min(vectors.count, (piece + 1) * Self.piece) {
              read(row(index), into: vector)
              for column in 0..<columns {
                low[column] = min(low[column], vector[column])
                high[column] = max(high[column], vector[column])
              }
            }
          }
        }
      }
    }
    var minima = [Float](repeating: .infinity, count: columns)
    var widest: Float = 0
    for column in 0..<columns {
      var high = -Float.infinity
      for piece in 0..<pieces {
        minima[column] = min(minima[column], ends[piece * 2 * columns + column])
        high = max(high, ends[(piece * 2 + 1) * columns + column])
      }
      widest = max(widest, high - minima[column])
    }
    return minima + [widest / 255, 0]
  }

  /// - Parameter grid: gets the error.
  private func writeCodes(
    _ grid: inout [Float], in directory: StagedDirectory, _ pool: ThreadPool
  ) throws -> IndexManifest.File {
    let width = ByteVectors.width(dimension: columns)
    let (minima, step) = (grid, grid[columns])
    var square = 0.0
    let bytes = try directory.write(SegmentFile.byteVectors) { writer in
      try writer.write(NPY.header(of: UInt8.self, shape: [vectors.count, width]))
      for start in stride(from: 0, to: vectors.count, by: Self.piece) {
        let range = start..<min(vectors.count, start + Self.piece)
        var squares = [Double](repeating: 0, count: range.count)
        let codes = Buffer<UInt8>(count: range.count * width) { codes in
          squares.withUnsafeMutableBufferPointer { squares in
            vectors.withRows { row in
              pool.run(over: range.count, inPiecesOf: 1 << 8) { piece in
                withVector { vector in
                  for index in piece {
                    read(row(Int(rows[range.lowerBound + index])), into: vector)
                    let target = codes.baseAddress.unsafelyUnwrapped + index * width
                    squares[index] = Self.round(vector, minima, step, columns, into: target)
                    (target + columns).update(repeating: 0, count: width - columns)
                  }
                }
              }
            }
          }
        }
        // In the order of the items, so that the sum does not depend on the threads.
        square += squares.reduce(0, +)
        try writer.write(codes)
      }
      return writer.position
    }
    grid[columns + 1] = Float((square / Double(max(vectors.count * columns, 1))).squareRoot())
    return IndexManifest.File(
      bytes: bytes, sha256: try SHA256.hexDigest(ofFile: directory.file(SegmentFile.byteVectors)))
  }

  /// - Returns: the squared error.
  private static func round(
    _ vector: UnsafePointer<Float>, _ minima: UnsafePointer<Float>, _ step: Float, _ count: Int,
    into target: UnsafeMutablePointer<UInt8>
  ) -> Double {
    guard step > 0, step.isFinite else {
      target.update(repeating: 0, count: count)
      return 0
    }
    let inverse = 1 / step
    var square: Float = 0
    for column in 0..<count {
      let value = (vector[column] - minima[column]) * inverse
      let byte = max(0, min(255, value.rounded()))
      square += (value - byte) * (value - byte)
      target[column] = UInt8(byte)
    }
    return Double(square * step * step)
  }

  private func withVector(_ body: (UnsafeMutablePointer<Float>) -> Void) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: columns) { vector in
      guard let vector = vector.baseAddress else { return }
      body(vector)
    }
  }

  private func read(_ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>) {
    UnitVector.copy(source, count: columns, isToBeUnit: isToBeUnit, into: target)
  }
}
