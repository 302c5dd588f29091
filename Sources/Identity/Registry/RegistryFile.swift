import Foundation
import Vectors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The file of a registry: what is at its path, and how SQLite can open it.
///
/// A reader of a log (WAL) needs to write: to the log's index and, if it closes last, to the file. Where permissions or
/// the mount forbid that, there are three cases. A log with its index beside it, as while somebody writes, is read by
/// SQLite without writing. A file without a log holds everything, and is opened as one that does not change; each
/// reading checks that it did not. A log without an index cannot be read in place.
///
/// Nothing here opens the file: closing it again would end the locks that SQLite holds on it in this process.
struct RegistryFile {
  enum Opening {
    /// With SQLite's own locks, to read and to write.
    case shared
    /// With SQLite's own locks, to read.
    case sharedReadOnly
    /// Without locks.
    case unchanging
  }

  let path: String
  let opening: Opening
  let checksPages: Bool
  private let state: State

  /// - Throws: `InputError` for something that is no file, is missing, or cannot be read in place.
  init(_ path: String, _ access: Registry.Access, checksPages: Bool) throws {
    self.path = path
    self.checksPages = checksPages
    guard let state = try State(path) else {
      guard access == .create else {
        throw InputError(
          .missing, path, expected: "a registry", found: "nothing there", remedy: "semid registry add makes one")
      }
      self.state = State()
      opening = .shared
      return
    }
    self.state = state
    let folder = NSString(string: path).deletingLastPathComponent
    let isWritable = Self.may(W_OK, path) && Self.may(W_OK | X_OK, folder.isEmpty ? "." : folder)
    // SQLite would open it all the same, to read, and leave files beside it that its owner could not open.
    guard access == .read || isWritable else {
      throw InputError(
        .cannotCreate, path, expected: "a registry that may be written, in a folder that may be",
        found: "one that may not",
        remedy: "check the permissions of the file and of its folder, which SQLite writes to as well")
    }
    if isWritable {
      opening = .shared
      return
    }
    guard Self.may(R_OK, path) else {
      throw InputError(.io, path, expected: "a registry that may be read", found: String(cString: strerror(errno)))
    }
    opening = try Self.readOnly(path)
  }

  private static func may(_ mode: Int32, _ path: String) -> Bool { access(path, mode) == 0 }

  private static func readOnly(_ path: String) throws -> Opening {
    let log = try State(path + "-wal")
    let isIndexed = try State(path + "-shm") != nil
    if log != nil, isIndexed { return .sharedReadOnly }
    for (name, state) in [("-wal", log), ("-journal", try State(path + "-journal"))] where state?.size ?? 0 > 0 {
      throw InputError(
        .io, path, expected: "a registry that is one file, where nothing may be written",
        found: "changes that were not taken into it, in \(path + name)",
        remedy: "copy both files to a folder of yours and read the copy, or let the owner run semid registry info on it"
      )
    }
    return .unchanging
  }

  /// The URI for SQLite. It names the VFS that checks the pages, and says so where the file does not change.
  var name: String {
    let uri = checksPages ? RegistryPages.uri(path) : RegistryPages.plainURI(path) + "?"
    return uri + (opening == .unchanging ? "&immutable=1" : "")
  }

  /// Checks, after a reading without locks, that the file is still the same. Otherwise the reading may be of two
  /// states.
  func checkUnchanged() throws {
    guard opening == .unchanging else { return }
    let log = try State(path + "-wal")
    guard try State(path) == state, log?.size ?? 0 == 0 else {
      throw InputError(.io, path, found: "another process changed it while it was read", remedy: "try again")
    }
  }

  /// The properties by which two states of a file are told apart.
  private struct State: Equatable {
    private(set) var size: Int64 = 0
    private var inode: UInt64 = 0
    private var times: [Int] = []

    init() {}

    /// - Returns: nil where nothing is.
    init?(_ path: String) throws {
      var information = stat()
      guard stat(path, &information) == 0 else {
        if errno == ENOENT || errno == ENOTDIR { return nil }
        throw InputError(.io, path, expected: "a registry", found: String(cString: strerror(errno)))
      }
      let kind = information.st_mode & S_IFMT
      guard kind == S_IFREG else {
        let found = [S_IFDIR: "a directory", S_IFIFO: "a named pipe", S_IFSOCK: "a socket"][kind] ?? "a device"
        throw InputError(.malformed, path, expected: "a registry, a regular file", found: found)
      }
      size = Int64(information.st_size)
      inode = UInt64(information.st_ino)
      #if canImport(Darwin)
        let times = [information.st_mtimespec, information.st_ctimespec]
      #else
        let times = [information.st_mtim, information.st_ctim]
      #endif
      self.times = times.flatMap { [Int($0.tv_sec), Int($0.tv_nsec)] }
    }
  }
}
