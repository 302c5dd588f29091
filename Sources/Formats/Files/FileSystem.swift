import CFiles
import Vectors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// System calls under the names that this module needs, with errors that say which file.
enum FileSystem {
  enum Entry: Equatable {
    case absent, file, directory
    /// A pipe, a terminal, a device: written to straight, never renamed over.
    case stream
  }

  static func reason(_ code: Int32 = errno) -> String { String(cString: strerror(code)) }

  /// What stands at `path`, symbolic links followed.
  static func entry(at path: String) throws -> Entry {
    var information = stat()
    guard stat(path, &information) == 0 else {
      if errno == ENOENT { return .absent }
      throw InputError(.cannotCreate, path, found: "cannot be examined: \(reason())")
    }
    switch information.st_mode & S_IFMT {
    case S_IFREG: return .file
    case S_IFDIR: return .directory
    default: return .stream
    }
  }

  /// `path` with symbolic links resolved, when it exists: writing to a link changes what it points to.
  static func resolved(_ path: String) -> String {
    guard let real = realpath(path, nil) else {
      var trimmed = path[...]
      while trimmed.count > 1, trimmed.last == "/" { trimmed.removeLast() }
      return String(trimmed)
    }
    defer { free(real) }
    return String(cString: real)
  }

  /// The folder that `path` lies in, and its last component.
  static func split(_ path: String) -> (folder: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return (".", path) }
    let folder = path[..<slash]
    return (folder.isEmpty ? "/" : String(folder), String(path[path.index(after: slash)...]))
  }

  /// Makes the names in `folder` survive a power cut.
  static func synchronize(folder: String) throws {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw InputError(.io, folder, found: "cannot be opened: \(reason())") }
    defer { close(descriptor) }
    // EINVAL: a file system that has nothing to synchronise for a folder.
    guard fsync(descriptor) == 0 || errno == EINVAL else {
      throw InputError(.io, folder, found: "cannot be synchronised: \(reason())")
    }
  }

  /// Makes every file and folder below `root` survive a power cut, whoever wrote them.
  static func synchronize(tree root: String) throws {
    var files: [String] = []
    for name in try names(in: root) {
      let path = root + "/" + name
      var information = stat()
      guard lstat(path, &information) == 0 else { continue }
      switch information.st_mode & S_IFMT {
      case S_IFDIR: try synchronize(tree: path)
      case S_IFREG: files.append(path)
      default: continue
      }
    }
    // Side by side: a journal takes several with one write.
    try ThreadPool().run(tasks: files.count, throwing: { try synchronize(file: files[$0]) })
    try synchronize(folder: root)
  }

  static func synchronize(file path: String) throws {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw InputError(.io, path, found: "cannot be opened: \(reason())") }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw InputError(.io, path, found: "cannot be synchronised: \(reason())") }
  }

  /// The entries of a folder, sorted, without `.` and `..`.
  static func names(in folder: String) throws -> [String] {
    guard let stream = opendir(folder) else {
      throw InputError(.io, folder, found: "cannot be listed: \(reason())")
    }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 1) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Removes a file, or a folder with all it holds; what is gone already, or cannot be removed, is left. A link is
  /// removed, never what it points to.
  static func remove(_ path: String) {
    let (folder, name) = split(path)
    try? FolderHandle(opening: folder).removeTree(name)
  }

  /// Exchanges two names in one step, so that no moment has neither.
  ///
  /// - Returns: false where the file system cannot; nothing has changed then.
  static func exchange(_ first: String, _ second: String) throws -> Bool {
    if semid_exchange_names(first, second) == 0 { return true }
    guard [EINVAL, ENOSYS, ENOTSUP].contains(errno) else {
      throw InputError(.cannotCreate, second, found: "cannot be replaced: \(reason())")
    }
    return false
  }
}
