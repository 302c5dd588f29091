import Foundation
import Vectors

/// What is wrong with a request, in the parts that every error has, and the status of HTTP that goes with it.
struct ServerFault: Error, Hashable {
  enum Kind: String, CaseIterable {
    // `usage` and `malformed` are requests that the document of the API does not allow; `mismatch` and `unsupported` are
    // allowed there, and do not fit the index.
    // As `InputError.Kind`.
    case usage, malformed, missing, mismatch, unsupported, io, cannotCreate
    /// No token, or one that is not known.
    case unauthorized
    /// A token without the right.
    case forbidden
    /// A path that does not take this method.
    case method
    /// Nothing is wrong with the request, but the state does not allow it now.
    case conflict
    /// A body, a batch or a number above the server's limits.
    case tooLarge
    /// A body of another type.
    case mediaType
    /// Too many requests wait.
    case busy
    case deadline
    case `internal`

    var status: Int {
      switch self {
      case .usage, .malformed: 400
      case .mismatch, .unsupported: 422
      case .unauthorized: 401
      case .forbidden: 403
      case .missing: 404
      case .deadline: 408
      case .method: 405
      case .conflict: 409
      case .tooLarge: 413
      case .mediaType: 415
      case .io, .cannotCreate, .internal: 500
      case .busy: 503
      }
    }
  }

  var kind: Kind
  var source: String
  var place: String?
  var expected: String?
  var found: String?
  var remedy: String?
  /// Methods that the path takes, for kind `method`.
  var allowed: [String] = []

  init(
    _ kind: Kind, _ source: String, at place: String? = nil, expected: String? = nil, found: String? = nil,
    remedy: String? = nil
  ) {
    self.kind = kind
    self.source = source
    self.place = place
    self.expected = expected
    self.found = found
    self.remedy = remedy
  }

  init(_ error: InputError) {
    self.init(
      Kind(rawValue: error.kind.rawValue) ?? .internal, error.source, at: error.place, expected: error.expected,
      found: error.found, remedy: error.remedy)
  }

  init(_ error: any Error) {
    switch error {
    case let fault as ServerFault: self = fault
    case let error as InputError: self.init(error)
    case is CancellationError: self.init(.deadline, "request", found: "cancelled")
    default: self.init(.internal, "server", found: "an error of the system")
    }
  }

  /// The whole message, as `InputError` puts it together.
  var message: String {
    InputError(.usage, source, at: place, expected: expected, found: found, remedy: remedy).description
  }

  /// The same with a path of this machine replaced by a name: clients learn nothing of the file system.
  ///
  /// In the source, where messages name files, the path stands at the beginning. Elsewhere only whole absolute paths are
  /// replaced: a directory named `index` is no reason to change that word.
  func hiding(_ path: String, as name: String) -> ServerFault {
    guard !path.isEmpty else { return self }
    var fault = self
    if source == path || source.hasPrefix(path + "/") { fault.source = name + source.dropFirst(path.count) }
    guard path.hasPrefix("/"), path.count > 1 else { return fault }
    func clean(_ text: String?) -> String? {
      guard let text, text.contains(path) else { return text }
      var cleaned = ""
      var rest = Substring(text)
      while let found = rest.range(of: path) {
        let isWhole =
          (rest[..<found.lowerBound].last ?? cleaned.last).map(Self.isBoundary) ?? true
          && rest[found.upperBound...].first.map { $0 == "/" || Self.isBoundary($0) } ?? true
        cleaned += rest[..<found.lowerBound] + (isWhole ? name : path)
        rest = rest[found.upperBound...]
      }
      return cleaned + rest
    }
    fault.source = clean(fault.source) ?? ""
    fault.place = clean(place)
    fault.expected = clean(expected)
    fault.found = clean(found)
    fault.remedy = clean(remedy)
    return fault
  }

  /// What may stand beside a path in a message.
  private static func isBoundary(_ character: Character) -> Bool {
    character.isWhitespace || "\"'`,;:.()".contains(character)
  }
}
