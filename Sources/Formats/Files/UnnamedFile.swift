import Vectors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file without a name, for what does not fit into memory: it goes with the value, also when the process is killed.
///
/// Bytes are appended, and read again at their places.
package final class UnnamedFile {
  private let descriptor: Int32
  private let folder: String
  private var pending: [UInt8] = []
  /// Bytes that have been handed to the system.
  private var written = 0

  private static let bufferBytes = 1 << 20

  /// - Parameter folder: an existing folder, whose disk takes the file.
  /// - Throws: `InputError` when no file can be made there.
  package init(in folder: String) throws {
    self.folder = folder
    var template = Array((folder + "/.semid-XXXXXX").utf8CString)
    descriptor = mkstemp(&template)
    guard descriptor >= 0 else {
      throw InputError(.cannotCreate, folder, found: "no file can be made in it: \(FileSystem.reason())")
    }
    unlink(template)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  }

  deinit { close(descriptor) }

  /// Bytes appended so far.
  package var count: Int { written + pending.count }

  /// Appends bytes.
  package func append(_ bytes: UnsafeBufferPointer<UInt8>) throws {
    pending.append(contentsOf: bytes)
    if pending.count >= Self.bufferBytes { try flush() }
  }

  private func flush() throws {
    try pending.withUnsafeBytes { bytes in
      var rest = bytes[...]
      while !rest.isEmpty {
        let piece = UnsafeRawBufferPointer(rebasing: rest)
        let count = pwrite(descriptor, piece.baseAddress, piece.count, off_t(written))
        if count < 0, errno == EINTR { continue }
        guard count > 0 else {
          throw InputError(.io, folder, found: "a temporary file in it cannot be written: \(FileSystem.reason())")
        }
        written += count
        rest = rest.dropFirst(count)
      }
    }
    pending.removeAll(keepingCapacity: true)
  }

  /// Appends the bytes at `range` to `target`.
  ///
  /// - Precondition: they have been appended before.
  package func read(_ range: Range<Int>, appendingTo target: inout [UInt8]) throws {
    if range.upperBound > written { try flush() }
    let start = target.count
    target.append(contentsOf: repeatElement(0, count: range.count))
    var done = 0
    while done < range.count {
      let count = target.withUnsafeMutableBytes {
        pread(descriptor, $0.baseAddress.map { $0 + start + done }, range.count - done, off_t(range.lowerBound + done))
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        throw InputError(.io, folder, found: "a temporary file in it cannot be read: \(FileSystem.reason())")
      }
      done += count
    }
  }
}
