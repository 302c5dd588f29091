import Formats
import Vectors

/// The folders of an index, opened. None of them, and nothing in them, is reached through a symbolic link.
///
/// Through a link something elsewhere would become a part of the index, which a writer replaces and removes. The index
/// itself may be reached through one.
struct IndexFolders: Sendable {
  static let segments = "segments"
  static let models = "models"
  static let lock = ".lock"

  let root: FolderHandle

  /// - Throws: `InputError` of kind `missing` when there is nothing, `malformed` when it is no folder.
  init(opening path: String) throws {
    do {
      root = try FolderHandle(opening: path)
    } catch let error as InputError where error.kind == .missing {
      throw Self.noIndex(path)
    }
  }

  static func noIndex(_ path: String) -> InputError {
    InputError(
      .missing, path, expected: "an index directory", found: "no \(IndexManifest.fileName)",
      remedy: "make it with `semid index build`")
  }

  func segment(_ name: String) throws -> FolderHandle { try root.folder(Self.segments).folder(name) }
  func marks(_ name: String) throws -> MappedFile { try root.folder(Self.segments).map(name + ".npy") }
  func model(_ name: String) throws -> FolderHandle { try root.folder(Self.models).folder(name) }

  /// Refuses an index that holds a link: at the top, in `segments` and `models`, or in one of the folders there.
  ///
  /// Files that are opened later are opened without following links, too. This check finds links that nobody would
  /// open.
  func refuseLinks() throws {
    for entry in try Self.entriesWithoutLinks(root)
    where entry.kind == .folder && [Self.segments, Self.models].contains(entry.name) {
      guard let folder = try Self.ifThere({ try root.folder(entry.name) }) else { continue }
      for entry in try Self.entriesWithoutLinks(folder) where entry.kind == .folder {
        guard let inner = try Self.ifThere({ try folder.folder(entry.name) }) else { continue }
        _ = try Self.entriesWithoutLinks(inner)
      }
    }
  }

  private static func entriesWithoutLinks(_ folder: FolderHandle) throws -> [FolderHandle.Entry] {
    let entries = try folder.entries()
    if let link = entries.first(where: { $0.kind == .link }) {
      throw FolderHandle.link(folder.path + "/" + link.name)
    }
    return entries
  }

  /// An entry that a writer removed in the meantime is no fault.
  private static func ifThere<Value>(_ body: () throws -> Value) throws -> Value? {
    do {
      return try body()
    } catch let error as InputError where error.kind == .missing {
      return nil
    }
  }
}
