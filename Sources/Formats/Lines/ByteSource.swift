import CZlib
import Vectors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The bytes of a file from its start to its end, unpacked where its name ends in `.gz`, a piece at a time.
///
/// Memory is that of one piece: unlike a mapped file, what was read is not counted as the process's.
package final class ByteSource {
  package let path: String
  /// Bytes of the file itself that have been read.
  package private(set) var position = 0
  private let descriptor: Int32
  private var digest = SHA256()
  private var inflater: Inflater?

  /// - Throws: `InputError` when there is no readable regular file.
  package init(path: String) throws {
    // Its checks and its messages; nothing of the mapping is read.
    _ = try MappedFile(path: path)
    #if canImport(Glibc)
      descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    #elseif canImport(Musl)
      descriptor = Musl.open(path, O_RDONLY | O_CLOEXEC)
    #elseif canImport(Darwin)
      descriptor = Darwin.open(path, O_RDONLY | O_CLOEXEC)
    #endif
    self.path = path
    guard descriptor >= 0 else { throw InputError(.io, path, found: "cannot be opened: \(FileSystem.reason())") }
    if path.lowercased().hasSuffix(".gz") { inflater = try Inflater(source: path) }
  }

  deinit { close(descriptor) }

  /// Fills `target` as far as there are bytes.
  ///
  /// - Returns: how many were read; fewer than asked for only at the end.
  /// - Throws: `InputError` when the file cannot be read, or is no whole gzip file.
  package func read(into target: UnsafeMutableRawBufferPointer) throws -> Int {
    var filled = 0
    while filled < target.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: target[filled...])
      let count: Int
      if let inflater {
        count = try inflater.read(into: rest) { try readFile(into: $0) }
      } else {
        count = try readFile(into: rest)
      }
      guard count > 0 else { break }
      filled += count
    }
    return filled
  }

  /// The size and the SHA-256 of a file's own bytes. Unlike those of a mapped file, they do not stay in memory.
  package static func digest(of path: String) throws -> (bytes: Int, sha256: String) {
    let source = try ByteSource(path: path)
    source.inflater = nil
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
    defer { buffer.deallocate() }
    while try source.read(into: buffer) > 0 {}
    return (source.position, source.hexDigest())
  }

  /// The SHA-256 of the file's own bytes, once all have been read.
  package func hexDigest() -> String { digest.hexDigest() }

  private func readFile(into target: UnsafeMutableRawBufferPointer) throws -> Int {
    while true {
      #if canImport(Glibc)
        let count = Glibc.read(descriptor, target.baseAddress, target.count)
      #elseif canImport(Musl)
        let count = Musl.read(descriptor, target.baseAddress, target.count)
      #elseif canImport(Darwin)
        let count = Darwin.read(descriptor, target.baseAddress, min(target.count, 1 << 30))
      #endif
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else {
        throw InputError(.io, path, at: "byte \(position)", found: "cannot be read: \(FileSystem.reason())")
      }
      position += count
      digest.update(UnsafeRawBufferPointer(rebasing: target[..<count]))
      return count
    }
  }
}

/// Unpacks gzip (RFC 1952) a piece at a time: one member after another, as `gzip`, `bgzip` and `cat` write them.
private final class Inflater {
  private let source: String
  private var stream = z_stream()
  private let input: UnsafeMutableRawBufferPointer
  private var start = 0
  private var end = 0
  /// Whether the last member is complete.
  private var isWhole = false
  private var isEmpty = true

  init(source: String) throws {
    self.source = source
    input = .allocate(byteCount: 1 << 18, alignment: 16)
    // 15 bits of window, and 16 more for the header of gzip.
    guard inflateInit2_(&stream, 31, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      input.deallocate()
      throw Self.fault(source, "zlib cannot start")
    }
  }

  deinit {
    inflateEnd(&stream)
    input.deallocate()
  }

  /// - Parameter fill: reads packed bytes; 0 at the end of the file.
  func read(
    into target: UnsafeMutableRawBufferPointer, _ fill: (UnsafeMutableRawBufferPointer) throws -> Int
  ) throws -> Int {
    while true {
      if start == end {
        (start, end) = (0, try fill(input))
        guard end > 0 else {
          guard isWhole else {
            throw Self.fault(source, isEmpty ? "an empty file" : "the end of the file inside its contents")
          }
          return 0
        }
        isEmpty = false
      }
      if isWhole {
        // Zeros pad the last block of a tape.
        while start < end, input[start] == 0 { start += 1 }
        if start == end { continue }
        guard inflateReset(&stream) == Z_OK else { throw Self.fault(source, "zlib cannot start again") }
        isWhole = false
      }
      stream.next_in = input.baseAddress.map { ($0 + start).assumingMemoryBound(to: UInt8.self) }
      stream.avail_in = UInt32(end - start)
      stream.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
      stream.avail_out = UInt32(min(target.count, Int(UInt32.max)))
      let asked = Int(stream.avail_out)
      let status = inflate(&stream, Z_NO_FLUSH)
      let used = end - start - Int(stream.avail_in)
      let made = asked - Int(stream.avail_out)
      guard status == Z_OK || status == Z_STREAM_END, status == Z_STREAM_END || used + made > 0 else {
        throw Self.fault(source, stream.msg.map { String(cString: $0) } ?? "damaged contents")
      }
      start += used
      isWhole = status == Z_STREAM_END
      if made > 0 { return made }
    }
  }

  private static func fault(_ source: String, _ found: String) -> InputError {
    InputError(.malformed, source, expected: "a gzip file", found: found)
  }
}
