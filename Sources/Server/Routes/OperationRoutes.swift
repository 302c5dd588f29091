import Vectors

/// Health, metrics, and the state that is served.
enum OperationRoutes {
  static let all: [Route] = [
    Route("POST", "/v1/indexes/{index}/reload", "reload", role: .admin, on: .writing) { call in
      let served = try call.index()
      do {
        try served.reload()
      } catch let error as InputError {
        // What stands at the path is no fault of the request.
        var fault = ServerFault(error)
        fault.kind = .conflict
        throw fault
      }
      return Answer.result(since: call.started) { BrowseRoutes.describe(served, to: &$0) }
    },
    Route("POST", "/v1/indexes/{index}/rollback", "rollback", role: .admin, on: .writing) { call in
      let served = try call.index()
      try served.rollBack()
      return Answer.result(since: call.started) { BrowseRoutes.describe(served, to: &$0) }
    },
    Route("GET", "/healthz", "healthz", role: .none, on: .atOnce) { _ in .text("healthz check passed\n") },
    Route("GET", "/livez", "livez", role: .none, on: .atOnce) { _ in .text("livez check passed\n") },
    Route("GET", "/readyz", "readyz", role: .none, on: .atOnce) { call in
      call.server.isReady
        ? .text("readyz check passed\n") : .text("the server is starting or ending\n", status: 503)
    },
    Route("GET", "/metrics", "metrics", on: .atOnce) { call in
      Answer(type: "text/plain; version=0.0.4; charset=utf-8", body: Array(call.server.metricsText().utf8))
    },
    Route("GET", "/openapi.json", "openAPI", role: .none, on: .atOnce) { _ in
      Answer(headers: [("Cache-Control", "no-cache")], body: try document.get())
    },
    Route("GET", "/", "explorer", role: .none, on: .atOnce) {
      try page($0, "text/html; charset=utf-8", ExplorerPage.html)
    },
    Route("GET", "/explorer.js", "explorerScript", role: .none, on: .atOnce) {
      try page($0, "text/javascript; charset=utf-8", ExplorerPage.script)
    },
    Route("GET", "/explorer.css", "explorerStyle", role: .none, on: .atOnce) {
      try page($0, "text/css; charset=utf-8", ExplorerPage.style)
    },
  ]

  /// Made once.
  private static let document = Result { try OpenAPIDocument.json() }

  /// Files of the page, which are no operations of the API.
  static let pageFiles = ["explorerScript", "explorerStyle"]

  static let contentSecurityPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

  private static func page(_ call: Call, _ type: String, _ text: String) throws -> Answer {
    guard call.server.options.hasExplorer else {
      throw ServerFault(.missing, "path", expected: "an operation of the API", found: "the explorer, which is off")
    }
    return Answer(
      type: type,
      headers: [
        ("Content-Security-Policy", contentSecurityPolicy), ("Referrer-Policy", "no-referrer"),
        ("Cache-Control", "no-cache"),
      ], body: Array(text.utf8))
  }
}
