import NIOCore

/// What a request is answered with.
struct Answer: Sendable {
  var status = 200
  var type = "application/json"
  var headers: [(name: String, value: String)] = []
  var body: [UInt8] = []

  /// `{"result": …, "status": "ok", "time": …}`.
  static func result(since start: ContinuousClock.Instant, _ write: (inout JSONWriter) throws -> Void) rethrows
    -> Answer
  {
    var writer = JSONWriter()
    try writer.object { writer in
      writer.key("result")
      try write(&writer)
      writer.member("status", "ok")
      writer.key("time")
      writer.number(seconds(since: start))
    }
    return writer.isTooLarge ? .fault(tooLarge, since: start) : Answer(body: writer.bytes)
  }

  static func json(_ write: (inout JSONWriter) throws -> Void) rethrows -> Answer {
    var writer = JSONWriter()
    try write(&writer)
    return writer.isTooLarge ? .inferenceFault(tooLarge) : Answer(body: writer.bytes)
  }

  private static let tooLarge = ServerFault(
    .tooLarge, "answer", expected: "at most \(JSONWriter.limit >> 20) MiB", found: "more",
    remedy: "ask for less at once")

  static func text(_ text: String, status: Int = 200) -> Answer {
    Answer(status: status, type: "text/plain; charset=utf-8", body: Array(text.utf8))
  }

  static func fault(_ fault: ServerFault, since start: ContinuousClock.Instant) -> Answer {
    var answer = json { writer in
      writer.object { writer in
        writer.key("status")
        writer.object { writer in
          writer.member("error", fault.message)
          writer.member("kind", fault.kind.rawValue)
          writer.member("source", fault.source)
          writer.member("place", fault.place)
          writer.member("expected", fault.expected)
          writer.member("found", fault.found)
          writer.member("remedy", fault.remedy)
        }
        writer.key("time")
        writer.number(seconds(since: start))
      }
    }
    answer.finish(fault)
    return answer
  }

  /// `{"error": …}`, as the inference protocol has it.
  static func inferenceFault(_ fault: ServerFault) -> Answer {
    var answer = json { writer in writer.object { $0.member("error", fault.message) } }
    answer.finish(fault)
    return answer
  }

  private mutating func finish(_ fault: ServerFault) {
    status = fault.kind.status
    switch fault.kind {
    case .unauthorized: headers.append(("WWW-Authenticate", "Bearer"))
    case .busy: headers.append(("Retry-After", "1"))
    case .method: headers.append(("Allow", fault.allowed.joined(separator: ", ")))
    default: break
    }
  }

  /// With digits to the microsecond.
  static func seconds(since start: ContinuousClock.Instant) -> Double {
    let elapsed = (ContinuousClock.now - start) / .microseconds(1)
    return elapsed.rounded() / 1_000_000
  }
}
