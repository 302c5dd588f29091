import CRoaring
package import Vectors

/// Sets of 32-bit or 64-bit numbers in Roaring's portable serialization (RoaringFormatSpec), as CRoaring, pyroaring and
/// the Java library write it. CRoaring reads them.
package enum RoaringBitmap {
  /// Calls `body` with every value, ascending.
  ///
  /// - Parameter bound: values must be below it, so that a few bytes cannot claim billions of values.
  /// - Throws: `InputError` when the bytes are not one whole bitmap, or a value is not below the bound. Throw the
  ///   values that `body` got away then.
  package static func read(
    _ bytes: Buffer<UInt8>, source: String, below bound: Int, _ body: (Int) -> Void
  ) throws {
    let status = withoutActuallyEscaping(body) { body in
      let sink = Sink(bound: UInt64(max(bound, 0)), body: body)
      let status = bytes.withUnsafeBufferPointer { bytes in
        semid_roaring_read(
          bytes.baseAddress, bytes.count, Sink.take, Unmanaged.passUnretained(sink).toOpaque())
      }
      return (status, withExtendedLifetime(sink) { sink.refused })
    }
    if let value = status.1 {
      throw InputError(
        .mismatch, source, expected: "rows below \(bound)", found: "\(value)",
        remedy: "a bitmap of rows belongs to the one index whose rows it counts")
    }
    guard status.0 == 0 else {
      throw InputError(
        .malformed, source, expected: "a Roaring bitmap in the portable serialisation", found: "other bytes",
        remedy: "write it with roaring_bitmap_portable_serialize, or pyroaring's serialize()")
    }
  }

  /// Reads a file: see `read(_:source:below:_:)`.
  package static func read(path: String, below bound: Int, _ body: (Int) -> Void) throws {
    let file = try MappedFile(path: path)
    guard let bytes = Buffer<UInt8>(mapping: file, offset: 0, count: file.count) else {
      throw InputError(.io, path, found: "cannot be mapped")
    }
    try read(bytes, source: path, below: bound, body)
  }

  private final class Sink {
    let bound: UInt64
    let body: (Int) -> Void
    var refused: UInt64?

    init(bound: UInt64, body: @escaping (Int) -> Void) {
      self.bound = bound
      self.body = body
    }

    static let take: @convention(c) (UnsafeMutableRawPointer?, UInt64) -> Int32 = { context, value in
      guard let context else { return 1 }
      let sink = Unmanaged<Sink>.fromOpaque(context).takeUnretainedValue()
      guard value < sink.bound else {
        sink.refused = value
        return 1
      }
      sink.body(Int(value))
      return 0
    }
  }
}
