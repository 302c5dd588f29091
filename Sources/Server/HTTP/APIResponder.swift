import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1

/// What is known of a request before its path is understood.
struct APIContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  let channel: any Channel

  init(source: ApplicationRequestContextSource) {
    coreContext = .init(source: source)
    channel = source.channel
  }
}

/// Understands requests, checks who asks, runs the operation where it belongs, and writes what comes of it.
struct APIResponder: HTTPResponder {
  typealias Context = APIContext

  let core: ServerCore
  let routes = RouteTable.all
  let logger: Logger

  func respond(to request: Request, context: APIContext) async throws -> Response {
    let started = ContinuousClock.now
    core.metrics.begin()
    let id = Self.requestID(request, context)
    var route: Route?
    var answer: Answer
    // For the log alone: it may name files.
    var reason: String?
    do {
      answer = try await self.answer(request, context, started, &route)
    } catch let error as HTTPParserError {
      core.metrics.end("other", status: 400, seconds: 0)
      throw error
    } catch {
      if ServerFault(error).kind.status >= 500, ServerFault(error).kind != .busy { reason = "\(error)" }
      let fault = cleaned(ServerFault(error))
      answer = route?.isInference == true ? .inferenceFault(fault) : .fault(fault, since: started)
      // HTTP/2 knows no such header, and its connections go on.
      if fault.kind == .tooLarge || fault.kind == .unauthorized, !core.options.isSecure {
        answer.headers.append(("Connection", "close"))
      }
    }
    let seconds = Answer.seconds(since: started)
    core.metrics.end(route?.operation ?? "other", status: answer.status, seconds: seconds)
    if core.options.logsRequests || answer.status >= 500 {
      var metadata: Logger.Metadata = [
        "request": "\(id)", "operation": "\(route?.operation ?? "other")", "status": "\(answer.status)",
        "seconds": "\(seconds)", "bytes": "\(answer.body.count)",
      ]
      metadata["error"] = reason.map { "\($0)" }
      logger.log(level: answer.status >= 500 ? .error : .info, "request", metadata: metadata)
    }
    return response(answer, to: request, id: id)
  }

  /// No path of this machine leaves it.
  private func cleaned(_ fault: ServerFault) -> ServerFault {
    core.indexes.values.reduce(fault) { $1.cleaned($0) }
  }

  private func answer(
    _ request: Request, _ context: APIContext, _ started: ContinuousClock.Instant, _ found: inout Route?
  ) async throws -> Answer {
    let method = request.method.rawValue
    if method == "OPTIONS", !core.options.origins.isEmpty { return Answer(status: 204, type: "") }
    let path = try RequestPath(request.head.path ?? "/")
    let route: Route
    let parameters: [String]
    switch routes.find(method, path.parts) {
    case .route(let known, let open): (route, parameters) = (known, open)
    case .methods(let methods):
      var fault = ServerFault(.method, "path", expected: methods.joined(separator: " or "), found: method)
      fault.allowed = methods
      throw fault
    case .none:
      throw ServerFault(
        .missing, "path", expected: "an operation of the API, see /openapi.json",
        found: "\"/\(path.parts.joined(separator: "/").prefix(100))\"")
    }
    found = route
    try refuseForeignPages(request)
    try authorize(request, route)
    let limits = core.options.limits
    var deadline = started + .seconds(limits.timeout)
    if let text = path.query.first(where: { $0.name == "timeout" })?.value {
      guard let seconds = Double(text), (0.001...3600).contains(seconds) else {
        throw ServerFault(
          .usage, "query", at: "timeout", expected: "seconds from 0.001 to 3600", found: "\"\(text.prefix(30))\"")
      }
      deadline = min(deadline, started + .seconds(seconds))
    }
    let body = try await body(of: request, context)
    let type = request.headers[.contentType]?.split(separator: ";").first.map { $0.lowercased() } ?? ""
    let isBinary = type == "application/octet-stream"
    guard
      isBinary || body.readableBytes == 0 || type.isEmpty || type.hasSuffix("json")
        || type == "application/x-www-form-urlencoded"
    else {
      throw ServerFault(
        .mediaType, "Content-Type", expected: "application/json or application/octet-stream",
        found: "\"\(type.prefix(60))\"")
    }
    let call = Call(
      server: core, parameters: parameters, query: path.query, body: body, isBinary: isBinary,
      wantsBinary: request.headers[.accept]?.contains("application/octet-stream") == true,
      inferenceHeaderLength: Self.inferenceLength.flatMap { request.headers[$0] }, started: started, deadline: deadline)
    switch route.place {
    case .atOnce: return try route.answer(call)
    case .work: return try await core.work.run(until: deadline) { try route.answer(call) }
    case .writing: return try await core.writing.run(until: deadline) { try route.answer(call) }
    }
  }

