import Vectors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A folder for what is built on the way: a temporary one that goes with the value, or one that is kept.
package final class ScratchDirectory: Sendable {
  private let folder: String
  private let isTemporary: Bool

  /// Says that a folder was filled by us, and may be filled again.
  static let mark = ".semid-kept"

  /// A new folder inside `folder`, which goes with the value.
  ///
  /// - Parameter folder: made where it is missing; by default `TMPDIR`, or else /tmp.
  /// - Throws: `InputError` of kind `cannotCreate`.
  package init(in folder: String? = nil) throws {
    let place = folder ?? getenv("TMPDIR").map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
    _ = try FileSystem.makeFolders(of: place + "/x", source: place)
    var template = Array((place + "/semid-XXXXXX").utf8CString)
    guard let made = mkdtemp(&template) else {
      throw InputError(.cannotCreate, place, found: "no folder can be made in it: \(FileSystem.reason())")
    }
    self.folder = String(cString: made)
    isTemporary = true
  }

  /// The folder at `path`, which stays.
  ///
  /// - Throws: `InputError` of kind `cannotCreate` unless the folder is new, empty, or one that was kept before: names such
  ///   as `vectors.npy` are other people's too, and would be replaced.
  package init(keeping path: String) throws {
    let folder = FileSystem.resolved(path)
    _ = try FileSystem.makeFolders(of: folder + "/x", source: path)
    let names = try FileSystem.names(in: folder)
    guard names.isEmpty || FileSystem.isRegularFile(folder + "/" + Self.mark) else {
      throw InputError(
        .cannotCreate, path, expected: "a new folder, an empty one, or one that was kept before",
        found: "a folder that holds \(names[0])", remedy: "choose another folder")
    }
    if names.isEmpty { try AtomicFile.write("", to: folder + "/" + Self.mark) }
    self.folder = folder
    isTemporary = false
  }

  deinit {
    if isTemporary { FileSystem.remove(folder) }
  }

  /// Where `name` stands in the folder.
  package func path(_ name: String) -> String { folder + "/" + name }
}
