import Formats
import Foundation
import Tokenizers
import Vectors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// How an index stands on disk and how a new one takes its place.
///
///     manifest.json            what the index is; replaced in one step, last
///     segments/NAME/           the arrays of one segment; never changed, the name never used again
///     segments/.lock           held by the one who builds
///     models/FINGERPRINT/      the model that made the codes, where the index keeps a copy
enum IndexDirectory {
  static let segments = "segments"
  static let models = "models"
  private static let lock = ".lock"

  static func folder(_ path: String, segment: String) -> String { path + "/" + segments + "/" + segment }
  static func folder(_ path: String, model: String) -> String { path + "/" + models + "/" + model }

  /// Has `body` write a new segment, then publishes the manifest it returns and removes what it replaces, along with
  /// what builds that were killed have left.
  static func publish(
    at path: String, tokenizer: (any Tokenizer)? = nil,
    _ body: (StagedDirectory, _ name: String) throws -> IndexManifest
  ) throws -> IndexManifest {
    try checkOwnership(path)
    let segments = path + "/" + segments
    do {
      try FileManager.default.createDirectory(atPath: segments, withIntermediateDirectories: true)
    } catch {
      throw InputError(.cannotCreate, path, found: "cannot be created: \(error.localizedDescription)")
    }
    let lock = try BuildLock(path: segments + "/" + lock, index: path)
    // Before the work, so that what a killed build left is not in the way of this one's space.
    sweep(path, keeping: try? IndexManifest(directory: path))
    if let tokenizer {
      let models = path + "/" + models
      do {
        try FileManager.default.createDirectory(atPath: models, withIntermediateDirectories: true)
      } catch {
        throw InputError(.cannotCreate, models, found: "cannot be created: \(error.localizedDescription)")
      }
      // Named by its contents: one that is there is the same.
      let folder = folder(path, model: tokenizer.fingerprint)
      if !FileManager.default.fileExists(atPath: folder) { try tokenizer.write(to: folder) }
    }
    let time = String(UInt64(Date().timeIntervalSince1970 * 1000), radix: 36)
    let name = "s-\(time)-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
    let manifest = try AtomicDirectory.write(to: segments + "/" + name, owning: { _ in false }) { try body($0, name) }
    do {
      try manifest.write(directory: path)
    } catch {
      try? FileManager.default.removeItem(atPath: segments + "/" + name)
      throw error
    }
    sweep(path, keeping: manifest)
    withExtendedLifetime(lock) {}
    return manifest
  }

  /// Removes everything under `segments` that the manifest does not name. Only who holds the lock may call it.
  private static func sweep(_ path: String, keeping manifest: IndexManifest?) {
    // A manifest that cannot be read names segments that somebody may still rescue.
    if manifest == nil && FileManager.default.fileExists(atPath: path + "/" + IndexManifest.fileName) { return }
    let kept = Set(manifest?.segments.map(\.name) ?? []).union([lock])
    let segments = path + "/" + segments
    for name in (try? FileManager.default.contentsOfDirectory(atPath: segments)) ?? [] where !kept.contains(name) {
      try? FileManager.default.removeItem(atPath: segments + "/" + name)
    }
    let model = manifest?.hasTokenizer == true ? manifest?.model : nil
    let models = path + "/" + models
    for name in (try? FileManager.default.contentsOfDirectory(atPath: models)) ?? [] where name != model {
      try? FileManager.default.removeItem(atPath: models + "/" + name)
    }
  }

  /// Refuses to build into a folder that holds anything but an index.
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

/// The right to build at one place. The system takes it back when the process ends, however it ends.
private struct BuildLock: ~Copyable {
  private let descriptor: Int32

  init(path: String, index: String) throws {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      throw InputError(.cannotCreate, index, found: "cannot be locked: \(String(cString: strerror(errno)))")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let busy = errno == EWOULDBLOCK
      close(descriptor)
      throw InputError(
        .cannotCreate, index, found: busy ? "another build is under way" : "cannot be locked",
        remedy: busy ? "wait for it to end" : nil)
    }
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }
}
