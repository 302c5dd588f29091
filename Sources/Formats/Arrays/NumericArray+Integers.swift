package import Vectors

extension NumericArray {
  /// The elements as integers of type `Target` in C order: in place when the file holds just that, otherwise converted.
  /// Every value must fit exactly.
  ///
  /// - Throws: `InputError` when the array holds floats, or naming the first value that does not fit.
  package func integers<Target: FixedWidthInteger & ArrayElement>(
    as type: Target.Type, pool: ThreadPool = ThreadPool()
  ) throws -> Buffer<Target> {
    if let integers = inPlace(as: Target.self) { return integers }
    guard !elementType.isFloatingPoint else {
      throw fault(expected: "integers", found: elementType.rawValue, remedy: "save it as an integer type")
    }
    guard !isColumnMajor || shape.count == 2 else {
      throw fault(
        .unsupported, expected: "C order", found: "Fortran order in \(shape.count) dimensions",
        remedy: "save numpy.ascontiguousarray(x)")
    }
    return try Buffer(count: count) { target in
      try bytes.withUnsafeBufferPointer { bytes in
        let raw = UnsafeRawBufferPointer(bytes)
        let pieces = (target.count + 0xFFFF) >> 16
        try pool.run(tasks: pieces) { piece in
          try convert(raw, piece << 16..<min(target.count, (piece + 1) << 16), into: target)
        }
      }
    }
  }

  private func convert<Target: FixedWidthInteger>(
    _ raw: UnsafeRawBufferPointer, _ range: Range<Int>, into target: UnsafeMutableBufferPointer<Target>
  ) throws {
    switch elementType {
    case .bool: try convert(raw, range, UInt8.self, target) { UInt8($0 == 0 ? 0 : 1) }
    case .uint8: try convert(raw, range, UInt8.self, target) { $0 }
    case .int8: try convert(raw, range, UInt8.self, target) { Int8(bitPattern: $0) }
    case .uint16: try convert(raw, range, UInt16.self, target) { $0 }
    case .int16: try convert(raw, range, UInt16.self, target) { Int16(bitPattern: $0) }
    case .uint32: try convert(raw, range, UInt32.self, target) { $0 }
    case .int32: try convert(raw, range, UInt32.self, target) { Int32(bitPattern: $0) }
    case .uint64: try convert(raw, range, UInt64.self, target) { $0 }
    case .int64: try convert(raw, range, UInt64.self, target) { Int64(bitPattern: $0) }
    case .float16, .bfloat16, .float32, .float64: preconditionFailure("floats were refused")
    }
  }

  @inline(__always)
  private func convert<Bits: FixedWidthInteger, Value: FixedWidthInteger, Target: FixedWidthInteger>(
    _ raw: UnsafeRawBufferPointer, _ range: Range<Int>, _ type: Bits.Type,
    _ target: UnsafeMutableBufferPointer<Target>, _ value: (Bits) -> Value
  ) throws {
    let (rows, columns) = isColumnMajor ? (shape[0], shape[1]) : (1, 1)
    for index in range {
      let bits = raw.loadUnaligned(fromByteOffset: index * MemoryLayout<Bits>.size, as: Bits.self)
      let value = value(byteOrder == .big ? bits.byteSwapped : bits)
      guard let exact = Target(exactly: value) else {
        throw fault(
          at: position(ofElement: index), expected: "an integer from \(Target.min) to \(Target.max)", found: "\(value)")
      }
      target[isColumnMajor ? index % rows * columns + index / rows : index] = exact
    }
  }
}
