import Formats
import Tokenizers
import Vectors

/// How an index stands on disk, and how a new state replaces the old one.
///
///     manifest.json            what the index is; replaced in one step, last
///     segments/NAME/           the arrays of one segment; never changed, the name never used for others
///     segments/NAME.npy        marks deleted items of one segment; never changed either
///     segments/.lock           held by the one writer
///     models/FINGERPRINT/      the model that made the codes, where the index keeps a copy
///
/// An object is the right to write there: one exists at a time, in this process and all others.
final class IndexDirectory {
  static func folder(_ path: String, segment: String) -> String { path + "/" + IndexFolders.segments + "/" + segment }
  static func folder(_ path: String, model: String) -> String { path + "/" + IndexFolders.models + "/" + model }
  static func file(_ path: String, deleted: String) -> String {
    path + "/" + IndexFolders.segments + "/" + deleted + ".npy"
  }

  let path: String
  private let root: FolderHandle
  /// The index's folder and those above it, as far as this writer made them.
  private let made: [String]
  private let lock: WriterLock

  /// Takes the right to write at `path`, and makes the directory where there is none. Removes what killed writers have
  /// left, so that it takes no space from this one.
  init(writing path: String) throws {
    try Self.check(path)
    self.path = path
    made = try FolderHandle.make(path)
    do {
      root = try FolderHandle(opening: path)
      do {
        try root.makeFolder(IndexFolders.segments)
        lock = try WriterLock(IndexFolders.lock, in: root.folder(IndexFolders.segments), source: path)
        // Again, now that no other writer changes the place.
        try Self.check(path)
      } catch {
        root.removeEmptyFolder(IndexFolders.segments)
        throw error
      }
    } catch {
      FolderHandle.remove(made)
      throw error
    }
    sweep()
  }

  /// Refuses a place that holds anything that writers do not make. Changes nothing there.
  ///
  /// - Throws: `InputError` of kind `cannotCreate` for somebody's own entry, `malformed` for a symbolic link.
  static func check(_ path: String) throws {
    let folders: IndexFolders
    do {
      folders = try IndexFolders(opening: path)
    } catch let error as InputError where error.kind == .missing {
      return
    } catch let error as InputError where error.kind == .malformed {
      throw InputError(.cannotCreate, path, expected: "a directory, or nothing", found: "a file")
    }
    try folders.refuseLinks()
    try IndexInventory(folders.root, try? IndexManifest(in: folders.root)).requireOwn(path)
  }

  /// Keeps a copy of the model, named by its fingerprint. A whole copy that is there already is kept.
  ///
  /// - Returns: its files.
  func keep(_ tokenizer: any Tokenizer) throws -> [String: IndexManifest.File] {
    try root.makeFolder(IndexFolders.models)
    let name = tokenizer.fingerprint
    func kept() throws -> [String: IndexManifest.File] {
      let folder = try ModelFolder(root.folder(IndexFolders.models).folder(name))
      return try IndexTokenizer(folder, fingerprint: name, files: nil).describeFiles()
    }
    if let files = try? kept() { return files }
    try tokenizer.write(to: Self.folder(path, model: name))
    return try kept()
  }

  var standsAtItsPath: Bool { root.standsAtItsPath }

  /// - Throws: `InputError` where the index was moved, removed or replaced: what is written by its path would go elsewhere.
  func checkPlace() throws {
    guard root.standsAtItsPath else {
      throw InputError(
        .cannotCreate, path, expected: "the index that was opened", found: "another directory, or none",
        remedy: "open the index again")
    }
  }

  /// Has `body` write a new segment, under a name never used before. It becomes part of the index with the manifest.
  func addSegment(
    _ body: (StagedDirectory, _ name: String) throws -> IndexManifest.Segment
  ) throws -> IndexManifest.Segment {
    try checkPlace()
    let name = EntryName.new(.segment)
    return try AtomicDirectory.write(to: Self.folder(path, segment: name), replacing: .new) {
      try body($0, name)
    }
  }

  /// Names a segment that was just added by its content. Where a segment of that name stands already, whole, that one is
  /// used and the new one is left for `sweep`: readers may have it open, and a name stands for one content for ever. Where
  /// it is damaged, the new one keeps the name it has.
  func nameByContent(_ segment: IndexManifest.Segment) throws -> IndexManifest.Segment {
    let name = EntryName.segment(of: segment.files)
    let segments = try root.folder(IndexFolders.segments)
    var renamed = segment
    renamed.name = name
    if segments.rename(segment.name, to: name) { return renamed }
    return try Self.isWhole(segment.files, at: Self.folder(path, segment: name)) ? renamed : segment
  }

  /// Whether the files stand in `folder` as they were digested.
  private static func isWhole(_ files: [String: IndexManifest.File], at folder: String) throws -> Bool {
    do {
      return try files.allSatisfy { name, file in
        let path = folder + "/" + name
        return try MappedFile(path: path).count == file.bytes && SHA256.hexDigest(ofFile: path) == file.sha256
      }
    } catch is InputError {
      return false
    }
  }

  /// Writes the marks of deleted items, under a name never used before.
  func add(_ deleted: ItemMask) throws -> IndexManifest.Deleted {
    try checkPlace()
    let name = EntryName.new(.marks)
    let file = Self.file(path, deleted: name)
    try Tombstones.write(deleted, to: file)
    return IndexManifest.Deleted(
      name: name, count: deleted.count,
      file: .init(bytes: try MappedFile(path: file).count, sha256: try SHA256.hexDigest(ofFile: file)))
  }

  /// Makes `manifest` the state of the index, in one step, and removes the entries that it does not name. When it
  /// throws, the old state stands.
  func publish(_ manifest: IndexManifest) throws {
    try checkPlace()
    defer { sweep() }
    try manifest.check(source: path + "/" + IndexManifest.fileName)
    try manifest.write(directory: path)
  }

  /// Removes every entry of a writer that the manifest on disk does not name.
  func sweep() {
    let manifest = try? IndexManifest(in: root)
    // A manifest that cannot be read names segments that somebody may still rescue.
    if manifest == nil && root.kind(of: IndexManifest.fileName) != nil { return }
    guard let inventory = try? IndexInventory(root, manifest, looksIntoNamed: false) else { return }
    inventory.remove(inventory.unnamed)
  }

  /// Removes what this writer has made, when it gives up: everything where there is no index.
  func abandon() {
    sweep()
    guard root.kind(of: IndexManifest.fileName) == nil else { return }
    if let segments = try? root.folder(IndexFolders.segments) { segments.removeFile(IndexFolders.lock) }
    for name in [IndexFolders.segments, IndexFolders.models] { root.removeEmptyFolder(name) }
    FolderHandle.remove(made)
  }
}
