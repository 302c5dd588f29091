import Synchronization
import Tokenizers
import Vectors

/// The model that an index keeps. It is opened when it is first needed.
final class IndexTokenizer: Sendable {
  let folder: ModelFolder
  private let fingerprint: String
  private let opened = Mutex<(any Tokenizer)?>(nil)

  /// - Parameter files: what the manifest says of them; nil in versions that say nothing.
  /// - Throws: `InputError` when the folder has other files, or files of other sizes.
  init(_ folder: ModelFolder, fingerprint: String, files: [String: IndexManifest.File]?) throws {
    if let files {
      for name in Set(files.keys).union(folder.files.keys).sorted()
      where folder.files[name]?.count != files[name]?.bytes {
        func size(_ bytes: Int?) -> String { bytes.map { "\($0) bytes" } ?? "none" }
        throw InputError(
          .malformed, folder.path + "/" + name, expected: size(files[name]?.bytes) + ", as the manifest says",
          found: size(folder.files[name]?.count), remedy: "build the index again")
      }
    }
    self.folder = folder
    self.fingerprint = fingerprint
  }

  /// What the manifest is to say of the files.
  ///
  /// - Throws: `InputError` when they are not the model that they should be.
  func describeFiles() throws -> [String: IndexManifest.File] {
    _ = try open()
    return folder.files.mapValues { IndexManifest.File(bytes: $0.count, sha256: SHA256.hexDigest(of: $0)) }
  }

  func open() throws -> any Tokenizer {
    try opened.withLock { opened in
      if let opened { return opened }
      let tokenizer = try folder.tokenizer()
      guard tokenizer.fingerprint == fingerprint else {
        throw InputError(
          .mismatch, folder.path, expected: "the model \(fingerprint.prefix(12))",
          found: "\(tokenizer.fingerprint.prefix(12))",
          remedy: "build the index again")
      }
      opened = tokenizer
      return tokenizer
    }
  }
}
