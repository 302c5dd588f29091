#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file mapped read-only into memory, unmapped when the last reference goes.
///
/// Pages are loaded as they are touched, so opening costs the same for a kilobyte and for 100 GB. A file that another
/// process truncates while it is mapped raises SIGBUS on access, as with every mapping. The engine's own writers never
/// change a published file: they rename a new one over it.
package final class MappedFile: Sendable {
  package let path: String
  package let count: Int
  private let address: UInt

  /// - Throws: `InputError` when the file is not there, is not a regular file or cannot be mapped.
  package convenience init(path: String) throws {
    let descriptor = try Self.open(path)
    defer { close(descriptor) }
    try self.init(descriptor: descriptor, path: path)
  }

  /// Maps a file that is open; the descriptor stays the caller's.
  ///
  /// - Parameter path: the file's name in errors.
  /// - Throws: `InputError` when it is not a regular file or cannot be mapped.
  package init(descriptor: Int32, path: String) throws {
    var information = stat()
    guard fstat(descriptor, &information) == 0 else {
      throw InputError(.io, path, found: "cannot be examined: \(Self.reason(errno))")
    }
    guard information.st_mode & S_IFMT == S_IFREG else {
      throw InputError(
        .malformed, path, expected: "a regular file", found: Self.kind(information.st_mode),
        remedy: information.st_mode & S_IFMT == S_IFIFO ? "write what comes through the pipe to a file first" : nil)
    }
    self.path = path
    self.count = Int(information.st_size)
    guard count > 0 else {
      address = 0
      return
    }
    guard let base = mmap(nil, count, PROT_READ, MAP_SHARED, descriptor, 0), base != MAP_FAILED else {
      throw InputError(.io, path, found: "cannot be mapped: \(Self.reason(errno))")
    }
    address = UInt(bitPattern: base)
    adviseHugePages(base)
  }

  /// Opens a file. A pipe is not waited for.
  private static func open(_ path: String) throws -> Int32 {
    #if canImport(Glibc)
      let descriptor = Glibc.open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    #elseif canImport(Musl)
      let descriptor = Musl.open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    #elseif canImport(Darwin)
      let descriptor = Darwin.open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    #endif
    guard descriptor >= 0 else {
      let code = errno
      // Sockets cannot be opened by name.
      guard code != ENXIO && code != EOPNOTSUPP else {
        throw InputError(.malformed, path, expected: "a regular file", found: "a socket or device")
      }
      throw cannotOpen(path, code)
    }
    return descriptor
  }

  private static func kind(_ mode: mode_t) -> String {
    switch mode & S_IFMT {
    case S_IFDIR: "a directory"
    case S_IFIFO: "a pipe"
    default: "a device"
    }
  }

  #if os(Linux)
    /// Asks for pages of 2 MiB. A search touches rows all over a file, and each miss of the processor's table of pages
    /// costs as much as the row. The kernel decides where it makes such pages. Not for files that may not stay in
    /// memory: there each fault would read 2 MiB for one row.
    private func adviseHugePages(_ base: UnsafeMutableRawPointer) {
      let memory = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
      if count >= Self.hugePage, count <= memory / 2 { _ = madvise(base, count, MADV_HUGEPAGE) }
    }
  #else
    private func adviseHugePages(_ base: UnsafeMutableRawPointer) {}
  #endif

  /// The size of a huge page on most processors. Files written by pieces that end at multiples of it lie in such pages.
  package static let hugePage = 1 << 21

  deinit {
    if let base = UnsafeMutableRawPointer(bitPattern: address) { munmap(base, count) }
  }

  /// The file's bytes; valid while this object lives: use `withExtendedLifetime` around what reads them.
  package var bytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: address), count: count)
  }

  /// Tells the system that the whole file will be read soon.
  package func willNeed() {
    if let base = UnsafeMutableRawPointer(bitPattern: address) { _ = madvise(base, count, MADV_WILLNEED) }
  }

  /// The error for a path below a file names that file.
  private static func cannotOpen(_ path: String, _ code: Int32) -> InputError {
    var information = stat()
    var parent = path[...]
    while code == ENOTDIR, let slash = parent.lastIndex(of: "/"), slash > parent.startIndex {
      parent = parent[..<slash]
      guard stat(String(parent), &information) == 0 else { continue }
      return InputError(.malformed, String(parent), expected: "a directory", found: "a file")
    }
    return InputError(code == ENOENT ? .missing : .io, path, expected: "a readable file", found: reason(code))
  }

  private static func reason(_ code: Int32) -> String { String(cString: strerror(code)) }
}
