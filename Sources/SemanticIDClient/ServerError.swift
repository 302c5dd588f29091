public import Foundation

/// A fault that a server answered with, or an answer that is not one of `semid serve`.
public struct ServerError: Error, Hashable, Sendable, CustomStringConvertible, LocalizedError {
  /// The status of HTTP, such as 404.
  public var status: Int
  /// What kind of fault: `missing`, `unauthorized`, `busy` and others, as the server's description of its interface lists
  /// them; `http` where something between the client and the server answered, `malformed` where an answer cannot be read.
  public var kind: String
  /// The whole message.
  public var message: String
  /// What was looked at.
  public var source: String?
  /// Where in it.
  public var place: String?
  /// What would have been right.
  public var expected: String?
  /// What was there instead.
  public var found: String?
  /// What to do about it.
  public var remedy: String?
  /// Seconds that the server asks to wait.
  public var retryAfter: Int?

  /// The whole message.
  public var description: String { message }
  /// The whole message.
  public var errorDescription: String? { message }
}

/// No answer came from a server: it is not there, it ended, or the time was over.
public struct UnreachableError: Error, Hashable, Sendable, CustomStringConvertible, LocalizedError {
  /// What was asked for.
  public var url: String
  /// What went wrong.
  public var reason: String
  /// Whether the time was over.
  public var timedOut: Bool

  /// The address and the reason.
  public var description: String { "\(url): \(reason)" }
  /// The address and the reason.
  public var errorDescription: String? { description }
}

/// Something that a client cannot send.
public struct RequestError: Error, Hashable, Sendable, CustomStringConvertible, LocalizedError {
  /// What was given.
  public var source: String
  /// What would have been right.
  public var expected: String
  /// What was there instead.
  public var found: String

  /// The whole message.
  public var description: String { "\(source): expected \(expected), found \(found)" }
  /// The whole message.
  public var errorDescription: String? { description }
}

/// The parts of a fault, as the server writes them.
struct FaultBody: Decodable {
  struct Status: Decodable {
    var error: String
    var kind: String?
    var source: String?
    var place: String?
    var expected: String?
    var found: String?
    var remedy: String?
  }
  var status: Status
}

extension ServerError {
  /// - Parameter body: of an answer whose status is not 200.
  init(status: Int, body: Data, retryAfter: Int?, url: String) {
    if let told = try? JSONDecoder().decode(FaultBody.self, from: body).status {
      self.init(
        status: status, kind: told.kind ?? "http", message: told.error, source: told.source, place: told.place,
        expected: told.expected, found: told.found, remedy: told.remedy, retryAfter: retryAfter)
    } else {
      self.init(
        status: status, kind: "http",
        message: "\(url): expected an answer of semid serve, found one with status \(status)", source: url,
        retryAfter: retryAfter)
    }
  }

  /// An answer with status 200 that cannot be read.
  init(malformed found: String, url: String) {
    self.init(
      status: 200, kind: "malformed",
      message: "\(url): expected an answer of semid serve, found \(found); are client and server of one version?",
      source: url, expected: "an answer of semid serve", found: found,
      remedy: "are client and server of one version?")
  }
}
