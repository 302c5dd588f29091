package import Vectors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// An open folder. Its entries are reached by their names in it, and never through a symbolic link.
///
/// The system looks each name up in the folder that was opened, whatever its path means by now, and refuses a link that
/// has taken an entry's place since somebody looked. So nothing that is read or removed by a handle lies elsewhere.
package final class FolderHandle: Sendable {
  /// What an entry is, itself: a link is a link, whatever it points to.
  package enum Kind: Sendable {
    case file, folder, link
    /// A pipe, a socket, a device.
    case other
  }

  package struct Entry: Hashable, Sendable {
    package var name: String
    package var kind: Kind
  }

  /// For errors.
  package let path: String
  private let descriptor: Int32

  private init(descriptor: Int32, path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  deinit { close(descriptor) }

  /// Opens the folder at `path`. Here links are followed: to the folder itself, and above it.
  ///
  /// - Throws: `InputError` of kind `missing` when nothing is there, `malformed` when it is no folder.
  package convenience init(opening path: String) throws {
    let descriptor = Self.retried { open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    guard descriptor >= 0 else { throw Self.fault(path, expected: "a folder") }
    self.init(descriptor: descriptor, path: path)
  }

  /// Makes the folder at `path` and the folders above it that are not there, and brings their names to the disk.
  ///
  /// - Returns: those that were made, outermost first.
  /// - Throws: `InputError` of kind `cannotCreate` or `io`; what was made is then removed.
  package static func make(_ path: String) throws -> [String] {
    try make(path, synchronize: FileSystem.synchronize(folder:))
  }

  static func make(_ path: String, synchronize: (String) throws -> Void) throws -> [String] {
    var missing: [String] = []
    var folder = path
    while folder.count > 1, folder.last == "/" { folder.removeLast() }
    while try FileSystem.entry(at: folder) == .absent {
      missing.append(folder)
      folder = FileSystem.split(folder).folder
    }
    var made: [String] = []
    do {
      for folder in missing.reversed() {
        guard mkdir(folder, 0o777) == 0 else {
          if errno == EEXIST { continue }
          throw InputError(.cannotCreate, folder, found: "cannot be created: \(FileSystem.reason())")
        }
        made.append(folder)
      }
      for folder in made { try synchronize(FileSystem.split(folder).folder) }
      return made
    } catch {
      remove(made)
      throw error
    }
  }

  /// Removes folders that `make` made, as far as they are empty.
  package static func remove(_ made: [String]) {
    for folder in made.reversed() { rmdir(folder) }
  }

  // MARK: Looking

  /// The entries, sorted by name, without `.` and `..`. One that goes while they are listed is left out.
  package func entries() throws -> [Entry] {
    // A descriptor of its own: a duplicate would share the place in the list.
    let own = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard own >= 0, let stream = fdopendir(own) else {
      let reason = FileSystem.reason()
      if own >= 0 { close(own) }
      throw InputError(.io, path, found: "cannot be listed: \(reason)")
    }
    defer { closedir(stream) }
    var entries: [Entry] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 1) { String(cString: $0) }
      }
      if name == "." || name == ".." { continue }
      if let kind = kind(of: name) { entries.append(Entry(name: name, kind: kind)) }
    }
    return entries.sorted { $0.name < $1.name }
  }

  /// What stands under `name`; nil: nothing.
  package func kind(of name: String) -> Kind? {
    var information = stat()
    guard fstatat(descriptor, name, &information, AT_SYMLINK_NOFOLLOW) == 0 else {
      // A name that is no UTF-8 cannot be asked for by its text; no writer of ours makes one.
      return errno == ENOENT && name.utf8.allSatisfy { $0 < 0x80 } ? nil : .other
    }
    switch information.st_mode & S_IFMT {
    case S_IFREG: return .file
    case S_IFDIR: return .folder
    case S_IFLNK: return .link
    default: return .other
    }
  }

  // MARK: Opening

  /// - Throws: `InputError` of kind `missing` when nothing is there, `malformed` when it is a link or no folder.
  package func folder(_ name: String) throws -> FolderHandle {
    let opened = openEntry(name, O_RDONLY | O_DIRECTORY)
    guard opened >= 0 else { throw fault(name, expected: "a folder") }
    return FolderHandle(descriptor: opened, path: path + "/" + name)
  }

  /// Maps a file.
  ///
  /// - Throws: `InputError` of kind `missing` when nothing is there, `malformed` when it is a link or no regular file.
  package func map(_ name: String) throws -> MappedFile {
    let opened = openEntry(name, O_RDONLY)
    guard opened >= 0 else { throw fault(name, expected: "a readable file") }
    defer { close(opened) }
    return try MappedFile(descriptor: opened, path: path + "/" + name)
  }

  /// Opens a file to lock it, and makes it where there is none.
  ///
  /// - Returns: a descriptor that is the caller's to close.
  package func openLock(_ name: String) throws -> Int32 {
    let opened = openEntry(name, O_RDWR | O_CREAT)
    guard opened >= 0 else { throw fault(name, expected: "a file that can be locked") }
    return opened
  }

  /// Whether `name` still stands for the file that was opened.
  package func names(_ name: String, _ opened: Int32) -> Bool {
    var here = stat()
    var there = stat()
    return fstatat(descriptor, name, &here, AT_SYMLINK_NOFOLLOW) == 0 && fstat(opened, &there) == 0
      && here.st_ino == there.st_ino && here.st_dev == there.st_dev
  }

  /// What tells whether a file was replaced since, even by one of the same contents: the number of the file and the time
  /// of its last change.
  package struct FileState: Hashable, Sendable {
    private let number: UInt64
    private let seconds: Int
    private let nanoseconds: Int

    fileprivate init(_ information: stat) {
      number = UInt64(truncatingIfNeeded: information.st_ino)
      #if canImport(Darwin)
        let changed = information.st_ctimespec
      #else
        let changed = information.st_ctim
      #endif
      seconds = Int(changed.tv_sec)
      nanoseconds = Int(changed.tv_nsec)
    }
  }

  /// Whether `path` still leads to this folder. A folder that was moved, removed or replaced stays open, and is another.
  package var standsAtItsPath: Bool {
    var here = stat()
    var there = stat()
    return fstat(descriptor, &here) == 0 && stat(path, &there) == 0 && here.st_ino == there.st_ino
      && here.st_dev == there.st_dev
  }

  /// The state of the file under this name; nil: there is none.
  package func state(of name: String) -> FileState? {
    var information = stat()
    guard fstatat(descriptor, name, &information, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
    return FileState(information)
  }

  /// Makes a folder where there is none under this name.
  package func makeFolder(_ name: String) throws {
    guard mkdirat(descriptor, name, 0o777) == 0 || errno == EEXIST else {
      throw InputError(.cannotCreate, path + "/" + name, found: "cannot be created: \(FileSystem.reason())")
    }
  }

  // MARK: Removing

  /// Renames an entry, for good once this returns.
  ///
  /// - Returns: false, and nothing has changed, where an entry has the new name already or the system refuses.
  package func rename(_ name: String, to other: String) -> Bool {
    guard kind(of: other) == nil, renameat(descriptor, name, descriptor, other) == 0 else { return false }
    fsync(descriptor)
    return true
  }

  /// Removes a file or a link, never what a link points to.
  @discardableResult
  package func removeFile(_ name: String) -> Bool { unlinkat(descriptor, name, 0) == 0 }

  /// Removes a folder that is empty.
  @discardableResult
  package func removeEmptyFolder(_ name: String) -> Bool { unlinkat(descriptor, name, AT_REMOVEDIR) == 0 }

  /// Removes a folder that holds nothing but files whose names `isOurs` knows; any other is left as it is, whole. Files
  /// go in the order of their names, from the last.
  ///
  /// - Returns: whether it is gone.
  @discardableResult
  package func removeFolder(_ name: String, holding isOurs: (String) -> Bool) -> Bool {
    guard let folder = try? folder(name), isOnSameDevice(as: folder), let entries = try? folder.entries(),
      entries.allSatisfy({ $0.kind == .file && isOurs($0.name) })
    else { return false }
    for entry in entries.reversed() { folder.removeFile(entry.name) }
    return removeEmptyFolder(name)
  }

  /// Removes an entry with all that it holds. What is mounted inside stays, as does what cannot be removed.
  func removeTree(_ name: String) {
    guard unlinkat(descriptor, name, 0) != 0, errno != ENOENT else { return }
    guard let folder = try? folder(name), isOnSameDevice(as: folder) else { return }
    for entry in (try? folder.entries()) ?? [] { folder.removeTree(entry.name) }
    removeEmptyFolder(name)
  }

  private func isOnSameDevice(as folder: FolderHandle) -> Bool {
    var here = stat()
    var there = stat()
    return fstat(descriptor, &here) == 0 && fstat(folder.descriptor, &there) == 0 && here.st_dev == there.st_dev
  }

  // MARK: -

  /// Without waiting for whoever might write to a pipe of this name.
  private func openEntry(_ name: String, _ flags: Int32) -> Int32 {
    Self.retried { openat(descriptor, name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0o666) }
  }

  private static func retried(_ call: () -> Int32) -> Int32 {
    while true {
      let result = call()
      if result >= 0 || errno != EINTR { return result }
    }
  }

  private func fault(_ name: String, expected: String) -> InputError {
    let code = errno
    if kind(of: name) == .link { return Self.link(path + "/" + name) }
    errno = code
    return Self.fault(path + "/" + name, expected: expected)
  }

  private static func fault(_ path: String, expected: String) -> InputError {
    switch errno {
    case ENOENT: InputError(.missing, path, expected: expected, found: FileSystem.reason())
    case ENOTDIR: InputError(.malformed, path, expected: expected, found: "something else")
    default: InputError(.io, path, expected: expected, found: FileSystem.reason())
    }
  }

  /// The error for a link that is not followed.
  package static func link(_ path: String) -> InputError {
    InputError(
      .malformed, path, expected: "a file or folder of its own", found: "a symbolic link",
      remedy: "remove the link, or put a copy of what it points to in its place")
  }
}
