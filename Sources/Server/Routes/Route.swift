/// One operation of the API: which requests it takes, what they need, and what answers them.
struct Route: Sendable {
  /// A part of a path.
  enum Part: Hashable, Sendable {
    case name(String)
    /// Anything but nothing; it becomes a parameter.
    case open(String)
  }

  /// Where an operation runs.
  enum Place: Sendable {
    /// At once: it takes microseconds.
    case atOnce
    /// On the threads that answer requests.
    case work
    /// On the thread that changes indexes, so that updates do not take a thread from queries.
    case writing
  }

  let method: String
  /// As the OpenAPI document writes it.
  let template: String
  let operation: String
  let role: AccessTokens.Role
  let place: Place
  let parts: [Part]
  let answer: @Sendable (Call) throws -> Answer

  init(
    _ method: String, _ template: String, _ operation: String, role: AccessTokens.Role = .read, on place: Place = .work,
    _ answer: @escaping @Sendable (Call) throws -> Answer
  ) {
    self.method = method
    self.template = template
    self.operation = operation
    self.role = role
    self.place = place
    self.answer = answer
    parts = template.split(separator: "/").map {
      $0.hasPrefix("{") ? .open(String($0.dropFirst().dropLast())) : .name(String($0))
    }
  }

  var isInference: Bool { template.hasPrefix("/v2") }
}
