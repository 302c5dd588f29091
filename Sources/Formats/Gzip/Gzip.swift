import CZlib
package import Vectors

/// Reads gzip files (RFC 1952): one member after another, as `gzip`, `bgzip` and `cat` write them.
package enum Gzip {
  /// The bytes of a file, unpacked where its name ends in `.gz`; otherwise mapped.
  package static func contents(of path: String) throws -> Buffer<UInt8> {
    let file = try MappedFile(path: path)
    if path.lowercased().hasSuffix(".gz") {
      return try withExtendedLifetime(file) { Buffer(try inflated(file.bytes, source: path)) }
    }
    guard let bytes = Buffer<UInt8>(mapping: file, offset: 0, count: file.count) else {
      throw InputError(.io, path, found: "cannot be mapped")
    }
    return bytes
  }

  /// - Parameter maximumBytes: the most that it may hold; by default the machine's memory.
  /// - Throws: `InputError` when the bytes are not gzip, are cut short or damaged, or hold more than `maximumBytes`.
  package static func inflated(
    _ bytes: UnsafeRawBufferPointer, source: String, maximumBytes: Int? = nil
  ) throws -> [UInt8] {
    let maximumBytes = maximumBytes ?? ProcessMemory.installed
    func fault(_ found: String) -> InputError {
      InputError(.malformed, source, expected: "a gzip file", found: found)
    }
    var stream = z_stream()
    // 15 bits of window, and 16 more for the header of gzip.
    guard inflateInit2_(&stream, 31, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw fault("zlib cannot start")
    }
    defer { inflateEnd(&stream) }
    var output: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 20)
    var taken = 0
    var isWhole = false
    while taken < bytes.count {
      if isWhole {
        // Zeros pad the last block of a tape.
        if bytes[taken...].allSatisfy({ $0 == 0 }) { break }
        guard inflateReset(&stream) == Z_OK else { throw fault("zlib cannot start again") }
        isWhole = false
      }
      let available = min(bytes.count - taken, Int(Int32.max))
      let (status, used, made) = piece.withUnsafeMutableBytes { piece in
        stream.next_in = UnsafeMutablePointer(
          mutating: bytes.baseAddress.map { ($0 + taken).assumingMemoryBound(to: UInt8.self) })
        stream.avail_in = UInt32(available)
        stream.next_out = piece.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.avail_out = UInt32(piece.count)
        let status = inflate(&stream, Z_NO_FLUSH)
        return (status, available - Int(stream.avail_in), piece.count - Int(stream.avail_out))
      }
      guard status == Z_OK || status == Z_STREAM_END, status == Z_STREAM_END || used + made > 0 else {
        throw fault(stream.msg.map { String(cString: $0) } ?? "damaged contents")
      }
      guard made <= maximumBytes - output.count else {
        throw InputError(
          .malformed, source, expected: "at most \(maximumBytes) bytes in memory", found: "more, when unpacked")
      }
      output += piece[..<made]
      taken += used
      isWhole = status == Z_STREAM_END
    }
    guard isWhole else { throw fault(bytes.isEmpty ? "an empty file" : "the end of the file inside its contents") }
    return output
  }
}
