import Vectors

/// How a server is started.
package struct ServerOptions: Sendable {
  /// An index to serve.
  package struct Index: Sendable {
    package var name: String
    package var path: String
    /// A directory of a sentence encoder, for queries of text; nil: there are none.
    package var encoder: String?
    /// Written before every text that is encoded: a name that the encoder knows, or a text.
    package var prompt: String?
    /// A table of items with titles; nil: the explorer shows ids.
    package var titles: String?

    package init(name: String, path: String) {
      self.name = name
      self.path = path
    }
  }

  package var indexes: [Index] = []
  package var host = "127.0.0.1"
  /// 0: one that is free.
  package var port = 8080
  /// Threads that answer requests.
  package var threads = ThreadPool().threads
  /// Whether indexes may be changed.
  package var isWritable = false
  /// nil: nobody has to show a token.
  package var tokens: AccessTokens?
  /// Whether to listen beyond this machine without tokens.
  package var allowsAnonymous = false
  package var certificate: String?
  package var key: String?
  /// Seconds between two looks at the indexes' files, where they are only read; 0: none.
  package var follow = 1.0
  /// Origins whose pages may ask; `*` for all.
  package var origins: [String] = []
  package var hasExplorer = true
  package var logsRequests = false
  package var limits = ServerLimits()

  package init() {}

  var isSecure: Bool { certificate != nil }

  /// Whether other machines cannot reach it.
  var isLoopback: Bool { Self.isLoopback(host) }

  static func isLoopback(_ host: String) -> Bool {
    if host == "localhost" || host == "::1" || host == "[::1]" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }

  /// - Throws: `InputError` of kind `usage`.
  func check() throws {
    guard !indexes.isEmpty else { throw InputError(.usage, "index", expected: "an index to serve", found: "none") }
    var names = Set<String>()
    for index in indexes {
      let isName = index.name.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F
          || byte == 0x2D || byte == 0x2E
      }
      guard isName, !index.name.isEmpty, index.name.utf8.count <= 100, index.name.first != "." else {
        throw InputError(
          .usage, "index", at: "name", expected: "letters, digits, \"_\", \"-\" and \".\"", found: "\"\(index.name)\"",
          remedy: "give it a name: NAME=\(index.path)")
      }
      guard names.insert(index.name).inserted else {
        throw InputError(
          .usage, "index", at: "name", expected: "names that differ", found: "\"\(index.name)\" twice",
          remedy: "give each a name: NAME=PATH")
      }
    }
    guard isLoopback || tokens != nil || allowsAnonymous else {
      throw InputError(
        .usage, "--host", expected: "an address of this machine alone, such as 127.0.0.1, or --tokens",
        found: host, remedy: "--anonymous lets everybody in who reaches it")
    }
    guard (certificate == nil) == (key == nil) else {
      throw InputError(
        .usage, "--tls-certificate", expected: "a certificate and its key", found: "one without the other")
    }
    try InputError.check("--port", port, in: 0...65_535)
    try InputError.check("--threads", threads, in: 1...1024)
  }
}
