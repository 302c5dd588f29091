import Formats
import Foundation
import Tokenizers
import Vectors

/// How an index stands on disk and how a new state takes the place of the old one.
///
///     manifest.json            what the index is; replaced in one step, last
///     segments/NAME/           the arrays of one segment; never changed, the name never used again
///     segments/NAME.npy        marks deleted items of one segment; never changed either
///     segments/.lock           held by the one who writes
///     models/FINGERPRINT/      the model that made the codes, where the index keeps a copy
///
/// A value is the right to write there: one exists at a time, in this process and all others.
final class IndexDirectory {
  private static let segments = "segments"
  private static let models = "models"
  private static let lock = ".lock"

  static func folder(_ path: String, segment: String) -> String { path + "/" + segments + "/" + segment }
  static func folder(_ path: String, model: String) -> String { path + "/" + models + "/" + model }
  static func file(_ path: String, deleted: String) -> String { path + "/" + segments + "/" + deleted + ".npy" }

  let path: String
  private let lock: WriterLock

  /// Takes the right to write at `path`, makes the directory where there is none, and clears away what writers that
  /// were killed have left, so that it is not in the way of this one's space.
  init(writing path: String) throws {
    try Self.checkOwnership(path)
    self.path = path
    let segments = path + "/" + Self.segments
    do {
      try FileManager.default.createDirectory(atPath: segments, withIntermediateDirectories: true)
    } catch {
      throw InputError(.cannotCreate, path, found: "cannot be created: \(error.localizedDescription)")
    }
    lock = try WriterLock(path: segments + "/" + Self.lock, index: path)
    sweep()
  }

  /// Keeps a copy of the model. Named by its contents: one that is there is the same.
  func keep(_ tokenizer: any Tokenizer) throws {
    let models = path + "/" + Self.models
    do {
      try FileManager.default.createDirectory(atPath: models, withIntermediateDirectories: true)
    } catch {
      throw InputError(.cannotCreate, models, found: "cannot be created: \(error.localizedDescription)")
    }
    let folder = Self.folder(path, model: tokenizer.fingerprint)
    if !FileManager.default.fileExists(atPath: folder) { try tokenizer.write(to: folder) }
  }

  /// Has `body` write a new segment, under a name never used before. It becomes part of the index with the manifest.
  func addSegment(
    _ body: (StagedDirectory, _ name: String) throws -> IndexManifest.Segment
  ) throws -> IndexManifest.Segment {
    let name = Self.newName("s")
    return try AtomicDirectory.write(to: Self.folder(path, segment: name), owning: { _ in false }) {
      try body($0, name)
    }
  }

  /// Writes the marks of deleted items, under a name never used before.
  func add(_ deleted: ItemMask) throws -> IndexManifest.Deleted {
    let name = Self.newName("d")
    let file = Self.file(path, deleted: name)
    try Tombstones.write(deleted, to: file)
    return IndexManifest.Deleted(
      name: name, count: deleted.count,
      file: .init(bytes: try MappedFile(path: file).count, sha256: try SHA256.hexDigest(ofFile: file)))
  }

  private static func newName(_ kind: String) -> String {
    let time = String(UInt64(Date().timeIntervalSince1970 * 1000), radix: 36)
    return "\(kind)-\(time)-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
  }

  /// Makes `manifest` the state of the index, in one step, and removes what it does not name. When it throws, the old
  /// state stands.
  func publish(_ manifest: IndexManifest) throws {
    defer { sweep() }
    try manifest.write(directory: path)
  }

  /// Removes everything that the manifest on disk does not name.
  func sweep() {
    let manifest = try? IndexManifest(directory: path)
    // A manifest that cannot be read names segments that somebody may still rescue.
    if manifest == nil && FileManager.default.fileExists(atPath: path + "/" + IndexManifest.fileName) { return }
    let parts = manifest?.segments ?? []
    let kept = Set(parts.map(\.name) + parts.compactMap { $0.deleted.map { $0.name + ".npy" } } + [Self.lock])
    let segments = path + "/" + Self.segments
    for name in (try? FileManager.default.contentsOfDirectory(atPath: segments)) ?? [] where !kept.contains(name) {
      try? FileManager.default.removeItem(atPath: segments + "/" + name)
    }
    let model = manifest?.hasTokenizer == true ? manifest?.model : nil
    let models = path + "/" + Self.models
    for name in (try? FileManager.default.contentsOfDirectory(atPath: models)) ?? [] where name != model {
      try? FileManager.default.removeItem(atPath: models + "/" + name)
    }
  }

  /// Refuses to write into a folder that holds anything but an index.
  private static func checkOwnership(_ path: String) throws {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else { return }
    guard isDirectory.boolValue else {
      throw InputError(.cannotCreate, path, expected: "a directory, or nothing", found: "a file")
    }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    let temporary = "." + IndexManifest.fileName + "."
    for name in names
    where ![IndexManifest.fileName, segments, models].contains(name) && !name.hasPrefix(temporary) {
      throw InputError(
        .cannotCreate, path, expected: "an index, an empty directory or nothing",
        found: "a directory that also holds \(name)", remedy: "choose another place, or move that away")
    }
  }
}
