import Foundation
import Formats
import Vectors

/// What a file holds.
package struct FileDigest: Hashable, Codable, Sendable {
  package var bytes: Int
  /// SHA-256, in hexadecimal digits.
  package var sha256: String
}

/// Digests of files, each computed once as long as the file does not change.
///
/// A file counts as unchanged while its size, its time of change and its number in the file system are the same. A file
/// that was changed less than two seconds before it was read is read anew: file systems keep coarse times.
package struct FileDigests: Sendable {
  private struct Entry: Codable {
    var size: Int
    /// Nanoseconds since 1970, of contents and of the entry itself.
    var modified: Int
    var changed: Int
    var inode: UInt64
    var device: UInt64
    /// Seconds since 1970 when it was read.
    var read: Double
    var sha256: String
  }

  /// By absolute path.
  private var entries: [String: Entry]

  package init() { entries = [:] }

  /// Reads the digests of an earlier run; none where they cannot be read, since they can be computed anew.
  init(reading path: String) {
    entries =
      (try? JSONDecoder().decode([String: Entry].self, from: Data(contentsOf: URL(fileURLWithPath: path)))) ?? [:]
  }

  func write(to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    try AtomicFile.write(String(decoding: try encoder.encode(entries), as: UTF8.self) + "\n", to: path)
  }

  /// The files at `path`: the file itself, under an empty name, or all files of a directory by their path in it, but for
  /// names that begin with a dot.
  ///
  /// - Throws: `InputError` where nothing is there, or something that is no file.
  mutating func files(at path: String) throws -> [(name: String, digest: FileDigest)] {
    var found: [(String, FileDigest)] = []
    try visit(path, name: "", depth: 0, &found)
    return found
  }

  /// One digest for all that is at `path`.
  mutating func digest(at path: String) throws -> String {
    let files = try files(at: path)
    if files.count == 1, files[0].name.isEmpty { return files[0].digest.sha256 }
    var digest = SHA256()
    for (name, file) in files { digest.update(Array("\(file.sha256) \(file.bytes) \(name)\n".utf8)) }
    return digest.hexDigest()
  }

  private mutating func visit(
    _ path: String, name: String, depth: Int, _ found: inout [(String, FileDigest)]
  ) throws {
    guard depth < 64 else {
      throw InputError(.unsupported, path, expected: "directories at most 64 deep", found: "deeper ones")
    }
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
      throw InputError(.missing, path, expected: "a file or a directory", found: "nothing")
    }
    guard isDirectory.boolValue else {
      found.append((name, try digest(ofFile: path)))
      return
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: path).filter { !$0.hasPrefix(".") }
    for entry in names.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
      try visit(path + "/" + entry, name: name.isEmpty ? entry : name + "/" + entry, depth: depth + 1, &found)
    }
  }

  private mutating func digest(ofFile path: String) throws -> FileDigest {
    let key = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    var status = stat()
    guard stat(path, &status) == 0 else {
      throw InputError(.io, path, found: String(cString: strerror(errno)))
    }
    let now = Date().timeIntervalSince1970
    let (modified, changed) = (status.modifiedNanoseconds, status.changedNanoseconds)
    if let entry = entries[key], entry.size == Int(status.st_size), entry.modified == modified,
      entry.changed == changed, entry.inode == UInt64(status.st_ino),
      entry.device == UInt64(truncatingIfNeeded: status.st_dev),
      Double(max(modified, changed)) / 1e9 + 2 < entry.read
    {
      return FileDigest(bytes: entry.size, sha256: entry.sha256)
    }
    let file = try MappedFile(path: path)
    let sha256 = SHA256.hexDigest(of: file)
    entries[key] = Entry(
      size: file.count, modified: modified, changed: changed, inode: UInt64(status.st_ino),
      device: UInt64(truncatingIfNeeded: status.st_dev), read: now, sha256: sha256)
    return FileDigest(bytes: file.count, sha256: sha256)
  }
}

extension stat {
  fileprivate var modifiedNanoseconds: Int {
    #if canImport(Darwin)
      st_mtimespec.tv_sec * 1_000_000_000 + st_mtimespec.tv_nsec
    #else
      st_mtim.tv_sec * 1_000_000_000 + st_mtim.tv_nsec
    #endif
  }

  fileprivate var changedNanoseconds: Int {
    #if canImport(Darwin)
      st_ctimespec.tv_sec * 1_000_000_000 + st_ctimespec.tv_nsec
    #else
      st_ctim.tv_sec * 1_000_000_000 + st_ctim.tv_nsec
    #endif
  }
}
