import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// Requests to one server.
struct Transport: Sendable {
  let url: String
  let token: String?
  let timeout: Duration
  let retries: Int
  let httpClient: HTTPClient

  static let json = "application/json"
  static let binary = "application/octet-stream"
  /// The longest answer that is read.
  private static let longest = 1 << 30

  enum Method: String {
    case get = "GET"
    case post = "POST"
    case put = "PUT"
  }

  struct Request {
    var method: Method
    /// Percent-encoded, from the server's root on.
    var path: String
    var query: [(name: String, value: String)] = []
    var body: Data?
    var contentType = Transport.json
    var accept = Transport.json
    /// Whether the server takes the time as a parameter.
    var isTimed = false
    /// Whether it may be carried out twice.
    var isRepeatable = true
  }

  private struct Answer<Value: Decodable>: Decodable { var result: Value }

  struct Reply {
    var body: Data
    var url: String

    /// The answer's `result`.
    func result<Value: Decodable>(_: Value.Type = Value.self) throws -> Value {
      do {
        return try JSONDecoder().decode(Answer<Value>.self, from: body).result
      } catch {
        throw ServerError(malformed: "\(error)", url: url)
      }
    }
  }

  /// Sends a request, and again where that may help and the time allows it.
  ///
  /// - Throws: `ServerError` for a fault that the server answers with, `UnreachableError` where no answer comes, and
  ///   `CancellationError` when the task is cancelled.
  func send(_ request: Request, timeout: Duration?) async throws -> Reply {
    let limit = timeout ?? self.timeout
    guard limit > .zero, limit <= .seconds(3600) else {
      throw RequestError(source: "timeout", expected: "above 0 and at most 3600 seconds", found: "\(limit)")
    }
    let clock = ContinuousClock()
    let end = clock.now + limit
    var target = url + request.path
    var query = request.query
    if request.isTimed { query.append(("timeout", Self.seconds(limit))) }
    if !query.isEmpty {
      target += "?" + query.map { "\(Self.encoded($0.name))=\(Self.encoded($0.value))" }.joined(separator: "&")
    }
    var busy = 0
    var closed = 0
    while true {
      let remaining = end - clock.now
      guard remaining > .zero else { throw UnreachableError(url: target, reason: "no answer in time", timedOut: true) }
      do {
        return try await once(request, target, remaining)
      } catch let error as ServerError {
        guard error.status == 503, let wait = error.retryAfter, request.isRepeatable, busy < retries,
          .seconds(wait) < end - clock.now
        else { throw error }
        busy += 1
        try await Task.sleep(for: .seconds(wait))
      } catch let error as UnreachableError {
        throw error
      } catch let error as CancellationError {
        throw error
      } catch {
        // A server ends connections that were idle for long, just when a request goes out.
        if Self.isClosed(error), request.isRepeatable, closed == 0 {
          closed = 1
          continue
        }
        try Task.checkCancellation()
        let isOver = (error as? HTTPClientError).map { $0 == .deadlineExceeded || $0 == .connectTimeout } ?? false
        throw UnreachableError(url: target, reason: isOver ? "no answer in time" : "\(error)", timedOut: isOver)
      }
    }
  }

  private func once(_ request: Request, _ target: String, _ remaining: Duration) async throws -> Reply {
    var message = HTTPClientRequest(url: target)
    message.method = HTTPMethod(rawValue: request.method.rawValue)
    message.headers.add(name: "Accept", value: request.accept)
    message.headers.add(name: "User-Agent", value: "semid-swift")
    if let token { message.headers.add(name: "Authorization", value: "Bearer \(token)") }
    if let body = request.body {
      message.headers.add(name: "Content-Type", value: request.contentType)
      message.body = .bytes(ByteBuffer(bytes: body))
    }
    let time = remaining.components
    let response = try await httpClient.execute(
      message, timeout: .nanoseconds(time.seconds * 1_000_000_000 + time.attoseconds / 1_000_000_000))
    let bytes = try await response.body.collect(upTo: Self.longest)
    let body = bytes.withUnsafeReadableBytes { Data($0) }
    guard response.status == .ok else {
      throw ServerError(
        status: Int(response.status.code), body: body,
        retryAfter: response.headers.first(name: "Retry-After").flatMap { Int($0) }, url: target)
    }
    return Reply(body: body, url: target)
  }

  private static func isClosed(_ error: any Error) -> Bool {
    if let error = error as? HTTPClientError { return error == .remoteConnectionClosed }
    guard let error = error as? IOError else { return false }
    return error.errnoCode == ECONNRESET || error.errnoCode == EPIPE
  }

  /// A duration as the server reads it.
  private static func seconds(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    let milliseconds = attoseconds / 1_000_000_000_000_000
    if seconds == 0, milliseconds == 0 { return "0.001" }
    let digits = String(milliseconds)
    return milliseconds == 0 ? "\(seconds)" : "\(seconds).\(String(repeating: "0", count: 3 - digits.count))\(digits)"
  }

  /// Percent-encoded, so that it stands in a path or in a query.
  static func encoded(_ text: String) -> String {
    var encoded = ""
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"):
        encoded.append(Character(UnicodeScalar(byte)))
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        encoded += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
      }
    }
    return encoded
  }
}
