package import Vectors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Writes whole files: at any moment, and after a kill or a power cut, the path holds the old file or the new one.
///
/// The new contents go to a hidden file in the same folder, are synchronized to disk, and are renamed over the target;
/// then the folder is synchronized. Folders above the target are made where they are missing. When anything throws, what
/// was made is removed and the target is untouched. A symbolic link stays, and the file that it points to is replaced. A
/// pipe or device (`/dev/stdout`) is written to straight.
package enum AtomicFile {
  /// Has `body` append the contents of the file at `path`, then publishes them.
  ///
  /// - Throws: what `body` throws; `InputError` of kind `cannotCreate` or `io` with the system's reason.
  package static func write<Result>(to path: String, _ body: (FileWriter) throws -> Result) throws -> Result {
    let target = FileSystem.resolved(path)
    switch try FileSystem.entry(at: target) {
    case .directory: throw directoryError(path)
    case .stream: return try writeStraight(to: target, source: path, body)
    case .absent, .file: break
    }
    let temporary = try TemporaryName(beside: target, contents: .file)
    do {
      let writer = FileWriter(descriptor: temporary.descriptor, source: path)
      let result = try body(writer)
      try writer.flush()
      keepPermissions(of: target, on: temporary.descriptor)
      guard fsync(temporary.descriptor) == 0 else {
        throw InputError(.io, path, found: "cannot be synchronized: \(FileSystem.reason())")
      }
      try publish(temporary.path, as: target, source: path)
      return result
    } catch {
      temporary.abandon()
      throw error
    }
  }

  /// Writes `text` as UTF-8.
  package static func write(_ text: String, to path: String) throws {
    try write(to: path) { try $0.write(text) }
  }

  /// Writes the elements as they lie in memory.
  package static func write<Element>(_ elements: Buffer<Element>, to path: String) throws {
    try write(to: path) { try $0.write(elements) }
  }

  /// For libraries that write files by name: `body` gets a path, in a hidden folder beside the target, at which to
  /// create the file.
  package static func write<Result>(toPath path: String, _ body: (String) throws -> Result) throws -> Result {
    let target = FileSystem.resolved(path)
    switch try FileSystem.entry(at: target) {
    case .directory: throw directoryError(path)
    case .stream:
      throw InputError(
        .cannotCreate, path, expected: "a regular file", found: "a pipe or device",
        remedy: "write this format to a file")
    case .absent, .file: break
    }
    // A folder, not a file: it stays locked even when the library replaces the file inside.
    let temporary = try TemporaryName(beside: target, contents: .directory)
    let made = temporary.path + "/" + FileSystem.split(target).name
    do {
      let result = try body(made)
      let descriptor = open(made, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
      guard descriptor >= 0 else { throw InputError(.cannotCreate, path, found: "was not written") }
      defer { close(descriptor) }
      keepPermissions(of: target, on: descriptor)
      guard fsync(descriptor) == 0 else {
        throw InputError(.io, path, found: "cannot be synchronized: \(FileSystem.reason())")
      }
      try publish(made, as: target, source: path)
      FileSystem.remove(temporary.path)
      return result
    } catch {
      temporary.abandon()
      throw error
    }
  }

  private static func publish(_ temporary: String, as target: String, source: String) throws {
    guard rename(temporary, target) == 0 else {
      throw InputError(.cannotCreate, source, found: "cannot be replaced: \(FileSystem.reason())")
    }
    try FileSystem.synchronize(folder: FileSystem.split(target).folder)
  }

  private static func writeStraight<Result>(
    to target: String, source: String, _ body: (FileWriter) throws -> Result
  ) throws -> Result {
    let descriptor = open(target, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw InputError(.cannotCreate, source, found: "cannot be opened: \(FileSystem.reason())")
    }
    defer { close(descriptor) }
    let writer = FileWriter(descriptor: descriptor, source: source, isSeekable: false)
    let result = try body(writer)
    try writer.flush()
    return result
  }

  private static func keepPermissions(of target: String, on descriptor: Int32) {
    var information = stat()
    if stat(target, &information) == 0 { fchmod(descriptor, information.st_mode & 0o7777) }
  }

  static func directoryError(_ path: String) -> InputError {
    InputError(.cannotCreate, path, expected: "a file", found: "a directory", remedy: "name a file inside it")
  }
}
