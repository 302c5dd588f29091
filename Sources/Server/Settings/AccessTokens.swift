import Formats
import Foundation
import Vectors

/// Who may do what: each token has a role.
package struct AccessTokens: Sendable {
  /// Each may do what those before it may.
  package enum Role: Int, Comparable, Sendable, CaseIterable {
    case none, read, write, admin

    package static func < (a: Role, b: Role) -> Bool { a.rawValue < b.rawValue }

    var name: String {
      switch self {
      case .none: "none"
      case .read: "read"
      case .write: "write"
      case .admin: "admin"
      }
    }
  }

  /// The digest of each token. Tokens themselves are not kept.
  private let tokens: [(digest: [UInt8], role: Role)]

  package var isEmpty: Bool { tokens.isEmpty }

  /// Everybody may do everything.
  package init() { tokens = [] }

  package static let shortest = 16

  /// Reads lines of a role and a token: `read 8c1f…`. Empty lines, and what follows a `#` at the beginning of a word, are passed over.
  ///
  /// - Throws: `InputError` with the line.
  package init(opening path: String) throws {
    let file = try MappedFile(path: path)
    let text = withExtendedLifetime(file) { String(decoding: file.bytes, as: UTF8.self) }
    var tokens: [(digest: [UInt8], role: Role)] = []
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      // A comment stands alone or behind a space; a token may hold the sign.
      let words = line.split(whereSeparator: \.isWhitespace).prefix { !$0.hasPrefix("#") }
      if words.isEmpty { continue }
      func fault(_ expected: String, _ found: String) -> InputError {
        InputError(.malformed, path, at: "line \(number + 1)", expected: expected, found: found)
      }
      guard words.count == 2 else {
        throw fault("a role and a token", "\(words.count) word\(words.count == 1 ? "" : "s")")
      }
      guard let role = Role.allCases.first(where: { $0 != .none && $0.name == words[0] }) else {
        throw fault("read, write or admin", "\"\(words[0].prefix(20))\"")
      }
      // Not shown: it may be a real one.
      guard words[1].utf8.count >= Self.shortest else {
        throw fault("a token of \(Self.shortest) characters or more", "\(words[1].utf8.count)")
      }
      tokens.append((Self.digest(words[1]), role))
    }
    guard !tokens.isEmpty else { throw InputError(.malformed, path, expected: "a token", found: "none") }
    self.tokens = tokens
  }

  private static func digest(_ token: some StringProtocol) -> [UInt8] {
    var digest = SHA256()
    digest.update(Array(token.utf8))
    return Array(digest.hexDigest().utf8)
  }

  /// The role of a token; `none` for one that is not known. It takes the same time whichever token it is compared with:
  /// digests are compared, all of them, to the end.
  func role(of token: String) -> Role {
    let digest = Self.digest(token)
    var found = Role.none
    for known in tokens {
      var difference: UInt8 = 0
      for (a, b) in zip(known.digest, digest) { difference |= a ^ b }
      if difference == 0, known.role > found { found = known.role }
    }
    return found
  }
}
