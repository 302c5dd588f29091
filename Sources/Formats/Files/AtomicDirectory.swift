import Vectors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Writes whole directories (a model): at any moment, and after a kill or a power cut, the path holds the old directory
/// or the new one.
///
/// The new one is made in a hidden directory beside the target and synchronized to disk with all it holds. Where
/// nothing stands at the target it is renamed; otherwise the two names are exchanged in one step (`RENAME_EXCHANGE`,
/// `RENAME_SWAP`) and the old directory is removed under the hidden name. Who has mapped the old files keeps them.
///
/// On a file system that cannot exchange names (some network ones) the old directory is first renamed to
/// `.NAME.semid-previous`; a kill between the two renames leaves only that, and `recover(_:)`, which every opener of a
/// directory calls and every writer too, puts it back.
package enum AtomicDirectory {
  /// Has `body` make the contents of the directory at `path`, then publishes them. Folders above it are made where they
  /// are missing.
  ///
  /// - Parameters:
  ///   - kind: what may be replaced. A directory that holds anything else is left as it is, so that `--output ~` costs
  ///     nobody their files.
  /// - Throws: what `body` throws; `InputError` of kind `cannotCreate` or `io`. The old directory is then untouched.
  package static func write<Result>(
    to path: String, replacing kind: DirectoryKind, _ body: (StagedDirectory) throws -> Result
  ) throws -> Result {
    try recover(path)
    let target = FileSystem.resolved(path)
    try kind.check(replacing: target, source: path)
    let temporary = try TemporaryName(beside: target, contents: .directory)
    do {
      let result = try body(StagedDirectory(path: temporary.path, source: path))
      try FileSystem.synchronize(tree: temporary.path)
      try kind.check(replacing: target, source: path)
      try publish(temporary.path, as: target, source: path, check: { try kind.check(replacing: $0, source: path) })
      return result
    } catch {
      temporary.abandon()
      throw error
    }
  }

  /// Puts back a directory that a killed writer had moved aside; does nothing where the directory is there.
  package static func recover(_ path: String) throws {
    let target = FileSystem.resolved(path)
    guard try FileSystem.entry(at: target) == .absent else { return }
    let aside = previous(of: target)
    guard try FileSystem.entry(at: aside) == .directory else { return }
    guard rename(aside, target) == 0 || errno == ENOENT else {
      throw InputError(.io, path, found: "cannot be restored from \(aside): \(FileSystem.reason())")
    }
  }

  private static func previous(of target: String) -> String {
    let (folder, name) = FileSystem.split(target)
    return folder + "/." + name + ".semid-previous"
  }

  /// - Parameters:
  ///   - exchange: exchanges two names in one step, or returns false.
  ///   - check: throws when the directory that was replaced, at a path that nobody else writes to, must not go. It looks
  ///     once more since something may have been put there while the first look was taken; all is then put back.
  static func publish(
    _ temporary: String, as target: String, source: String,
    exchange: (String, String) throws -> Bool = FileSystem.exchange, check: (String) throws -> Void = { _ in }
  ) throws {
    var replaced: String?
    if try FileSystem.entry(at: target) == .absent {
      guard rename(temporary, target) == 0 else {
        throw InputError(.cannotCreate, source, found: "cannot be created: \(FileSystem.reason())")
      }
    } else if try exchange(temporary, target) {
      do {
        try check(temporary)
      } catch {
        _ = try exchange(temporary, target)
        throw error
      }
      replaced = temporary
    } else {
      let aside = previous(of: target)
      FileSystem.remove(aside)
      guard rename(target, aside) == 0 else {
        throw InputError(.cannotCreate, source, found: "cannot be replaced: \(FileSystem.reason())")
      }
      do {
        try check(aside)
        guard rename(temporary, target) == 0 else {
          throw InputError(.cannotCreate, source, found: "cannot be replaced: \(FileSystem.reason())")
        }
      } catch {
        try? recover(target)
        throw error
      }
      replaced = aside
    }
    try FileSystem.synchronize(folder: FileSystem.split(target).folder)
    // Only now: before, a power cut could bring back the old name without what it held.
    if let replaced { FileSystem.remove(replaced) }
  }
}

/// A directory in the making: hidden, and nobody's until it is published.
package struct StagedDirectory: Sendable {
  /// Where it stands now; libraries that write files by name write below it.
  package let path: String
  /// The directory's name in errors: the target's.
  package let source: String

  /// The path, for now, of the file `name`.
  package func file(_ name: String) -> String { path + "/" + name }

  /// Has `body` append the contents of the file `name`.
  package func write<Result>(_ name: String, _ body: (FileWriter) throws -> Result) throws -> Result {
    let source = source + "/" + name
    let descriptor = open(file(name), O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      throw InputError(.cannotCreate, source, found: "cannot be created: \(FileSystem.reason())")
    }
    defer { close(descriptor) }
    let writer = FileWriter(descriptor: descriptor, source: source)
    let result = try body(writer)
    try writer.flush()
    return result
  }

  /// Writes `text` as UTF-8 to the file `name`.
  package func write(_ text: String, to name: String) throws { try write(name) { try $0.write(text) } }
}
