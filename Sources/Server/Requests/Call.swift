import NIOCore
import Retrieval
import Vectors

/// A request whose path was understood, with its body read.
struct Call: Sendable {
  let server: ServerCore
  /// The parts of the path that its template leaves open, in order, percent-decoded.
  let parameters: [String]
  /// The query of the URL, percent-decoded.
  let query: [(name: String, value: String)]
  let body: ByteBuffer
  /// Whether the body is raw numbers, and not JSON.
  let isBinary: Bool
  /// Whether the answer is to be raw numbers.
  let wantsBinary: Bool
  /// The length of the JSON before binary tensors, from the header of the inference protocol.
  let inferenceHeaderLength: String?
  let started: ContinuousClock.Instant
  let deadline: ContinuousClock.Instant

  var limits: ServerLimits { server.options.limits }

  /// Threads for one request: most requests run side by side, each on one.
  var pool: ThreadPool { ThreadPool(threads: 1) }

  /// For work of many queries: the threads that nobody else uses now.
  var widePool: ThreadPool {
    let load = server.work.load
    return ThreadPool(threads: max(1, server.work.threads - max(load.running - 1, 0) - load.waiting))
  }

  func index() throws -> ServedIndex {
    let name = parameters.first ?? ""
    guard let index = server.indexes[name] else {
      throw ServerFault(
        .missing, "index", expected: "one of \(server.indexes.keys.sorted().joined(separator: ", "))",
        found: "\"\(name.prefix(100))\"")
    }
    return index
  }

  /// - Throws: `ServerFault` of kind `deadline` when the time is up. Called between pieces of long work.
  func checkDeadline() throws {
    if ContinuousClock.now > deadline { throw WorkQueue.late }
  }

  /// - Throws: `ServerFault` of kind `tooLarge` for more than a request may have.
  func checkBatch(_ count: Int, _ what: String) throws {
    guard count <= limits.batch else {
      throw ServerFault(.tooLarge, "body", expected: "at most \(limits.batch) \(what)", found: "\(count)")
    }
  }

  /// An array of vectors.
  func rows(_ fields: RequestFields, _ name: String, columns: Int) throws -> Matrix {
    let rows = try fields.objects(name) ?? []
    try checkBatch(rows.count, "vectors")
    let numbers = try rows.enumerated().map { row, value -> [Double] in
      guard case .numbers(let numbers) = value else {
        throw fields.mismatch("\(name)[\(row)]", expected: "an array of \(columns) numbers", found: value.kind)
      }
      return numbers
    }
    return try RawNumbers.matrix(numbers, columns: columns) { RequestFields.joined(fields.place, "\(name)[\($0)]") }
  }

  /// The body as JSON.
  func json() throws -> RequestValue {
    guard !isBinary else {
      throw ServerFault(.usage, "body", expected: "JSON", found: "Content-Type: application/octet-stream")
    }
    return try body.withUnsafeReadableBytes { try RequestValue(parsing: $0) }
  }

  func fields(_ known: [String]) throws -> RequestFields { try RequestFields(json(), known: known) }

  // MARK: The query of the URL

  func queryText(_ name: String) throws -> String? {
    let values = query.filter { $0.name == name }
    guard values.count <= 1 else {
      throw ServerFault(.usage, "query", at: name, expected: "it once", found: "\(values.count) times")
    }
    return values.first?.value
  }

  func queryInteger(_ name: String, in range: ClosedRange<Int>) throws -> Int? {
    guard let text = try queryText(name) else { return nil }
    guard let value = Int(text), range.contains(value), !text.hasPrefix("+") else {
      throw ServerFault(
        .usage, "query", at: name, expected: "a whole number from \(range.lowerBound) to \(range.upperBound)",
        found: "\"\(text.prefix(30))\"")
    }
    return value
  }

  func queryFlag(_ name: String) throws -> Bool {
    switch try queryText(name) {
    case nil, "false"?: return false
    case "true"?: return true
    case let text?:
      throw ServerFault(.usage, "query", at: name, expected: "true or false", found: "\"\(text.prefix(30))\"")
    }
  }

  /// `limit` and `offset`, as pages have them.
  func page() throws -> (offset: Int, limit: Int) {
    (try queryInteger("offset", in: 0...Int(UInt32.max)) ?? 0, try queryInteger("limit", in: 1...10_000) ?? 100)
  }
}