  /// A page of another site must not act on a server that asks for no tokens: a browser sends its requests with `Origin`,
  /// and those of a name that was bent to this machine with a foreign `Host`.
  private func refuseForeignPages(_ request: Request) throws {
    let options = core.options
    guard options.tokens == nil else { return }
    let host = request.head.authority ?? ""
    let name = host.hasPrefix("[") ? String(host.prefix { $0 != "]" }) + "]" : String(host.prefix { $0 != ":" })
    let isAllowed = ["http://\(host)", "https://\(host)"].contains(where: options.origins.contains)
    if options.isLoopback, !name.isEmpty, !ServerOptions.isLoopback(name), !isAllowed {
      throw ServerFault(
        .forbidden, "Host", expected: "this machine, such as 127.0.0.1", found: "\"\(name.prefix(100))\"",
        remedy: "behind a proxy of that name, start the server with --tokens, or with --cors https://NAME")
    }
    guard let origin = request.headers[.origin], !options.origins.contains("*"), !options.origins.contains(origin)
    else {
      return
    }
    guard origin == "http://\(host)" || origin == "https://\(host)" else {
      throw ServerFault(
        .forbidden, "Origin", expected: "a page of this server", found: "\"\(origin.prefix(100))\"",
        remedy: "--cors ORIGIN lets its pages ask")
    }
  }

  private static let inferenceLength = HTTPField.Name("Inference-Header-Content-Length")
  private static let requestIDName = HTTPField.Name("X-Request-ID")

  private func authorize(_ request: Request, _ route: Route) throws {
    guard let tokens = core.options.tokens, route.role > .none else { return }
    guard let header = request.headers[.authorization] else {
      throw ServerFault(.unauthorized, "Authorization", expected: "Bearer and a token", found: "none")
    }
    let parts = header.split(separator: " ")
    guard parts.count == 2, parts[0].lowercased() == "bearer" else {
      throw ServerFault(.unauthorized, "Authorization", expected: "Bearer and a token", found: "something else")
    }
    let role = tokens.role(of: String(parts[1]))
    guard role > .none else {
      throw ServerFault(.unauthorized, "Authorization", expected: "a token of this server", found: "another")
    }
    guard role >= route.role else {
      throw ServerFault(
        .forbidden, "Authorization", expected: "a token of role \(route.role.name)", found: "one of role \(role.name)")
    }
  }

  /// Reads the body. A client that sends it too slowly is cut off.
  private func body(of request: Request, _ context: APIContext) async throws -> ByteBuffer {
    let limit = core.options.limits.body
    let declared = request.headers[.contentLength].flatMap { Int($0) }
    if declared == 0 || (declared == nil && request.headers[.transferEncoding] == nil && !Self.hasBody(request)) {
      return ByteBuffer()
    }
    if let declared, declared > limit { throw Self.tooLarge(limit, declared) }
    let channel = context.channel
    let timer = channel.eventLoop.scheduleTask(in: .milliseconds(Int64(core.options.limits.timeout * 1000))) {
      channel.close(promise: nil)
    }
    defer { timer.cancel() }
    do {
      return try await request.body.collect(upTo: limit)
    } catch is NIOTooManyBytesError {
      throw Self.tooLarge(limit, nil)
    }
  }

  private static func hasBody(_ request: Request) -> Bool { request.method == .post || request.method == .put }

  private static func tooLarge(_ limit: Int, _ found: Int?) -> ServerFault {
    ServerFault(.tooLarge, "body", expected: "at most \(limit) bytes", found: found.map { "\($0)" } ?? "more")
  }

  /// The client's own, where it is one that a log can show.
  private static func requestID(_ request: Request, _ context: APIContext) -> String {
    if let name = requestIDName, let given = request.headers[name], (1...128).contains(given.utf8.count),
      given.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C })
    {
      return given
    }
    return context.id
  }

  private func response(_ answer: Answer, to request: Request, id: String) -> Response {
    var headers = HTTPFields()
    if !answer.type.isEmpty { headers[.contentType] = answer.type }
    headers[.contentLength] = "\(answer.body.count)"
    if let name = Self.requestIDName { headers[name] = id }
    headers[.xContentTypeOptions] = "nosniff"
    for (name, value) in answer.headers {
      if let name = HTTPField.Name(name) { headers[name] = value }
    }
    allowOrigin(request, &headers)
    let status = HTTPResponse.Status(code: answer.status)
    guard !answer.body.isEmpty, request.method != .head else { return Response(status: status, headers: headers) }
    return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: answer.body)))
  }

  private func allowOrigin(_ request: Request, _ headers: inout HTTPFields) {
    let origins = core.options.origins
    guard !origins.isEmpty, let origin = request.headers[.origin] else { return }
    guard origins.contains("*") || origins.contains(origin) else { return }
    headers[.accessControlAllowOrigin] = origins.contains("*") ? "*" : origin
    headers[.vary] = "Origin"
    headers[.accessControlAllowHeaders] = "Authorization, Content-Type, X-Request-ID"
    headers[.accessControlAllowMethods] = "GET, HEAD, POST, PUT, OPTIONS"
    headers[.accessControlMaxAge] = "600"
  }
}
