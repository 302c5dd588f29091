import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A server of HTTP/1.1 in this process that answers as a test says.
final class ScriptedServer: Sendable {
  struct Request: Sendable {
    var method: String
    var target: String
    var headers: [String: String]
    var body: Data
    /// Number of the connection, from 1.
    var connection: Int
  }

  struct Answer: Sendable {
    var status = 200
    var headers: [String: String] = ["Content-Type": "application/json"]
    var body = Data()
    /// Ends the connection instead of answering.
    var hangsUp = false

    static func json(_ text: String, status: Int = 200, headers: [String: String] = [:]) -> Answer {
      Answer(status: status, headers: headers, body: Data(text.utf8))
    }

    static func result(_ text: String) -> Answer { json("{\"result\": \(text), \"status\": \"ok\", \"time\": 0.001}") }

    static func fault(_ status: Int, _ kind: String, _ parts: String = "", headers: [String: String] = [:]) -> Answer {
      json(
        "{\"status\": {\"error\": \"a \(kind) fault\", \"kind\": \"\(kind)\"\(parts)}, \"time\": 0}", status: status,
        headers: headers)
    }

    static func binary(_ numbers: [UInt32]) -> Answer {
      var body = Data()
      for number in numbers { withUnsafeBytes(of: number.littleEndian) { body.append(contentsOf: $0) } }
      return Answer(headers: ["Content-Type": "application/octet-stream"], body: body)
    }

    static let hangUp = Answer(hangsUp: true)
  }

  typealias Script = @Sendable (_ number: Int, _ request: Request) -> Answer

  private let channel: any Channel
  private let log: Log
  let url: String

  /// - Parameter script: called for each request with its number, from 0.
  init(_ script: @escaping Script) async throws {
    let log = Log()
    self.log = log
    channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .childChannelInitializer { child in
        child.eventLoop.makeCompletedFuture {
          try child.pipeline.syncOperations.configureHTTPServerPipeline()
          try child.pipeline.syncOperations.addHandler(Handler(log, script))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    url = "http://127.0.0.1:\(channel.localAddress?.port ?? 0)"
  }

  /// The requests so far.
  var requests: [Request] { log.requests.withLock { $0 } }

  func close() async throws { try await channel.close() }

  fileprivate final class Log: Sendable {
    let requests = Mutex<[Request]>([])
    let connections = Mutex(0)
  }

  private final class Handler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let log: Log
    private let script: Script
    private let connection: Int
    private var request: Request?

    init(_ log: Log, _ script: @escaping Script) {
      self.log = log
      self.script = script
      connection = log.connections.withLock {
        $0 += 1
        return $0
      }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      switch unwrapInboundIn(data) {
      case .head(let head):
        let headers = Dictionary(head.headers.map { ($0.name.lowercased(), $0.value) }) { first, _ in first }
        request = Request(
          method: head.method.rawValue, target: head.uri, headers: headers, body: Data(), connection: connection)
      case .body(let part): request?.body.append(contentsOf: part.readableBytesView)
      case .end:
        guard let request else { return }
        let number = log.requests.withLock {
          $0.append(request)
          return $0.count - 1
        }
        let answer = script(number, request)
        if answer.hangsUp { return context.close(promise: nil) }
        var headers = HTTPHeaders(answer.headers.map { ($0.key, $0.value) })
        headers.add(name: "Content-Length", value: "\(answer.body.count)")
        let head = HTTPResponseHead(
          version: .http1_1, status: HTTPResponseStatus(statusCode: answer.status), headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: answer.body)))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
      }
    }
  }
}
