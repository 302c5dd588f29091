import Foundation
import Formats
import Vectors

extension IndexManifest {
  /// Reads and checks the manifest of the index at `directory`.
  ///
  /// - Throws: `InputError` of kind `missing` when there is none, `unsupported` for another version, and `malformed`
  ///   for contents that no index has, for keys that the version does not define, or for a wrong digest.
  package init(directory: String) throws {
    self = try Self(in: IndexFolders(opening: directory).root)
  }

  init(in root: FolderHandle) throws {
    let file: MappedFile
    do {
      file = try root.map(Self.fileName)
    } catch let error as InputError where error.kind == .missing {
      throw IndexFolders.noIndex(root.path)
    }
    self = try withExtendedLifetime(file) { try Self(Array(file.bytes), source: file.path) }
  }

  init(_ bytes: [UInt8], source: String) throws {
    do {
      try self.init(decoding: bytes, source: source)
    } catch let error as DecodingError {
      throw InputError(
        .malformed, source, expected: "the manifest of an index", found: Self.describe(error),
        remedy: "build the index again")
    }
    try check(source: source)
  }

  private init(decoding bytes: [UInt8], source: String) throws {
    // The version first, so that an index of another version is not called malformed.
    struct Head: Decodable {
      var format: String
      var version: Int
    }
    let head = try JSONDecoder().decode(Head.self, from: Data(bytes))
    guard head.format == Self.formatName else {
      throw InputError(.malformed, source, at: "format", expected: Self.formatName, found: "\"\(head.format)\"")
    }
    guard Self.versions.contains(head.version) else {
      throw InputError(
        .unsupported, source, at: "version",
        expected: "\(Self.versions.lowerBound) to \(Self.versions.upperBound)", found: "\(head.version)",
        remedy: "build the index again with this program")
    }
    // Versions before 5 have no digest: there `digest` is an unknown key.
    let text = head.version >= 5 ? try ManifestText.checked(bytes, source: source) : bytes
    try ManifestKeys.of(version: head.version).check(text, source: source)
    self = try JSONDecoder().decode(Self.self, from: Data(text))
  }

  func write(directory: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    var manifest = self
    manifest.version = Self.versions.upperBound
    let text = String(decoding: try encoder.encode(manifest), as: UTF8.self) + "\n"
    try AtomicFile.write(ManifestText.signed(text), to: directory + "/" + Self.fileName)
  }

  /// Whether a file that cannot be read as a manifest was one: damaged, or of another version.
  static func isOurs(_ file: MappedFile) -> Bool {
    withExtendedLifetime(file) {
      String(decoding: file.bytes.prefix(4096), as: UTF8.self).contains("\"format\" : \"\(formatName)\"")
    }
  }

  private static func describe(_ error: DecodingError) -> String {
    func path(_ context: DecodingError.Context) -> String {
      let keys = context.codingPath.map(\.stringValue).joined(separator: ".")
      return keys.isEmpty ? "" : " at \(keys)"
    }
    return switch error {
    case .keyNotFound(let key, let context): "no \"\(key.stringValue)\"\(path(context))"
    case .typeMismatch(_, let context), .valueNotFound(_, let context): "a value of another type\(path(context))"
    case .dataCorrupted(let context): context.codingPath.isEmpty ? "no JSON" : "an unusable value\(path(context))"
    @unknown default: "something else"
    }
  }
}
