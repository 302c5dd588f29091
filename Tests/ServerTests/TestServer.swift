import Formats
import Foundation
import NIOCore
import Retrieval
import TestSupport
import Testing
import Tokenizers
import Vectors

@testable import Server

/// A server without its sockets: requests go to the operations as they come from HTTP.
struct TestServer {
  let folder: TemporaryFolder
  let core: ServerCore
  let vectors: Matrix
  let ids: [String]

  static let colors = ["red", "green", "blue"]

  /// - Parameter attributes: whether items have a color, a price, whether they are new, tags and a time.
  init(
    seed: UInt64 = 1, count: Int = 400, dimension: Int = 8, metric: Metric = .l2, isWritable: Bool = false,
    attributes: Bool = true, ids: ((Int) -> String)? = nil, change: (inout ServerOptions) -> Void = { _ in }
  ) throws {
    folder = try TemporaryFolder()
    vectors = Self.vectors(seed: seed, count: count, dimension: dimension)
    self.ids = (0..<count).map(ids ?? { "item-\($0)" })
    try Self.build(
      vectors, self.ids, metric: metric, attributes: attributes, at: folder.file("index"))
    var options = ServerOptions()
    options.indexes = [.init(name: "things", path: folder.file("index"))]
    options.threads = 2
    options.isWritable = isWritable
    change(&options)
    core = try ServerCore(options, operations: RouteTable.all.routes.map(\.operation))
    core.setReady(true)
  }

  static func vectors(seed: UInt64, count: Int, dimension: Int) -> Matrix {
    var random = CounterRandom(seed: seed)
    return Matrix(
      rows: count, columns: dimension, values: (0..<count * dimension).map { _ in Float(random.normals().0) })
  }

  static func build(
    _ vectors: Matrix, _ ids: [String], metric: Metric = .l2, attributes: Bool = true, at path: String
  ) throws {
    var options = RQKMeansOptions()
    options.levelSizes = [8, 8, 8]
    let model = try RQKMeans.train(vectors, options: options).model
    var contents = IndexContents(
      codes: try model.encode(vectors), vectors: vectors, ids: StringColumn(ids), tokenizer: model)
    contents.model = model.fingerprint
    if attributes { contents.attributes = table(ids) }
    try IndexBuilder(metric: metric).build(contents, at: path)
  }

  /// Row r: color r % 3 (none where r % 7 is 6), price r / 4, new where even, tags by divisors, hours since 1970.
  static func table(_ ids: [String]) -> AttributeTable {
    let count = ids.count
    let present = Buffer((0..<count).map { UInt8($0 % 7 == 6 ? 0 : 1) })
    let all = Buffer([UInt8](repeating: 1, count: count))
    var elements: [String] = []
    var starts = [0]
    for row in 0..<count {
      elements += [2, 3, 5].filter { row % $0 == 0 }.map { "by\($0)" }
      starts.append(elements.count)
    }
    let lists = ListColumn(elements: StringColumn(elements), starts: starts)
    return AttributeTable(
      source: "made", ids: StringColumn(ids),
      columns: [
        .init(
          name: "color",
          values: .init(values: .strings(StringColumn((0..<count).map { colors[$0 % 3] })), present: present)),
        .init(name: "price", values: .init(values: .floats(Buffer((0..<count).map { Double($0) / 4 })), present: all)),
        .init(
          name: "new", values: .init(values: .booleans(Buffer((0..<count).map { Int64(1 - $0 % 2) })), present: all)),
        .init(
          name: "tags",
          values: .init(
            values: .lists(lists),
            present: Buffer((0..<count).map { UInt8(starts[$0] == starts[$0 + 1] ? 0 : 1) }))),
        .init(
          name: "seen",
          values: .init(values: .times(Buffer((0..<count).map { Int64($0) * 3_600_000_000 })), present: all)),
      ])
  }

  // MARK: Asking

  func answer(
    _ method: String, _ target: String, _ body: [UInt8] = [], isBinary: Bool = false, wantsBinary: Bool = false,
    header: String? = nil, seconds: Double = 30
  ) -> Answer {
    let started = ContinuousClock.now
    do {
      let path = try RequestPath(target)
      guard case .route(let route, let parameters) = RouteTable.all.find(method, path.parts) else {
        throw ServerFault(.missing, "path", found: target)
      }
      let call = Call(
        server: core, parameters: parameters, query: path.query, body: ByteBuffer(bytes: body), isBinary: isBinary,
        wantsBinary: wantsBinary, inferenceHeaderLength: header, started: started,
        deadline: started + .seconds(seconds))
      do {
        return try route.answer(call)
      } catch {
        return route.isInference ? .inferenceFault(ServerFault(error)) : .fault(ServerFault(error), since: started)
      }
    } catch {
      return .fault(ServerFault(error), since: started)
    }
  }

  /// The JSON of an answer.
  func ask(_ method: String, _ target: String, _ body: Any? = nil, status: Int = 200) throws -> [String: Any] {
    let bytes = try body.map { Array(try JSONSerialization.data(withJSONObject: $0)) } ?? []
    let answer = answer(method, target, bytes)
    let text = String(decoding: answer.body, as: UTF8.self)
    #expect(answer.status == status, "\(method) \(target): \(text.prefix(400))")
    return try #require(try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any], "\(text)")
  }

  func result(_ method: String, _ target: String, _ body: Any? = nil) throws -> [String: Any] {
    try #require(try ask(method, target, body)["result"] as? [String: Any])
  }

  func results(_ method: String, _ target: String, _ body: Any? = nil) throws -> [[String: Any]] {
    try #require(try ask(method, target, body)["result"] as? [[String: Any]])
  }

  /// The parts of the fault of a request that cannot be answered, and would not be at another time.
  func refusal(_ method: String, _ target: String, _ body: Any? = nil) throws -> [String: String] {
    let bytes = try body.map { Array(try JSONSerialization.data(withJSONObject: $0)) } ?? []
    let answer = answer(method, target, bytes)
    let object = try #require(try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any])
    let parts = try #require(object["status"] as? [String: Any])
    let isMismatch = ["mismatch", "unsupported"].contains(parts["kind"] as? String)
    #expect(answer.status == (isMismatch ? 422 : 400), "\(method) \(target): \(parts)")
    return parts.compactMapValues { $0 as? String }
  }

  /// The parts of a fault.
  func fault(_ method: String, _ target: String, _ body: Any? = nil, status: Int) throws -> [String: String] {
    let parts = try #require(try ask(method, target, body, status: status)["status"] as? [String: Any])
    return parts.compactMapValues { $0 as? String }
  }

  /// The ids of the items that a query finds.
  func found(_ query: [String: Any]) throws -> [String] {
    let hits = try #require(try result("POST", "/v1/indexes/things/query", query)["hits"] as? [[String: Any]])
    return hits.compactMap { $0["item"] as? String }
  }

  func vector(_ row: Int) -> [Double] { vectors.row(row).map(Double.init) }
}
