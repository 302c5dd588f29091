/// What a request may ask for, and how much work may wait.
package struct ServerLimits: Sendable {
  /// Bytes of a request's body.
  package var body = 64 << 20
  /// Queries, vectors, items, beams or texts of one request.
  package var batch = 10_000
  /// Items wanted of one query.
  package var k = 1000
  /// Items reranked, or candidates, of one query.
  package var candidates = 1_000_000
  /// Requests that wait for a thread; one more is answered with 503.
  package var queue = 1024
  /// Connections that are open; more wait to be accepted.
  package var connections = 1024
  /// Seconds that a request may take, from its head to its answer.
  package var timeout = 30.0
  /// Seconds that a connection may be silent.
  package var idle = 60.0
  /// Seconds that requests under way may take when the server ends.
  package var grace = 30.0
  /// Characters of a text that is encoded, or in which IDs are looked for.
  package var text = 1 << 20
  /// Constraints that are kept, of all indexes.
  package var constraints = 64

  package init() {}
}
