import CKernels
import Formats
import Vectors

/// Rounds the vectors of a segment to bytes, and writes them piece by piece.
struct ByteVectorWriter {
  /// Vectors per piece.
  private static let piece = 1 << 12

  let vectors: VectorRows
  /// The row at each position.
  let rows: Buffer<UInt32>
  /// Whether vectors are to be brought to length 1.
  let isToBeUnit: Bool

  private var columns: Int { vectors.columns }

  /// Writes the bytes, and then the grid that says what they stand for.
  func write(in directory: StagedDirectory, pool: ThreadPool) throws -> [String: IndexManifest.File] {
    var grid = grid(pool)
    let codes = try writeCodes(&grid, in: directory)
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
  private func writeCodes(_ grid: inout [Float], in directory: StagedDirectory) throws -> IndexManifest.File {
    let width = ByteVectors.width(dimension: columns)
    let step = grid[columns]
    // Where all are alike, or differ by more than a float holds, the bytes are zero and tell nothing.
    let inverse = step > 0 && step.isFinite && (1 / step).isFinite ? 1 / step : 0
    var square = 0.0
    let codes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: min(Self.piece, vectors.count) * width)
    defer { codes.deallocate() }
    codes.initialize(repeating: 0)
    let file = try IndexManifest.File(writing: SegmentFile.byteVectors, in: directory) { append in
      try NPY.header(of: UInt8.self, shape: [vectors.count, width]).withUnsafeBytes { try append($0) }
      for start in stride(from: 0, to: vectors.count, by: Self.piece) {
        let range = start..<min(vectors.count, start + Self.piece)
        vectors.withRows { row in
          withVector { vector in
            guard var target = codes.baseAddress else { return }
            for position in range {
              read(row(Int(rows[position])), into: vector)
              square += Double(semid_bytes_round(vector, grid, inverse, columns, target))
              target += width
            }
          }
        }
        try append(UnsafeRawBufferPointer(UnsafeMutableBufferPointer(rebasing: codes[..<(range.count * width)])))
      }
    }
    if inverse > 0 {
      grid[columns + 1] = step * Float((square / Double(max(vectors.count * columns, 1))).squareRoot())
    }
    return file
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
