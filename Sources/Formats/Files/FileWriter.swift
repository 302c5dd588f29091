package import Vectors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Appends bytes to an open file through a buffer of 2 MiB; larger pieces go straight to the system.
///
/// The system gets them cut at multiples of 2 MiB, so that its cache holds a large file in huge pages, which searches in
/// the mapped file are a third faster for (see `MappedFile`).
///
/// `AtomicFile` and `StagedDirectory` make writers. A write that fails (no space, quota, input/output) throws
/// `InputError` of kind `io` with the system's reason.
package final class FileWriter {
  /// The file's name in errors: the target's, not the temporary's.
  package let source: String
  /// Bytes appended so far.
  package private(set) var position = 0

  private let descriptor: Int32
  private let isSeekable: Bool
  private let buffer: UnsafeMutableRawBufferPointer
  private var pending = 0

  init(descriptor: Int32, source: String, isSeekable: Bool = true) {
    self.descriptor = descriptor
    self.source = source
    self.isSeekable = isSeekable
    buffer = .allocate(byteCount: MappedFile.hugePage, alignment: 4096)
  }

  deinit { buffer.deallocate() }

  /// Appends raw bytes.
  package func write(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes
    while !rest.isEmpty {
      // What is missing up to the next cut, whatever has been flushed before.
      let room = buffer.count - position % buffer.count
      if pending == 0, rest.count >= room {
        let whole = room + (rest.count - room) / buffer.count * buffer.count
        try writeOut(UnsafeRawBufferPointer(rebasing: rest[..<whole]))
        position += whole
        rest = UnsafeRawBufferPointer(rebasing: rest[whole...])
      } else {
        let piece = UnsafeRawBufferPointer(rebasing: rest[..<min(rest.count, room)])
        UnsafeMutableRawBufferPointer(rebasing: buffer[pending...]).copyMemory(from: piece)
        pending += piece.count
        position += piece.count
        rest = UnsafeRawBufferPointer(rebasing: rest[piece.count...])
        if piece.count == room { try flush() }
      }
    }
  }

  package func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }

  /// Appends a text as UTF-8.
  package func write(_ text: String) throws {
    var text = text
    try text.withUTF8 { try write(UnsafeRawBufferPointer($0)) }
  }

  /// Appends the elements as they lie in memory.
  package func write<Element>(_ elements: Buffer<Element>) throws {
    try elements.withUnsafeBufferPointer { try write(UnsafeRawBufferPointer($0)) }
  }

  /// Appends the elements as they lie in memory.
  package func write<Element: BitwiseCopyable>(_ elements: UnsafeBufferPointer<Element>) throws {
    try write(UnsafeRawBufferPointer(elements))
  }

  /// Appends zero bytes until `position` is a multiple of `alignment`.
  package func pad(to alignment: Int) throws {
    let missing = (alignment - position % alignment) % alignment
    if missing > 0 { try write([UInt8](repeating: 0, count: missing)) }
  }

  /// Writes over bytes that were appended before, such as a header whose counts were not known yet.
  ///
  /// - Precondition: the bytes lie inside what has been appended.
  package func rewrite(_ bytes: [UInt8], at offset: Int) throws {
    precondition(offset >= 0 && offset <= position - bytes.count, "only written bytes can be rewritten")
    guard isSeekable else {
      throw InputError(
        .cannotCreate, source, expected: "a regular file", found: "a pipe or device",
        remedy: "write this format to a file")
    }
    try flush()
    try bytes.withUnsafeBytes { bytes in
      var rest = bytes[...]
      while !rest.isEmpty {
        let written = pwrite(
          descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count, off_t(offset + rest.startIndex))
        if written < 0 && errno == EINTR { continue }
        guard written > 0 else { throw failure() }
        rest = rest.dropFirst(written)
      }
    }
  }

  /// Brings what has been appended to the disk: for large files while there is other work, so that little is left to wait
  /// for at the end. Does nothing for a pipe or device.
  ///
  /// - Throws: `InputError` of kind `io` when something could not be written.
  package func synchronize() throws {
    try flush()
    // The system tells of a failed write once: whoever synchronizes the file again would hear that all is well.
    guard fsync(descriptor) == 0 || errno == EINVAL else { throw failure() }
  }

  /// Hands everything to the system.
  func flush() throws {
    guard pending > 0 else { return }
    let count = pending
    pending = 0
    try writeOut(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
  }

  private func writeOut(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = UnsafeRawBufferPointer(rebasing: rest)
      #if canImport(Glibc)
        let written = Glibc.write(descriptor, piece.baseAddress, piece.count)
      #elseif canImport(Musl)
        let written = Musl.write(descriptor, piece.baseAddress, piece.count)
      #elseif canImport(Darwin)
        // macOS refuses more than 2 GiB in one call.
        let written = Darwin.write(descriptor, piece.baseAddress, min(piece.count, 1 << 30))
      #endif
      if written < 0 && errno == EINTR { continue }
      guard written > 0 else { throw failure() }
      rest = rest.dropFirst(written)
    }
  }

  private func failure() -> InputError {
    let code = errno
    return InputError(
      .io, source, at: "byte \(position)", found: "cannot be written: \(FileSystem.reason(code))",
      remedy: code == ENOSPC || code == EDQUOT ? "free some space; what stood there before is unchanged" : nil)
  }
}
