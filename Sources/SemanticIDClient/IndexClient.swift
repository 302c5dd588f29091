public import AsyncHTTPClient
import Foundation

/// An index of a server that `semid serve` runs.
///
///     let client = try IndexClient(url: "http://127.0.0.1:8080", index: "shop")
///     let found = try await client.query(.item("item-17"), count: 5)
///
/// Any number of tasks may use it. Every method throws `ServerError` for a fault that the server answers with,
/// `UnreachableError` where no answer comes, `RequestError` for what cannot be sent, and `CancellationError` when its task
/// is cancelled.
///
/// Requests that may be carried out twice are sent again: once where the connection turns out closed, and up to `retries`
/// times after an answer 503 with `Retry-After`, as long as the time allows it. `reload` and `rollback` are sent once.
public struct IndexClient: Sendable {
  let transport: Transport
  /// The index's name on the server.
  public let index: String

  /// A client of one index of a server.
  ///
  /// - Parameters:
  ///   - url: of the server, such as `https://search.example:8443`. A path before `/v1` may stand in it.
  ///   - index: the index's name.
  ///   - token: sent as `Authorization: Bearer`.
  ///   - timeout: for a call, all attempts together. The server is told, and stops its own work then.
  ///   - retries: attempts after a 503.
  ///   - httpClient: what carries the requests. One of your own says which authorities are trusted, and more.
  /// - Throws: `RequestError` for a URL or token that cannot be used.
  public init(
    url: String, index: String, token: String? = nil, timeout: Duration = .seconds(30), retries: Int = 2,
    httpClient: HTTPClient? = nil
  ) throws {
    let parts = URLComponents(string: url)
    guard let parts, parts.scheme == "http" || parts.scheme == "https", parts.host?.isEmpty == false,
      parts.user == nil, parts.query == nil, parts.fragment == nil
    else {
      // Whatever else stands in it, a password does not go into a message.
      throw RequestError(
        source: "url", expected: "http://HOST:PORT or https://HOST:PORT",
        found: parts?.user == nil ? url : "a user in it")
    }
    if let token, token.isEmpty || !token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) {
      throw RequestError(source: "token", expected: "printable ASCII without spaces", found: "something else")
    }
    var address = url
    while address.hasSuffix("/") { address.removeLast() }
    transport = Transport(
      url: address, token: token, timeout: timeout, retries: retries, httpClient: httpClient ?? Self.usual)
    self.index = index
  }

  /// Lives as long as the process. Where nobody listens, it says so at once, and does not try until the time is over.
  private static let usual: HTTPClient = {
    var configuration = HTTPClient.Configuration.singletonConfiguration
    configuration.connectionPool.retryConnectionEstablishment = false
    return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }()

  private init(_ transport: Transport, index: String) {
    self.transport = transport
    self.index = index
  }

  /// A client of another index of the server.
  public func withIndex(_ name: String) -> IndexClient { IndexClient(transport, index: name) }

  // MARK: The server

  /// The indexes that the server has, this one or not.
  public func indexes() async throws -> [IndexInfo] {
    struct List: Decodable { var indexes: [IndexInfo] }
    return try await transport.send(.init(method: .get, path: "/v1/indexes"), timeout: nil).result(List.self).indexes
  }

  /// Whether the server takes requests. False also where there is none.
  public func isReady() async -> Bool {
    let request = Transport.Request(method: .get, path: "/readyz", accept: "text/plain", isRepeatable: false)
    return (try? await transport.send(request, timeout: nil)) != nil
  }

  /// Metrics in the text format of Prometheus.
  public func metrics() async throws -> String {
    let reply = try await transport.send(.init(method: .get, path: "/metrics", accept: "text/plain"), timeout: nil)
    return String(decoding: reply.body, as: UTF8.self)
  }

  /// What the index is.
  public func info() async throws -> IndexInfo { try await get([]).result() }

  // MARK: Requests

  private func path(_ parts: [String]) -> String {
    "/v1/indexes/" + ([index] + parts).map(Transport.encoded).joined(separator: "/")
  }

  func get(_ parts: [String], query: [(String, String?)] = []) async throws -> Transport.Reply {
    let given = query.compactMap { name, value in value.map { (name: name, value: $0) } }
    return try await transport.send(.init(method: .get, path: path(parts), query: given), timeout: nil)
  }

  /// - Parameter body: nil where the request has none.
  func post(_ parts: [String], _ body: (some Encodable)?, timeout: Duration?) async throws -> Transport.Reply {
    let data = try body.map { try Self.json($0) }
    return try await transport.send(
      .init(method: .post, path: path(parts), body: data, isTimed: true), timeout: timeout)
  }

  func put(_ parts: [String], _ body: some Encodable, timeout: Duration?) async throws -> Transport.Reply {
    try await transport.send(
      .init(method: .put, path: path(parts), body: try Self.json(body), isTimed: true), timeout: timeout)
  }

  /// Sent once, without a body.
  func postOnce(_ parts: [String]) async throws -> Transport.Reply {
    try await transport.send(.init(method: .post, path: path(parts), isRepeatable: false), timeout: nil)
  }

  func postBinary(
    _ parts: [String], _ body: Data, query: [(String, String?)], timeout: Duration?
  ) async throws -> Transport.Reply {
    let given = query.compactMap { name, value in value.map { (name: name, value: $0) } }
    return try await transport.send(
      .init(
        method: .post, path: path(parts), query: given, body: body, contentType: Transport.binary, isTimed: true),
      timeout: timeout)
  }

  func postForBinary(_ parts: [String], _ body: some Encodable, timeout: Duration?) async throws -> Transport.Reply {
    try await transport.send(
      .init(
        method: .post, path: path(parts), body: try Self.json(body), accept: Transport.binary, isTimed: true),
      timeout: timeout)
  }

  static func json(_ value: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    // The same request has the same bytes.
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return try encoder.encode(value)
    } catch {
      throw RequestError(source: "request", expected: "finite numbers", found: "\(error)")
    }
  }

  /// The rows of a matrix, one after another.
  static func rows(_ vectors: [[Float]]) throws -> Data {
    guard let columns = vectors.first?.count, columns > 0 else {
      throw RequestError(source: "vectors", expected: "one vector or more", found: "none")
    }
    for (row, vector) in vectors.enumerated() where vector.count != columns {
      throw RequestError(
        source: "vectors", expected: "\(columns) numbers in each, as in the first",
        found: "\(vector.count) in row \(row)")
    }
    return FloatBytes.data(Array(vectors.joined()))
  }
}
