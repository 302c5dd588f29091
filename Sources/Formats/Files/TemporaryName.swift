import Vectors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A hidden file or folder beside a target, where the target's next contents are made.
///
/// It is locked while its writer lives. The system drops the lock when a process ends in whatever way, so what a killed
/// writer left behind is known by being unlocked, and the next writer of the same target clears it away.
package struct TemporaryName: ~Copyable {
  let path: String
  /// Open on the file or folder; holds the lock.
  let descriptor: Int32
  /// Folders above the target that were made for it, outermost first.
  private let folders: [String]

  enum Contents { case file, directory }

  private static let suffix = ".semid-tmp"

  /// Creates the file or folder beside `target`, which must be resolved, and the folders above it that are missing.
  init(beside target: String, contents: Contents) throws {
    let (folder, name) = FileSystem.split(target)
    let folders = try FileSystem.makeFolders(of: target, source: target)
    Self.sweep(folder: folder, name: name)
    while true {
      let path = folder + "/" + Self.prefix(of: name) + String(UInt64.random(in: 0 ... .max), radix: 36) + Self.suffix
      let descriptor: Int32
      switch contents {
      case .file: descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      case .directory:
        descriptor = mkdir(path, 0o777) == 0 ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1
      }
      guard descriptor >= 0 else {
        if errno == EEXIST { continue }
        let reason = FileSystem.reason()
        FileSystem.removeEmpty(folders)
        throw InputError(
          .cannotCreate, target, found: "cannot be created: \(reason)", remedy: "the folder \(folder) must be writable")
      }
      // A sweeper may have come between creation and lock: then the name is gone, and another is taken.
      _ = flock(descriptor, LOCK_EX)
      if Self.names(path, descriptor) {
        self.path = path
        self.descriptor = descriptor
        self.folders = folders
        return
      }
      close(descriptor)
    }
  }

  deinit { close(descriptor) }

  /// Takes away what was made: the contents, and the folders that were made for them.
  func abandon() {
    FileSystem.remove(path)
    FileSystem.removeEmpty(folders)
  }

  static func isTemporary(_ name: String) -> Bool { name.hasPrefix(".") && name.hasSuffix(suffix) }

  /// What the file or folder `name` is, or was, the next contents of; nil where no writer makes such a name.
  package static func target(of name: String) -> String? {
    guard isTemporary(name) else { return nil }
    let parts = name.dropFirst().dropLast(suffix.count)
    guard let dot = parts.lastIndex(of: "."), dot != parts.startIndex else { return nil }
    let random = parts[parts.index(after: dot)...]
    guard let number = UInt64(random, radix: 36), String(number, radix: 36) == random else { return nil }
    return String(parts[..<dot])
  }

  /// A name may be 255 bytes long; a long target's is cut, which the lock makes harmless.
  private static func prefix(of name: String) -> String {
    "." + String(decoding: Array(name.utf8).prefix(200), as: UTF8.self).prefix(200) + "."
  }

  private static func names(_ path: String, _ descriptor: Int32) -> Bool {
    var atPath = stat()
    var opened = stat()
    return stat(path, &atPath) == 0 && fstat(descriptor, &opened) == 0 && atPath.st_ino == opened.st_ino
      && atPath.st_dev == opened.st_dev
  }

  /// Clears away what killed writers of the same target left.
  private static func sweep(folder: String, name: String) {
    let prefix = prefix(of: name)
    for entry in (try? FileSystem.names(in: folder)) ?? [] where entry.hasPrefix(prefix) && entry.hasSuffix(suffix) {
      let path = folder + "/" + entry
      let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
      guard descriptor >= 0 else { continue }
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { FileSystem.remove(path) }
      close(descriptor)
    }
  }
}
