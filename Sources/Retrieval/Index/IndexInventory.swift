import Formats
import Tokenizers
import Vectors

/// What stands in an index directory: what writers have made, and what they have not. A writer's entry is known by its
/// name and, where possible, by its contents.
///
/// This alone decides what may be removed. Any other entry is somebody's own: it is never removed, and no writer begins
/// beside it.
struct IndexInventory {
  enum Place: String {
    case segments, models
  }

  /// A part of an index, or one in the making.
  struct Part: Hashable {
    var place: Place
    var entry: FolderHandle.Entry

    var path: String { place.rawValue + "/" + entry.name }
  }

  /// What writers have made, except the manifest and the lock.
  private(set) var parts: [Part] = []
  /// What they have not made, by its path in the directory.
  private(set) var foreign: [String] = []

  private let root: FolderHandle
  private let named: [Place: Set<String>]
  private let looksIntoNamed: Bool

  /// - Parameters:
  ///   - manifest: what it names is a writer's, damaged or not.
  ///   - looksIntoNamed: whether to look for somebody's files in the folders that the manifest names, too.
  init(_ root: FolderHandle, _ manifest: IndexManifest?, looksIntoNamed: Bool = true) throws {
    self.root = root
    named = Self.named(by: manifest)
    self.looksIntoNamed = looksIntoNamed
    for entry in try root.entries() {
      switch (entry.name, entry.kind) {
      case (IndexManifest.fileName, .file):
        if manifest == nil && !Self.isManifest(root) { foreign.append(entry.name) }
      case (Place.segments.rawValue, .folder):
        try list(.segments, Self.isSegmentPart)
      case (Place.models.rawValue, .folder):
        try list(.models, Self.isModelPart)
      case (let name, .file) where TemporaryName.target(of: name) == IndexManifest.fileName: continue
      default: foreign.append(entry.name)
      }
    }
  }

  private mutating func list(
    _ place: Place, _ isOurs: (FolderHandle, FolderHandle.Entry, _ isNamed: Bool) -> Bool
  ) throws {
    let folder = try root.folder(place.rawValue)
    for entry in try folder.entries() {
      if place == .segments, entry.name == IndexFolders.lock, entry.kind == .file { continue }
      let isNamed = named[place]?.contains(entry.name) == true
      if isNamed && !looksIntoNamed || isOurs(folder, entry, isNamed) {
        parts.append(Part(place: place, entry: entry))
      } else if folder.kind(of: entry.name) != nil {
        foreign.append(place.rawValue + "/" + entry.name)
      }
    }
  }

  /// - Throws: `InputError` that names an entry that no writer has made.
  func requireOwn(_ path: String) throws {
    guard let first = foreign.first else { return }
    let more = foreign.count == 1 ? "" : " and \(foreign.count - 1) more"
    throw InputError(
      .cannotCreate, path, expected: "an index, an empty directory or nothing",
      found: "a directory that also holds \(first)\(more), which is no part of an index",
      remedy: "choose another place, or move that away")
  }

  /// What writers have made and the manifest does not name.
  var unnamed: [Part] { parts.filter { named[$0.place]?.contains($0.entry.name) != true } }

  static func named(by manifest: IndexManifest?) -> [Place: Set<String>] {
    guard let manifest else { return [:] }
    let segments = manifest.segments
    return [
      .segments: Set(segments.map(\.name) + segments.compactMap { $0.deleted.map { $0.name + ".npy" } }),
      .models: Set(manifest.hasTokenizer == true ? [manifest.model].compactMap { $0 } : []),
    ]
  }

  /// Removes parts, file by file: only files with names that writers give, in folders that hold no others.
  func remove(_ parts: [Part]) {
    for (place, parts) in Dictionary(grouping: parts, by: \.place) {
      guard let folder = try? root.folder(place.rawValue) else { continue }
      for part in parts {
        switch part.entry.kind {
        case .folder:
          folder.removeFolder(part.entry.name, holding: place == .segments ? Self.isInSegment : Self.isInModel)
        default: folder.removeFile(part.entry.name)
        }
      }
    }
  }

  // MARK: What writers make

  private static func isSegmentPart(
    _ folder: FolderHandle, _ entry: FolderHandle.Entry, isNamed: Bool
  ) -> Bool {
    let target = TemporaryName.target(of: entry.name)
    return switch entry.kind {
    case .folder:
      (isNamed || EntryName.isOurs(target ?? entry.name, .segment)) && holds(folder, entry.name, only: isInSegment)
    case .file: isNamed || isMarks(target ?? entry.name) && (target != nil || isArray(folder, entry.name))
    default: false
    }
  }

  private static func isModelPart(
    _ folder: FolderHandle, _ entry: FolderHandle.Entry, isNamed: Bool
  ) -> Bool {
    guard entry.kind == .folder, holds(folder, entry.name, only: isInModel) else { return false }
    if let target = TemporaryName.target(of: entry.name) { return EntryName.isDigest(target) }
    return EntryName.isDigest(entry.name) && (isNamed || isModel(folder, entry.name))
  }

  private static func holds(_ folder: FolderHandle, _ name: String, only isOurs: (String) -> Bool) -> Bool {
    guard let inner = try? folder.folder(name), let entries = try? inner.entries() else { return false }
    return entries.allSatisfy { $0.kind == .file && (isOurs($0.name) || isHeldByServer($0.name)) }
  }

  private static func isInSegment(_ name: String) -> Bool { SegmentFile.isOurs(name) }
  private static func isInModel(_ name: String) -> Bool { ModelFolder.isFile(name) }
  private static func isMarks(_ name: String) -> Bool {
    name.hasSuffix(".npy") && EntryName.isOurs(name.dropLast(4), .marks)
  }

  /// The name that a network file system gives to a removed file while a reader has it open. It goes with the reader.
  private static func isHeldByServer(_ name: String) -> Bool { name.hasPrefix(".nfs") }

  private static func isArray(_ folder: FolderHandle, _ name: String) -> Bool {
    guard let file = try? folder.map(name) else { return false }
    return withExtendedLifetime(file) { file.bytes.starts(with: [0x93] + Array("NUMPY".utf8)) }
  }

  private static func isModel(_ folder: FolderHandle, _ name: String) -> Bool {
    guard let inner = try? folder.folder(name) else { return false }
    // The configuration is removed last: an empty folder without one was being removed when a kill came.
    if (try? inner.entries().isEmpty) == true { return true }
    guard let file = try? inner.map(ModelFolder.configuration) else { return false }
    return ModelFolder.fingerprint(recordedIn: file) == name
  }

  /// Whether `manifest.json`, which cannot be read as one of an index, was one: damaged, or of another version.
  private static func isManifest(_ root: FolderHandle) -> Bool {
    guard let file = try? root.map(IndexManifest.fileName) else { return false }
    return IndexManifest.isOurs(file)
  }
}
