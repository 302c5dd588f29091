import Formats
import Foundation
import Hummingbird
import HummingbirdCore
import HummingbirdHTTP2
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import Retrieval
import ServiceLifecycle
import UnixSignals
import Vectors

/// The HTTP service over some indexes.
package enum SemidServer {
  /// Opens the indexes, and answers requests until the process is told to end (SIGTERM, SIGINT). Requests that it accepted
  /// are finished, for as long as `limits.grace` says.
  ///
  /// - Parameter isListening: called with the address once requests are taken.
  /// - Throws: `InputError` when an index cannot be opened, or the address cannot be listened on.
  package static func run(
    _ options: ServerOptions,
    isListening: @escaping @Sendable (_ address: String, _ indexes: [(name: String, items: Int)]) -> Void
  ) async throws {
    let core = try ServerCore(options, operations: RouteTable.all.routes.map(\.operation))
    let logger = Logger(label: "semid") { JSONLogHandler(label: $0) }
    let limits = options.limits
    let channel = HTTP1Channel.Configuration(
      idleTimeout: .milliseconds(Int64(limits.idle * 1000)),
      httpDecoderConfiguration: .init(maxHeaderFieldSize: 16_384, maxHeaderListSize: 65_536, maxHeaderFieldCount: 100))
    let server: HTTPServerBuilder
    if let certificate = options.certificate, let key = options.key {
      let configuration = try tls(certificate, key)
      server = try .http2Upgrade(
        tlsConfiguration: configuration,
        configuration: .init(
          idleTimeout: .milliseconds(Int64(limits.idle * 1000)), streamConfiguration: channel))
    } else {
      server = .http1(configuration: channel)
    }
    var quiet = logger
    // Connections that end early are no news.
    quiet.logLevel = .error
    let application = Application(
      responder: APIResponder(core: core, logger: logger), server: server,
      configuration: ApplicationConfiguration(
        address: .hostname(options.host, port: options.port), serverName: "semid", backlog: 1024,
        availableConnectionsDelegate: .maximum(limits.connections, logger: quiet)),
      services: [Follower(core: core, logger: logger)],
      onServerRunning: { channel in
        core.setReady(true)
        let address = channel.localAddress.map(Self.text) ?? "\(options.host):\(options.port)"
        let scheme = options.isSecure ? "https" : "http"
        isListening(
          "\(scheme)://\(address)",
          core.indexes.values.sorted { $0.name < $1.name }.map { ($0.name, $0.state.index.count) })
      }, logger: quiet)
    var configuration = ServiceGroupConfiguration(
      services: [.init(service: application), .init(service: Unready(core: core))],
      gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet)
    configuration.maximumGracefulShutdownDuration = .milliseconds(Int64(limits.grace * 1000))
    do {
      try await ServiceGroup(configuration: configuration).run()
    } catch let error as IOError {
      throw InputError(
        .cannotCreate, "\(options.host):\(options.port)", expected: "an address to listen on",
        found: String(cString: strerror(error.errnoCode)),
        remedy: error.errnoCode == EADDRINUSE ? "another program listens there: choose another --port" : nil)
    }
    core.close()
  }

  /// Stops being ready as soon as the server is told to end, so that load balancers turn away.
  private struct Unready: Service {
    let core: ServerCore

    func run() async throws {
      try? await gracefulShutdown()
      core.setReady(false)
    }
  }

  private static func text(_ address: SocketAddress) -> String {
    let port = address.port.map(String.init) ?? ""
    let host = address.ipAddress ?? ""
    return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
  }

  private static func tls(_ certificate: String, _ key: String) throws -> TLSConfiguration {
    // For messages of our own where a file is missing.
    for path in [certificate, key] { _ = try MappedFile(path: path) }
    do {
      let chain = try NIOSSLCertificate.fromPEMFile(certificate).map { NIOSSLCertificateSource.certificate($0) }
      guard !chain.isEmpty else {
        throw InputError(.malformed, certificate, expected: "a certificate in PEM", found: "none")
      }
      let privateKey = try NIOSSLPrivateKey(file: key, format: .pem)
      let configuration = TLSConfiguration.makeServerConfiguration(
        certificateChain: chain, privateKey: .privateKey(privateKey))
      // A key of another certificate is found out here.
      _ = try NIOSSLContext(configuration: configuration)
      return configuration
    } catch let error where error is NIOSSLError || error is NIOSSLExtraError || error is BoringSSLError {
      throw InputError(
        .malformed, "\(certificate), \(key)", expected: "a certificate and its key, in PEM", found: "\(error)")
    }
  }
}
