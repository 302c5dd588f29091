import Formats
import Foundation
import Logging
import Synchronization

/// Writes log lines as JSON objects, one a line, to standard error. Metadata become members.
///
/// Requests log their operation, status, seconds and request id: never bodies, vectors, tokens or the query of the URL.
struct JSONLogHandler: LogHandler {
  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level = .info
  private let label: String

  init(label: String) { self.label = label }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    var json = JSONWriter()
    json.object { json in
      json.member("time", Date().formatted(.iso8601.year().month().day().time(includingFractionalSeconds: true)))
      json.member("level", event.level.rawValue)
      json.member("logger", label)
      json.member("message", event.message.description)
      let all = metadata.merging(event.metadata ?? [:]) { $1 }
      for (name, value) in all.sorted(by: { $0.key < $1.key }) {
        json.member(name == "hb.request.id" ? "request" : name, value.description)
      }
    }
    let line = json.bytes + [UInt8(ascii: "\n")]
    // One write a line, so that lines of several threads do not mix.
    line.withUnsafeBytes { _ = write(2, $0.baseAddress, $0.count) }
  }
}
