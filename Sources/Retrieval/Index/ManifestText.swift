import Vectors

/// The text of a manifest with a digest of itself.
///
/// The second line is `  "digest" : "…",`: the SHA-256 of the file's bytes without this line. So a change of any byte
/// is found, also where it means the same in JSON. `sed 2d manifest.json | sha256sum` gives the same digest.
enum ManifestText {
  private static let first = Array("{\n".utf8)
  private static let before = Array("  \"digest\" : \"".utf8)
  private static let after = Array("\",\n".utf8)
  private static let digits = 64
  private static let line = before.count + digits + after.count

  /// - Parameter text: of a JSON object whose first line is `{`.
  static func signed(_ text: String) -> String {
    let bytes = Array(text.utf8)
    let digest = digest(bytes)
    return String(
      decoding: first + before + Array(digest.utf8) + after + bytes.dropFirst(first.count), as: UTF8.self)
  }

  /// The text without its digest.
  ///
  /// - Throws: `InputError` when there is no digest in its place, or a wrong one.
  static func checked(_ bytes: [UInt8], source: String) throws -> [UInt8] {
    let body = bytes.dropFirst(first.count)
    guard bytes.starts(with: first), body.count >= line, body.starts(with: before),
      body.dropFirst(before.count + digits).starts(with: after)
    else { throw fault(source, expected: "the manifest's own SHA-256 in its second line", found: "none") }
    let stated = String(decoding: body.dropFirst(before.count).prefix(digits), as: UTF8.self)
    let text = first + body.dropFirst(line)
    let found = digest(text)
    guard found == stated else { throw fault(source, expected: "contents of the SHA-256 \(stated)", found: found) }
    return text
  }

  private static func digest(_ bytes: [UInt8]) -> String {
    var digest = SHA256()
    digest.update(bytes)
    return digest.hexDigest()
  }

  private static func fault(_ source: String, expected: String, found: String) -> InputError {
    InputError(
      .malformed, source, at: "digest", expected: expected, found: found,
      remedy: "the file has been changed since it was written: restore it, or build the index again")
  }
}
