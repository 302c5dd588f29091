import Formats
import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Vectors

/// Asks a running server whether it takes requests. A container that holds no other program can look after itself by it.
package enum ServerCheck {
  /// - Parameter url: of the server, such as `http://127.0.0.1:8080`. Its certificate is not verified: what is asked for is
  ///   health, and nothing secret is sent.
  /// - Throws: `InputError` where it does not take requests, or no answer comes within `seconds`.
  package static func run(_ url: String, within seconds: Double) async throws {
    guard let parts = URLComponents(string: url), parts.scheme == "http" || parts.scheme == "https",
      let host = parts.host, !host.isEmpty
    else {
      throw InputError(.usage, "--check", expected: "http://HOST:PORT or https://HOST:PORT", found: url)
    }
    let isSecure = parts.scheme == "https"
    let name = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
    let line: String
    do {
      line = try await status(of: name, parts.port ?? (isSecure ? 443 : 80), isSecure: isSecure, within: seconds)
    } catch {
      throw InputError(
        .io, url, expected: "a server that takes requests",
        found: error is Failure ? "\(error)" : "nobody who takes the connection")
    }
    guard line.split(separator: " ").dropFirst().first == "200" else {
      throw InputError(.io, url, expected: "a server that takes requests", found: line)
    }
  }

  /// The first line of the answer to `GET /readyz`.
  private static func status(
    of host: String, _ port: Int, isSecure: Bool, within seconds: Double
  ) async throws -> String {
    let group = MultiThreadedEventLoopGroup.singleton
    let line = group.any().makePromise(of: String.self)
    let limit = TimeAmount.milliseconds(Int64(seconds * 1000))
    let timer = line.futureResult.eventLoop.scheduleTask(in: limit) { line.fail(Failure.time) }
    do {
      var configuration = TLSConfiguration.makeClientConfiguration()
      configuration.certificateVerification = .none
      let context = isSecure ? try NIOSSLContext(configuration: configuration) : nil
      let channel = try await ClientBootstrap(group: group).connectTimeout(limit)
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            if let context {
              try channel.pipeline.syncOperations.addHandler(NIOSSLClientHandler(context: context, serverHostname: nil))
            }
            try channel.pipeline.syncOperations.addHandler(FirstLine(line))
          }
        }
        .connect(host: host, port: port).get()
      let request = "GET /readyz HTTP/1.1\r\nHost: \(host):\(port)\r\nConnection: close\r\n\r\n"
      try await channel.writeAndFlush(ByteBuffer(string: request))
      let found = try await line.futureResult.get()
      timer.cancel()
      channel.close(promise: nil)
      return found
    } catch {
      timer.cancel()
      line.fail(error)
      throw error
    }
  }

  private enum Failure: Error, CustomStringConvertible {
    case time, ended

    var description: String {
      switch self {
      case .time: "no answer in time"
      case .ended: "a connection that ended without an answer"
      }
    }
  }

  private final class FirstLine: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let line: EventLoopPromise<String>
    private var text = ""

    init(_ line: EventLoopPromise<String>) { self.line = line }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      text += String(buffer: unwrapInboundIn(data))
      if let end = text.firstIndex(where: \.isNewline) {
        line.succeed(String(text[..<end]))
      } else if text.utf8.count > 1000 {
        line.fail(Failure.ended)
      }
    }

    func channelInactive(context: ChannelHandlerContext) { line.fail(Failure.ended) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      line.fail(error)
      context.close(promise: nil)
    }
  }
}
