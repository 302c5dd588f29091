import Vectors

/// Walks over a FAISS index file, and checks everything that it states, so that FAISS can read it.
///
/// FAISS trusts its files: it opens the paths that they name, takes types that do not exist, and reads as far as they
/// say. So every file is walked before FAISS reads it. Only the types of `FaissFamily` are allowed. Every number is
/// checked against its range, against the other numbers and against the bytes that remain. The file must end where the
/// index does. The checks cover what FAISS's readers and searches of versions 1.7.3 to 1.13 rely on.
struct FaissFileReader {
  private let bytes: UnsafeRawBufferPointer
  let source: String
  private(set) var offset = 0

  /// Checks a whole file. O(bytes of ids and graphs); vectors and codes are measured only.
  ///
  /// - Returns: what its header says.
  /// - Throws: `InputError` naming the byte at which the file is not what it should be.
  static func check(_ bytes: UnsafeRawBufferPointer, source: String) throws -> FaissIndexHeader {
    var reader = FaissFileReader(bytes: bytes, source: source)
    let header = try reader.index(FaissFamily.allCases, nil, as: "index")
    guard reader.offset == bytes.count else {
      throw reader.fault("the end of the index", "\(bytes.count - reader.offset) bytes more", at: reader.offset)
    }
    return header
  }

  private init(bytes: UnsafeRawBufferPointer, source: String) {
    self.bytes = bytes
    self.source = source
  }

  // MARK: Values

  /// A number of 1, 4 or 8 bytes, the lowest first.
  mutating func number<Number: FixedWidthInteger & BitwiseCopyable>(_ type: Number.Type, _ name: String) throws
    -> Number
  {
    Number(littleEndian: try take(MemoryLayout<Number>.size, name).loadUnaligned(as: Number.self))
  }

  /// A number that must lie in `range`.
  mutating func number<Number: FixedWidthInteger & BitwiseCopyable>(
    _ type: Number.Type, _ name: String, in range: ClosedRange<Int>
  ) throws -> Int {
    let start = offset
    let value = try number(type, name)
    guard let whole = Int(exactly: value), range.contains(whole) else {
      let expected = range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
      throw fault("\(name) \(expected)", "\(value)", at: start)
    }
    return whole
  }

  /// A number that can only be `value`.
  mutating func number<Number: FixedWidthInteger & BitwiseCopyable>(
    _ type: Number.Type, _ name: String, is value: Int
  ) throws {
    _ = try number(type, name, in: value...value)
  }

  mutating func float(_ name: String) throws -> Float { Float(bitPattern: try number(UInt32.self, name)) }

  mutating func float(_ name: String, in range: ClosedRange<Float>) throws -> Float {
    let start = offset
    let value = try float(name)
    guard range.contains(value) else {
      throw fault("\(name) \(range.lowerBound) to \(range.upperBound)", "\(value)", at: start)
    }
    return value
  }

  mutating func flag(_ name: String) throws -> Bool { try number(UInt8.self, name, in: 0...1) == 1 }

  /// Four letters that name a type.
  mutating func type() throws -> FaissTypeCode { FaissTypeCode(Array(try take(4, "type"))) }

  // MARK: Arrays

  /// `count` numbers without their count before them.
  mutating func values<Number>(_ type: Number.Type, _ count: Int, _ name: String) throws -> FaissValues<Number> {
    let (size, isTooLarge) = count.multipliedReportingOverflow(by: MemoryLayout<Number>.size)
    guard !isTooLarge else { throw fault("\(name) within the file", "\(count) of them", at: offset) }
    return FaissValues(bytes: try take(size, name), count: count)
  }

  /// Numbers after their own count.
  ///
  /// - Parameter count: what the count must be; nil: any.
  mutating func array<Number>(_ type: Number.Type, _ name: String, count: Int? = nil) throws -> FaissValues<Number> {
    let most = (bytes.count - offset) / MemoryLayout<Number>.size
    let found = try number(UInt64.self, "number of \(name)", in: count.map { $0...$0 } ?? 0...most)
    return try values(type, found, name)
  }

  /// The product of sizes that are not negative.
  func product(_ factors: Int..., of name: String) throws -> Int {
    try factors.reduce(1) { product, factor in
      let (result, isTooLarge) = product.multipliedReportingOverflow(by: factor)
      guard !isTooLarge else { throw fault("\(name) within the file", "a size that no number holds", at: offset) }
      return result
    }
  }

  private mutating func take(_ size: Int, _ name: String) throws -> UnsafeRawBufferPointer {
    guard size <= bytes.count - offset else {
      throw fault("\(name): \(size) bytes", "\(bytes.count - offset) up to the end of the file", at: offset)
    }
    defer { offset += size }
    return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + size])
  }

  func fault(
    _ expected: String, _ found: String, at place: Int, kind: InputError.Kind = .malformed
  ) -> InputError {
    InputError(
      kind, source, at: "byte \(place)", expected: expected, found: found,
      remedy: "build the index again from its vectors")
  }
}

/// Numbers that lie in a file, aligned or not.
struct FaissValues<Number: BitwiseCopyable> {
  private let bytes: UnsafeRawBufferPointer
  let count: Int

  fileprivate init(bytes: UnsafeRawBufferPointer, count: Int) {
    self.bytes = bytes
    self.count = count
  }

  subscript(index: Int) -> Number {
    bytes.loadUnaligned(fromByteOffset: index * MemoryLayout<Number>.size, as: Number.self)
  }
}
