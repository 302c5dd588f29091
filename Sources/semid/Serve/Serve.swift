import ArgumentParser
import Foundation
import SemanticID
import Server

struct Serve: SemidCommand {
  static let configuration = CommandConfiguration(
    abstract: "Serve indexes over HTTP, with a page to look at them.",
    discussion: """
      Examples:
        semid serve index
        semid serve books=index --titles books=items.parquet --encoder books=all-minilm-l6-v2
        semid serve index --writable --tokens tokens.txt --host 0.0.0.0 --tls-certificate cert.pem --tls-key key.pem

      Open http://127.0.0.1:8080/ for the page, and /openapi.json for the API. An index is served under the name of its \
      directory, or under the NAME of NAME=PATH. Options that belong to one of several indexes take NAME=VALUE, too.
      """)

  @Argument(help: ArgumentHelp("Index directories.", valueName: "[name=]index"), completion: .directory)
  var indexes: [String] = []
  @Option(help: ArgumentHelp("Address to listen on.", valueName: "address"))
  var host = ServerOptions().host
  @Option(help: ArgumentHelp("Port to listen on; 0 for one that is free.", valueName: "n"))
  var port = ServerOptions().port
  @Flag(help: "Take updates. One process may change an index at a time.")
  var writable = false
  @Option(
    help: ArgumentHelp(
      "Sentence encoder, as on disk, for queries of text; by default none.", valueName: "[name=]directory"),
    completion: .directory)
  var encoder: [String] = []
  @Option(
    help: ArgumentHelp(
      "Written before texts that are encoded: a prompt's name or a text; by default the encoder's own.",
      valueName: "[name=]text"))
  var prompt: [String] = []
  @Option(
    help: ArgumentHelp("Titles of the items, a table; by default the attribute title.", valueName: "[name=]file"),
    completion: .file())
  var titles: [String] = []

  @Option(
    help: ArgumentHelp(
      "Who may do what: lines of a role (read, write or admin) and a token; by default everybody may do everything.",
      valueName: "file"),
    completion: .file())
  var tokens: String?
  @Flag(help: "Listen beyond this machine without tokens.")
  var anonymous = false
  @Option(
    help: ArgumentHelp("Certificates in PEM, for TLS and HTTP/2; by default plain HTTP/1.1.", valueName: "file"),
    completion: .file())
  var tlsCertificate: String?
  @Option(help: ArgumentHelp("The certificate's key in PEM; by default none.", valueName: "file"), completion: .file())
  var tlsKey: String?
  @Option(help: ArgumentHelp("Origin whose pages may ask, or *; by default none.", valueName: "origin"))
  var cors: [String] = []
  @Flag(help: "Do not serve the page.")
  var noExplorer = false

  @Option(
    help: ArgumentHelp(
      "Seconds between two looks at the files of indexes that are only read; 0 for none.", valueName: "s"))
  var follow = ServerOptions().follow
  @Option(help: ArgumentHelp("Requests that may wait for a thread; one more gets 503.", valueName: "n"))
  var queue = ServerLimits().queue
  @Option(help: ArgumentHelp("Seconds that a request may take.", valueName: "s"))
  var timeout = ServerLimits().timeout
  @Option(help: ArgumentHelp("Seconds that requests under way may take when the server ends.", valueName: "s"))
  var grace = ServerLimits().grace
  @Option(help: ArgumentHelp("MiB of a request's body.", valueName: "n"))
  var maxBody = ServerLimits().body >> 20
  @Option(help: ArgumentHelp("Queries, vectors or items of a request.", valueName: "n"))
  var maxBatch = ServerLimits().batch
  @Option(help: ArgumentHelp("Items wanted of a query.", valueName: "n"))
  var maxK = ServerLimits().k
  @Option(help: ArgumentHelp("Connections that are open at a time.", valueName: "n"))
  var connections = ServerLimits().connections
  @Flag(help: "Log every request, not only those that failed.")
  var logRequests = false
  @Option(
    help: ArgumentHelp(
      "Serve nothing: ask the server at this address whether it takes requests, for checks of health; by default it serves.",
      valueName: "url"
    ))
  var check: String?
  @OptionGroup(title: "Common options") var common: GlobalOptions

  func validate() throws {
    try InputError.check("--port", port, in: 0...65_535)
    try InputError.check("--queue", queue, in: 1...1_000_000)
    try InputError.check("--max-body", maxBody, in: 1...1024)
    try InputError.check("--max-batch", maxBatch, in: 1...1_000_000)
    try InputError.check("--max-k", maxK, in: 1...10_000)
    try InputError.check("--connections", connections, in: 1...100_000)
    for (name, seconds, least) in [("--timeout", timeout, 0.001), ("--grace", grace, 0), ("--follow", follow, 0)] {
      guard seconds >= least, seconds <= 86_400 else {
        throw ValidationError("\(name): expected seconds up to 86,400, found \(seconds)")
      }
    }
    guard indexes.isEmpty == (check != nil) else {
      throw ValidationError(
        check == nil ? "expected an index to serve, found none" : "--check: expected no index beside it")
    }
  }

  func execute(_ console: Console) async throws {
    if let check { return try await ServerCheck.run(check, within: 5) }
    var options = ServerOptions()
    options.indexes = try served()
    options.host = host
    options.port = port
    options.threads = console.pool.threads
    options.isWritable = writable
    options.tokens = try tokens.map { try AccessTokens(opening: $0) }
    options.allowsAnonymous = anonymous
    options.certificate = tlsCertificate
    options.key = tlsKey
    options.follow = follow
    options.origins = cors
    options.hasExplorer = !noExplorer
    options.logsRequests = logRequests
    options.limits.queue = queue
    options.limits.timeout = timeout
    options.limits.grace = grace
    options.limits.body = maxBody << 20
    options.limits.batch = maxBatch
    options.limits.k = maxK
    options.limits.connections = connections
    let hasPage = !noExplorer
    try await SemidServer.run(options) { address, indexes in
      for index in indexes { console.note("\(index.name): \(Text.count(index.items, "item"))") }
      try? console.results.line("listening on \(address)" + (hasPage ? "/" : ""))
      try? console.results.flush()
    }
    console.note("ended")
  }

  private func served() throws -> [ServerOptions.Index] {
    var served = indexes.map { text in
      let (name, path) = Self.split(text)
      return ServerOptions.Index(
        name: name ?? URL(fileURLWithPath: path).standardizedFileURL.lastPathComponent, path: path)
    }
    func assign(_ flag: String, _ values: [String], _ field: WritableKeyPath<ServerOptions.Index, String?>) throws {
      for value in values {
        let (name, rest) = Self.split(value)
        let place = served.firstIndex { $0.name == name }
        guard place != nil || served.count == 1 else {
          throw InputError(
            .usage, flag, expected: "NAME=VALUE, with the name of one of the indexes", found: "\"\(value)\"",
            remedy: "the names are \(served.map(\.name).joined(separator: ", "))")
        }
        served[place ?? 0][keyPath: field] = place == nil ? value : rest
      }
    }
    try assign("--encoder", encoder, \.encoder)
    try assign("--prompt", prompt, \.prompt)
    try assign("--titles", titles, \.titles)
    return served
  }

  /// `NAME=PATH`, where NAME could be a name and PATH does not stand as a whole.
  private static func split(_ text: String) -> (name: String?, rest: String) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, !parts[0].contains("/"), !FileManager.default.fileExists(atPath: text)
    else { return (nil, text) }
    return (String(parts[0]), String(parts[1]))
  }
}
