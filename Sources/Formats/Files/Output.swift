import Vectors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Where something is about to be written. A verb has its outputs checked first, so that hours of work do not end in
/// a place that cannot be written, or that must not be.
package enum Output: Sendable {
  /// A file, which replaces the file that stands there.
  case file(String)
  /// A directory, which replaces one of the same kind.
  case directory(String, DirectoryKind)

  var path: String {
    switch self {
    case .file(let path), .directory(let path, _): path
    }
  }

  /// Looks at where `outputs` will be written.
  ///
  /// Nothing is made or changed, but for a directory that a killed writer had moved aside, which is put back.
  ///
  /// - Parameter inputs: files and directories that are read. An output may not be one of them, however its path is
  ///   spelt and whatever links lead to it, nor lie in a directory that is read, nor contain an input.
  /// - Throws: `InputError` of kind `usage` where an output meets an input or another output, and of kind
  ///   `cannotCreate` where it cannot be written, or would replace what is not of its kind.
  package static func check(_ outputs: [Output], reading inputs: [String] = []) throws {
    var places: [(path: String, place: Place)] = []
    for output in outputs {
      guard !output.path.isEmpty else {
        throw InputError(.usage, "output", expected: "a path", found: "an empty text")
      }
      let place = try output.checkedPlace()
      for input in inputs {
        guard let meeting = place.meets(input: input) else { continue }
        throw InputError(
          .usage, output.path, expected: "a place apart from what is read", found: "\(meeting) \(input)",
          remedy: "choose another place for the output")
      }
      if let other = places.first(where: { $0.place.isSame(as: place) }) {
        throw InputError(
          .usage, output.path, expected: "a place for every output", found: "the same place as \(other.path)")
      }
      places.append((output.path, place))
    }
  }

  private func checkedPlace() throws -> Place {
    switch self {
    case .file(let path):
      let target = FileSystem.resolved(path)
      if try FileSystem.entry(at: target) == .directory { throw AtomicFile.directoryError(path) }
      let place = Place(target)
      // A pipe or a device is written to where it is; nothing is made beside it.
      if place.identity?.isStream != true { try place.checkFolder(source: path) }
      return place
    case .directory(let path, let kind):
      try AtomicDirectory.recover(path)
      let target = FileSystem.resolved(path)
      try kind.check(replacing: target, source: path)
      let place = Place(target)
      try place.checkFolder(source: path)
      return place
    }
  }
}

/// A path with the folders that it lies in, as the system tells files apart.
private struct Place {
  /// Resolved, but for folders that are not there yet.
  let path: String
  /// What stands there; nil: nothing.
  let identity: FileIdentity?
  /// The nearest folder above that is there.
  let folder: String
  /// The names from there on.
  let rest: [Substring]
  /// That folder and all above it.
  let folders: [FileIdentity]

  init(_ path: String) {
    self.path = path
    identity = FileIdentity(path)
    var folder = FileSystem.split(path).folder
    while folder != "/", folder != ".", FileIdentity(folder) == nil { folder = FileSystem.split(folder).folder }
    self.folder = folder
    rest = path.dropFirst(folder != "." && path.hasPrefix(folder) ? folder.count : 0).split(separator: "/").filter {
      $0 != "."
    }
    folders = Self.chain(folder)
  }

  private static func chain(_ folder: String) -> [FileIdentity] {
    var path = FileSystem.resolved(folder)
    var chain = [FileIdentity(path)].compactMap(\.self)
    while path != "/", path != "." {
      path = FileSystem.split(path).folder
      chain += [FileIdentity(path)].compactMap(\.self)
    }
    return chain
  }

  /// - Throws: `InputError` when nothing can be made in the folder.
  func checkFolder(source: String) throws {
    guard try FileSystem.entry(at: folder) == .directory else {
      throw InputError(
        .cannotCreate, source, expected: "a path below a directory", found: "\(folder), which is a file")
    }
    guard access(folder, W_OK | X_OK) == 0 else {
      throw InputError(
        .cannotCreate, source, found: "cannot be created: \(folder): \(FileSystem.reason())",
        remedy: "choose another place")
    }
  }

  /// How this place and an input are in each other's way; nil: they are not.
  func meets(input: String) -> String? {
    let path = FileSystem.resolved(input)
    guard let other = FileIdentity(path), !other.isStream else { return nil }
    if other == identity { return "the input" }
    if other.isDirectory, folders.contains(other) { return "a place in the input" }
    if let identity, identity.isDirectory, Self.chain(FileSystem.split(path).folder).contains(identity) {
      return "a directory that holds the input"
    }
    return nil
  }

  func isSame(as other: Place) -> Bool {
    if let identity, let second = other.identity { return identity == second && !identity.isStream }
    return folders.first == other.folders.first && rest == other.rest
  }
}

/// What tells one file from another under any name.
struct FileIdentity: Hashable {
  private let device: UInt64
  private let number: UInt64
  let isDirectory: Bool
  /// A pipe, a terminal, a device: nothing that is replaced.
  let isStream: Bool

  /// nil where nothing stands. Links are followed.
  init?(_ path: String) {
    var information = stat()
    guard stat(path, &information) == 0 else { return nil }
    device = UInt64(truncatingIfNeeded: information.st_dev)
    number = UInt64(truncatingIfNeeded: information.st_ino)
    isDirectory = information.st_mode & S_IFMT == S_IFDIR
    isStream = !isDirectory && information.st_mode & S_IFMT != S_IFREG
  }
}
