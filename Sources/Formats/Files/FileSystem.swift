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

  /// Whether `path` itself, not what a link points to, is a regular file.
  static func isRegularFile(_ path: String) -> Bool { information(path).map { $0.st_mode & S_IFMT } == S_IFREG }

  /// Whether `path` itself, not what a link points to, is a folder.
  static func isFolder(_ path: String) -> Bool { information(path).map { $0.st_mode & S_IFMT } == S_IFDIR }

  /// Bytes of the file at `path`; nil where nothing is.
  static func size(of path: String) -> Int? { information(path).map { Int($0.st_size) } }

  private static func information(_ path: String) -> stat? {
    var information = stat()
    return lstat(path, &information) == 0 ? information : nil
  }

  /// `path` with symbolic links resolved: writing to a link changes what it points to, also where that is not there yet.
  static func resolved(_ path: String) -> String {
    var path = path
    // As many links as Linux follows.
    for _ in 0..<40 {
      if let real = realpath(path, nil) {
        defer { free(real) }
        return String(cString: real)
      }
      while path.utf8.count > 1, path.hasSuffix("/") || path.hasSuffix("/.") { path.removeLast() }
      guard let destination = link(at: path) else { return path }
      path = destination.hasPrefix("/") ? destination : split(path).folder + "/" + destination
    }
    return path
  }

  /// What the symbolic link at `path` says; nil where there is none.
  private static func link(at path: String) -> String? {
    var text = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink(path, &text, text.count)
    return count > 0 ? String(decoding: text[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self) : nil
  }

  /// Makes the folders that `path` lies in where they are missing, so that they survive a power cut.
  ///
  /// - Returns: those that were made, outermost first.
  static func makeFolders(of path: String, source: String) throws -> [String] {
    var missing: [String] = []
    var folder = split(path).folder
    while try entry(at: folder) == .absent {
      missing.append(folder)
      let above = split(folder).folder
      guard above != folder else { break }
      folder = above
    }
    var made: [String] = []
    do {
      for folder in missing.reversed() {
        if mkdir(folder, 0o777) == 0 {
          made.append(folder)
        } else if errno != EEXIST {
          throw InputError(.cannotCreate, source, found: "cannot be created: \(folder): \(reason())")
        }
        try synchronize(folder: split(folder).folder)
      }
    } catch {
      removeEmpty(made)
      throw error
    }
    return made
  }

  /// Removes folders that `makeFolders` made, where nobody has put anything into them since.
  static func removeEmpty(_ folders: [String]) {
    for folder in folders.reversed() { rmdir(folder) }
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
    // EINVAL: a file system that has nothing to synchronize for a folder.
    guard fsync(descriptor) == 0 || errno == EINVAL else {
      throw InputError(.io, folder, found: "cannot be synchronized: \(reason())")
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
    // What is synchronized was found to be a file; another in its place is neither followed nor waited for.
    let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw InputError(.io, path, found: "cannot be opened: \(reason())") }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw InputError(.io, path, found: "cannot be synchronized: \(reason())") }
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
