import CKernels
package import Vectors

extension NumericArray {
  /// The array as a matrix of Float32: in place when the file holds little-endian float32 in C order, otherwise
  /// converted, in parallel. Halves and integers up to 2²⁴ convert exactly; doubles and larger integers are rounded.
  ///
  /// - Throws: `InputError` when the array is not of two dimensions, each at least 1.
  package func matrix(pool: ThreadPool = ThreadPool()) throws -> Matrix {
    guard shape.count == 2, shape[0] > 0, shape[1] > 0 else {
      let flat = shape.count == 1 && shape[0] > 0
      throw fault(
        expected: "an array of 2 dimensions, rows × columns, each at least 1", found: "shape \(text(shape))",
        remedy: flat ? "reshape it: (1, \(shape[0])) for a single vector" : nil)
    }
    return Matrix(rows: shape[0], columns: shape[1], values: try floats(pool: pool))
  }

  /// The elements as Float32 in C order, in place or converted as `matrix(pool:)` says; any number of dimensions.
  ///
  /// - Throws: `InputError` for Fortran order in more than two dimensions.
  package func floats(pool: ThreadPool = ThreadPool()) throws -> Buffer<Float> {
    if let floats = inPlace(as: Float.self) { return floats }
    guard !isColumnMajor || shape.count == 2 else {
      throw fault(
        .unsupported, expected: "C order", found: "Fortran order in \(shape.count) dimensions",
        remedy: "save numpy.ascontiguousarray(x)")
    }
    return Buffer(count: count) { target in
      bytes.withUnsafeBufferPointer { bytes in
        let raw = UnsafeRawBufferPointer(bytes)
        if isColumnMajor {
          transpose(raw, into: target, pool: pool)
        } else {
          pool.run(over: target.count, inPiecesOf: 1 << 18) { piece in
            convert(raw, piece, into: UnsafeMutableBufferPointer(rebasing: target[piece]))
          }
        }
      }
    }
  }

  /// The elements in double precision, in storage order.
  func doubles() throws -> [Double] {
    guard elementType == .float64 else { return try floats().array.map(Double.init) }
    return bytes.withUnsafeBufferPointer { bytes in
      let raw = UnsafeRawBufferPointer(bytes)
      return (0..<count).map { index in
        let bits = raw.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self)
        return Double(bitPattern: byteOrder == .big ? bits.byteSwapped : bits)
      }
    }
  }

  /// Columns as stored become rows: strips of 64 rows keep both sides in cache.
  private func transpose(
    _ raw: UnsafeRawBufferPointer, into target: UnsafeMutableBufferPointer<Float>, pool: ThreadPool
  ) {
    let (rows, columns) = (shape[0], shape[1])
    pool.run(over: rows, inPiecesOf: 64) { strip in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: strip.count) { column in
        for index in 0..<columns {
          let start = index * rows + strip.lowerBound
          convert(raw, start..<start + strip.count, into: column)
          for (offset, row) in strip.enumerated() { target[row * columns + index] = column[offset] }
        }
      }
    }
  }

  /// Elements `range`, in storage order, as Float32.
  private func convert(
    _ raw: UnsafeRawBufferPointer, _ range: Range<Int>, into target: UnsafeMutableBufferPointer<Float>
  ) {
    switch elementType {
    case .bool: convert(raw, range, UInt8.self, target) { $0 == 0 ? 0 : 1 }
    case .uint8: convert(raw, range, UInt8.self, target) { Float($0) }
    case .int8: convert(raw, range, UInt8.self, target) { Float(Int8(bitPattern: $0)) }
    case .uint16: convert(raw, range, UInt16.self, target) { Float($0) }
    case .int16: convert(raw, range, UInt16.self, target) { Float(Int16(bitPattern: $0)) }
    case .uint32: convert(raw, range, UInt32.self, target) { Float($0) }
    case .int32: convert(raw, range, UInt32.self, target) { Float(Int32(bitPattern: $0)) }
    case .uint64: convert(raw, range, UInt64.self, target) { Float($0) }
    case .int64: convert(raw, range, UInt64.self, target) { Float(Int64(bitPattern: $0)) }
    case .float16: convert(raw, range, target, by: semid_half_to_float)
    case .bfloat16: convert(raw, range, target, by: semid_bfloat_to_float)
    case .float32: convert(raw, range, UInt32.self, target) { Float(bitPattern: $0) }
    case .float64: convert(raw, range, UInt64.self, target) { Float(Double(bitPattern: $0)) }
    }
  }

  @inline(__always)
  private func convert<Bits: FixedWidthInteger>(
    _ raw: UnsafeRawBufferPointer, _ range: Range<Int>, _ type: Bits.Type,
    _ target: UnsafeMutableBufferPointer<Float>, _ body: (Bits) -> Float
  ) {
    guard let start = raw.baseAddress, let target = target.baseAddress else { return }
    let first = start + range.lowerBound * MemoryLayout<Bits>.size
    let swapped = byteOrder == .big
    for index in 0..<range.count {
      let bits = first.loadUnaligned(fromByteOffset: index * MemoryLayout<Bits>.size, as: Bits.self)
      target[index] = body(swapped ? bits.byteSwapped : bits)
    }
  }

  /// 16-bit floats by a kernel, through a piece of memory that is aligned and in the processor's byte order.
  private func convert(
    _ raw: UnsafeRawBufferPointer, _ range: Range<Int>, _ target: UnsafeMutableBufferPointer<Float>,
    by kernel: (UnsafePointer<UInt16>?, Int, UnsafeMutablePointer<Float>?) -> Void
  ) {
    guard let start = raw.baseAddress, let target = target.baseAddress else { return }
    let swapped = byteOrder == .big
    withUnsafeTemporaryAllocation(of: UInt16.self, capacity: 1024) { halves in
      for first in stride(from: 0, to: range.count, by: halves.count) {
        let count = min(halves.count, range.count - first)
        for index in 0..<count {
          let bits = start.loadUnaligned(fromByteOffset: (range.lowerBound + first + index) * 2, as: UInt16.self)
          halves[index] = swapped ? bits.byteSwapped : bits
        }
        kernel(halves.baseAddress, count, target + first)
      }
    }
  }
}
