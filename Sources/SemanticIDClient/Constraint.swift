import Foundation

/// The tokens of a language model that write semantic IDs. What is nil is left to the server.
public struct ConstraintOptions: Hashable, Sendable, Encodable {
  /// The token of the first code; the others follow, level after level.
  public var firstToken: Int?
  /// Instead, the token of every code of every level. Without either, the token of a code is the code.
  public var tokens: [[Int]]?
  /// Tokens that the model scores.
  public var vocabularySize: Int?
  /// Tokens before an ID.
  public var begin: [Int]?
  /// Tokens behind an ID.
  public var end: [Int]?
  /// Tokens that may follow the end again and again.
  public var padding: [Int]?
  /// Tokens behind which an ID begins; all is free before and behind.
  public var triggers: [Int]?
  /// Only the IDs of these items.
  public var filter: Filter?

  /// Options as the server has them by default.
  public init() {}

  private enum CodingKeys: String, CodingKey {
    case tokens, begin, end, padding, triggers, filter
    case firstToken = "first_token"
    case vocabularySize = "vocabulary_size"
  }
}

/// Beams under a constraint.
public struct Beams: Hashable, Sendable {
  /// One per beam.
  public let states: [UInt32]
  /// 32-bit words of one row of the mask.
  public let words: Int
  /// Row after row: bit `i % 32` of word `i / 32` of a row says whether token `i` may follow.
  public let mask: [UInt32]

  /// Whether a token may follow a beam. False for a token that the mask has no bit for.
  public func allows(_ token: Int, beam: Int) -> Bool {
    guard states.indices.contains(beam), token >= 0, token / 32 < words else { return false }
    return mask[beam * words + token / 32] >> UInt32(token % 32) & 1 == 1
  }
}

/// A constraint that a server keeps: which tokens may follow, so that a language model writes only IDs of the index.
///
/// The server drops a constraint that was not used for long; it is then made again. Where the index has changed since,
/// states are of no more use, and `ServerError` of kind `missing` is thrown: begin anew with a new constraint.
public struct RemoteConstraint: Sendable {
  let client: IndexClient
  let options: ConstraintOptions
  /// Its name on the server.
  public let name: String
  /// The state of a beam at the beginning.
  public let firstState: UInt32
  /// Number of the model's tokens.
  public let vocabularySize: Int
  /// 32-bit words of one row of a mask.
  public let words: Int
  /// IDs that may be written.
  public let ids: Int
  /// The mask at the beginning.
  public let firstMask: [UInt32]

  private struct Answer: Decodable {
    var constraint: String
    var state: UInt32
    var vocabularySize: Int
    var words: Int
    var ids: Int
    var mask: Data

    enum CodingKeys: String, CodingKey {
      case constraint, state, words, ids, mask
      case vocabularySize = "vocabulary_size"
    }
  }

  init(_ client: IndexClient, _ options: ConstraintOptions, timeout: Duration?) async throws {
    let reply = try await client.post(["constraints"], options, timeout: timeout)
    let answer = try reply.result(Answer.self)
    guard answer.words > 0, answer.mask.count == answer.words * 4 else {
      throw ServerError(malformed: "a mask of \(answer.mask.count) bytes, not \(answer.words) words", url: reply.url)
    }
    self.client = client
    self.options = options
    name = answer.constraint
    firstState = answer.state
    vocabularySize = answer.vocabularySize
    words = answer.words
    ids = answer.ids
    firstMask = Self.numbers(answer.mask)
  }

  /// Beams that have not written anything. Asks nobody.
  public func start(beams: Int) -> Beams {
    let count = max(beams, 0)
    return Beams(
      states: Array(repeating: firstState, count: count), words: words,
      mask: Array(repeatElement(firstMask, count: count).joined()))
  }

  /// The beams after one more token each.
  ///
  /// - Parameters:
  ///   - states: one per beam, of the last answer.
  ///   - tokens: one per beam.
  ///   - timeout: as in `IndexClient.query`.
  public func advance(_ states: [UInt32], by tokens: [Int], timeout: Duration? = nil) async throws -> Beams {
    guard states.count == tokens.count else {
      throw RequestError(
        source: "tokens", expected: "one for each of \(states.count) beams", found: "\(tokens.count)")
    }
    return try await ask(Body(states: states, tokens: tokens), beams: states.count, timeout)
  }

  /// The masks of states, once more.
  ///
  /// - Parameter timeout: as in `IndexClient.query`.
  public func masks(of states: [UInt32], timeout: Duration? = nil) async throws -> Beams {
    try await ask(Body(states: states), beams: states.count, timeout)
  }

  /// Beams by all the tokens that each has written.
  ///
  /// - Parameter timeout: as in `IndexClient.query`.
  public func beams(after texts: [[Int]], timeout: Duration? = nil) async throws -> Beams {
    try await ask(Body(texts: texts), beams: texts.count, timeout)
  }

  private struct Body: Encodable {
    var constraint = ""
    var states: [UInt32]?
    var tokens: [Int]?
    var texts: [[Int]]?
  }

  private func ask(_ body: Body, beams: Int, _ timeout: Duration?) async throws -> Beams {
    guard beams > 0 else { return start(beams: 0) }
    var body = body
    body.constraint = name
    let parts = ["constraints", "advance"]
    let reply: Transport.Reply
    do {
      reply = try await client.postForBinary(parts, body, timeout: timeout)
    } catch let error as ServerError where error.status == 404 {
      let again = try await RemoteConstraint(client, options, timeout: timeout)
      guard again.name == name else { throw error }
      reply = try await client.postForBinary(parts, body, timeout: timeout)
    }
    guard reply.body.count == beams * (1 + words) * 4 else {
      throw ServerError(
        malformed: "\(reply.body.count) bytes of states and masks, not \(beams * (1 + words) * 4)", url: reply.url)
    }
    let numbers = Self.numbers(reply.body)
    return Beams(states: Array(numbers[..<beams]), words: words, mask: Array(numbers[beams...]))
  }

  /// Little-endian 32-bit numbers.
  private static func numbers(_ data: Data) -> [UInt32] {
    data.withUnsafeBytes { bytes in
      (0..<bytes.count / 4).map { UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self)) }
    }
  }
}

extension IndexClient {
  /// A constraint of decoding: which tokens may follow, so that only IDs of the index are written.
  ///
  /// - Parameter timeout: as in `query`.
  public func constraint(_ options: ConstraintOptions, timeout: Duration? = nil) async throws -> RemoteConstraint {
    try await RemoteConstraint(self, options, timeout: timeout)
  }
}
