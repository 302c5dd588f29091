package import Vectors

/// A file of the form that the sets of corpus-texmex have: before each vector its length, as 32 bits. `.fvecs` holds
/// float32, `.bvecs` unsigned bytes and `.ivecs` int32, all little-endian.
package enum VecsFile {
  /// The types by extension.
  static let elementTypes: [String: ElementType] = ["fvecs": .float32, "bvecs": .uint8, "ivecs": .int32]

  /// Reads all vectors as Float32, which integers beyond 2²⁴ are rounded to.
  ///
  /// - Throws: `InputError` where a length is not that of the first vector, or the file ends within one.
  package static func read(
    _ bytes: Buffer<UInt8>, elementType: ElementType, source: String, pool: ThreadPool = ThreadPool()
  ) throws -> Matrix {
    func fault(_ place: String?, _ expected: String, _ found: String) -> InputError {
      InputError(
        .malformed, source, at: place, expected: expected, found: found,
        remedy: "the file is cut short, damaged or of another form")
    }
    let size = elementType.size
    return try bytes.withUnsafeBufferPointer { bytes in
      let raw = UnsafeRawBufferPointer(bytes)
      guard raw.count >= 4 else { throw fault(nil, "a vector's length, 4 bytes", "\(raw.count) bytes") }
      let columns = Int(Int32(littleEndian: raw.loadUnaligned(as: Int32.self)))
      guard columns > 0, columns <= (raw.count - 4) / size else {
        throw fault("byte 0", "the length of a vector that the file has room for", "\(columns)")
      }
      let stride = 4 + columns * size
      let rows = raw.count / stride
      guard rows * stride == raw.count else {
        throw fault(nil, "whole vectors of length \(columns), \(stride) bytes each", "\(raw.count) bytes")
      }
      for row in 0..<rows {
        let length = Int32(littleEndian: raw.loadUnaligned(fromByteOffset: row * stride, as: Int32.self))
        guard Int(length) == columns else {
          throw fault(
            "row \(row) (from 0), byte \(row * stride)", "the length \(columns), as the first row has", "\(length)")
        }
      }
      let values = Buffer<Float>(count: rows * columns) { target in
        pool.run(over: rows, inPiecesOf: 256) { piece in
          for row in piece {
            let start = row * stride + 4
            for column in 0..<columns {
              let at = start + column * size
              target[row * columns + column] =
                switch elementType {
                case .uint8: Float(raw[at])
                case .int32: Float(Int32(littleEndian: raw.loadUnaligned(fromByteOffset: at, as: Int32.self)))
                default:
                  Float(bitPattern: UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: at, as: UInt32.self)))
                }
            }
          }
        }
      }
      return Matrix(rows: rows, columns: columns, values: values)
    }
  }
}
