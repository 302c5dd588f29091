/// All routes, found by the parts of a path.
struct RouteTable: Sendable {
  let routes: [Route]
  private let byCount: [Int: [Route]]

  /// The routes of the server.
  static let all = RouteTable(
    SearchRoutes.all + BrowseRoutes.all + ModelRoutes.all + GenerationRoutes.all + UpdateRoutes.all
      + OperationRoutes.all
      + InferenceRoutes.all)

  init(_ routes: [Route]) {
    self.routes = routes
    byCount = Dictionary(grouping: routes) { $0.parts.count }
  }

  enum Found {
    case route(Route, parameters: [String])
    /// The path is known, and does not take the method.
    case methods([String])
    case none
  }

  /// - Parameter parts: of the path, percent-decoded.
  func find(_ method: String, _ parts: [String]) -> Found {
    var methods: [String] = []
    var fewestParameters = Int.max
    for route in byCount[parts.count] ?? [] {
      guard let parameters = Self.match(route.parts, parts) else { continue }
      if route.method == method || (method == "HEAD" && route.method == "GET") {
        return .route(route, parameters: parameters)
      }
      // `items/delete` is the operation of that name before it is an item.
      if parameters.count > fewestParameters { continue }
      if parameters.count < fewestParameters { methods = [] }
      fewestParameters = parameters.count
      methods.append(route.method)
      if route.method == "GET" { methods.append("HEAD") }
    }
    return methods.isEmpty ? .none : .methods(methods)
  }

  private static func match(_ template: [Route.Part], _ parts: [String]) -> [String]? {
    var parameters: [String] = []
    for (part, text) in zip(template, parts) {
      switch part {
      case .name(let name): if name != text { return nil }
      case .open: parameters.append(text)
      }
    }
    return parameters
  }
}
