import AsyncHTTPClient
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import SemanticIDClient

/// The client against a server that answers as a test says.
@Suite struct IndexClientTests {
  static let hits =
    """
    {"hits": [{"item": "a", "semantic_id": "<a_1><b_2>", "codes": [1, 2], "distance": 0.5, "later": 1,
      "attributes": {"price": 9.5, "count": 3, "new": true, "tags": ["x", "y"], "brand": "Acme"}}], "total": 7}
    """

  /// Runs `body` with a server and a client of its index `shop/1`.
  private static func with(
    _ script: @escaping ScriptedServer.Script, token: String? = nil, timeout: Duration = .seconds(3600),
    retries: Int = 2, _ body: (ScriptedServer, IndexClient) async throws -> Void
  ) async throws {
    let server = try await ScriptedServer(script)
    let http = HTTPClient()
    do {
      let client = try IndexClient(
        url: server.url + "/", index: "shop/1", token: token, timeout: timeout, retries: retries, httpClient: http)
      try await body(server, client)
    } catch {
      try await http.shutdown()
      try await server.close()
      throw error
    }
    try await http.shutdown()
    try await server.close()
  }

  private static func object(_ data: Data) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  @Test func aQueryIsSentAsItShouldBe() async throws {
    try await Self.with({ _, _ in .result(Self.hits) }, token: "secret") { server, client in
      var query = Query(.vector([0.1, 2]), count: 3)
      query.filter = .conditions(.init(must: [.range("price", .init(lessThan: 20)), .equal("brand", "Acme")]))
      query.attributes = ["price"]
      query.isExact = true
      let found = try await client.query(query, timeout: .seconds(3599.5))
      #expect(found.total == 7 && found.hits[0].codes == [1, 2] && found.hits[0].distance == 0.5)
      #expect(
        found.hits[0].attributes == [
          "price": 9.5, "count": 3, "new": true, "tags": .list(["x", "y"]), "brand": "Acme",
        ])
      let request = try #require(server.requests.first)
      #expect(request.method == "POST" && request.target == "/v1/indexes/shop%2F1/query?timeout=3599.500")
      #expect(request.headers["authorization"] == "Bearer secret")
      let sent = try Self.object(request.body)
      #expect(sent["vector_base64"] as? String == "zczMPQAAAEA=")
      #expect(sent["k"] as? Int == 3 && sent["exact"] as? Bool == true && sent["attributes"] as? [String] == ["price"])
      let must = try #require((sent["filter"] as? [String: Any])?["must"] as? [[String: Any]])
      #expect((must[0]["range"] as? [String: Any])?["lt"] as? Int == 20 && must[0]["key"] as? String == "price")
      #expect((must[1]["match"] as? [String: Any])?["value"] as? String == "Acme")
      #expect(sent.count == 5)
    }
  }

  @Test func everyCallHasItsPlace() async throws {
    let update = #"{"added": 1, "replaced": 0, "deleted": 2, "unknown": 3, "items": 9, "segments": 1}"#
    let info =
      #"""
      {"name": "shop/1", "items": 3, "levels": 2, "level_sizes": [4, 4], "metric": "l2", "dimension": 2,
       "attributes": [{"name": "price", "type": "float"}], "segments": 1, "deleted": 0, "generation": "g",
       "has_vectors": true, "has_ids": true, "has_model": true, "has_encoder": false, "has_titles": false,
       "writable": true, "rolled_back": false, "can_roll_back": true}
      """#
    let answers = [
      "GET /v1/indexes": "{\"indexes\": [\(info)]}",
      "GET /v1/indexes/shop%2F1": info,
      "POST /v1/indexes/shop%2F1/query/batch": "[\(Self.hits), \(Self.hits)]",
      "POST /v1/indexes/shop%2F1/candidates":
        #"""
      {"entries": [{"semantic_id": "1-2", "codes": [1, 2], "prefix": 1, "differing": 1, "distance": 0.25,
       "items": [{"item": "a", "title": "A"}]}], "count": 1, "is_in_catalogue": false, "budget_exhausted": true}
      """#,
      "POST /v1/indexes/shop%2F1/recall":
        #"{"recall": 0.99, "sample": 10, "k": 5, "search_seconds": 0.001, "exact_seconds": 0.01}"#,
      "POST /v1/indexes/shop%2F1/encode": #"[{"semantic_id": "1-2", "codes": [1, 2], "items": 4}]"#,
      "POST /v1/indexes/shop%2F1/decode": "[[0.5, 1.5]]",
      "GET /v1/indexes/shop%2F1/items/a%20b%2Fc":
        #"""
      {"item": "a b/c", "semantic_id": "1-2", "codes": [1, 2], "attributes": {}, "vector": [1, 2],
       "levels": [{"level": 1, "code": 1, "prefix": "<a_1>", "items": 2, "children": 1, "words": ["red"]}]}
      """#,
      "GET /v1/indexes/shop%2F1/ids/%3Ca_1%3E%3Cb_2%3E": "{\"items\": [], \"total\": 0}",
      "GET /v1/indexes/shop%2F1/tree":
        #"""
      {"prefix": "", "level": 0, "items": 3, "path": [], "total": 1,
       "children": [{"code": 1, "prefix": "<a_1>", "items": 3, "children": 2, "examples": [{"item": "a"}]}]}
      """#,
      "GET /v1/indexes/shop%2F1/tree/1":
        #"{"prefix": "<a_1>", "level": 1, "items": 3, "path": [], "total": 0, "children": [], "members": []}"#,
      "GET /v1/indexes/shop%2F1/map": #"{"points": [{"item": "a", "code": 1, "x": 0.5, "y": -1}], "total": 3}"#,
      "PUT /v1/indexes/shop%2F1/items": update,
      "POST /v1/indexes/shop%2F1/items/delete": update,
      "POST /v1/indexes/shop%2F1/compact": update,
      "POST /v1/indexes/shop%2F1/reload": info,
      "POST /v1/indexes/shop%2F1/rollback": info,
      "POST /v1/indexes/shop%2F1/resolve-text":
        #"""
      [{"text": "<a_1>", "start": 0, "end": 5, "kind": "incomplete", "level": 2, "repaired": false, "items": [],
        "total": 0}]
      """#,
    ]
    try await Self.with({ _, request in
      let target = request.target.prefix { $0 != "?" }
      return answers["\(request.method) \(target)"].map { .result($0) } ?? .fault(404, "missing")
    }) { server, client in
      #expect(try await client.indexes().map(\.name) == ["shop/1"])
      #expect(try await client.info().canRollBack)
      #expect(try await client.queries([Query(.item("a")), Query(.text("red"), count: 1)]).count == 2)
      #expect(try await client.nearest(to: [[1, 2], [3, 4]], count: 2, isExact: true).count == 2)
      let batch = try #require(server.requests.last)
      #expect(batch.target.hasSuffix("?k=2&exact=true&timeout=3600") && batch.body.count == 16)
      let around = try await client.candidates(around: "1-2", by: .perLevel(codewords: 3), budget: 5)
      #expect(around.budgetExhausted && around.entries[0].items == [BareItem(item: "a", title: "A")])
      #expect(try Self.object(#require(server.requests.last).body)["expand"] as? String == "per-level:3")
      #expect(try await client.candidates(aroundItem: "a", filter: "price < 3").count == 1)
      #expect(try await client.recall(count: 5, sample: 10, seed: 3).recall == 0.99)
      #expect(try await client.encode([[1, 2]])[0].items == 4)
      #expect(try await client.encode(texts: ["red"])[0].codes == [1, 2])
      #expect(try await client.decode(["1-2"]) == [[0.5, 1.5]])
      let item = try await client.item("a b/c", withVector: true)
      #expect(item.vector == [1, 2] && item.levels[0].words == ["red"])
      #expect(try await client.items(of: "<a_1><b_2>", limit: 5, offset: 2).total == 0)
      #expect(server.requests.last?.target.hasSuffix("?limit=5&offset=2") == true)
      #expect(try await client.tree().children[0].examples[0].item == "a")
      #expect(try await client.tree("1").members == [])
      #expect(try await client.map().points[0].y == -1)
      let put = try await client.put([NewItem(id: "n", vector: [1], attributes: ["price": 3, "brand": .null])])
      #expect(put == UpdateSummary(added: 1, replaced: 0, deleted: 2, unknown: 3, items: 9, segments: 1))
      #expect(
        String(decoding: try #require(server.requests.last).body, as: UTF8.self)
          == #"{"items":[{"attributes":{"brand":null,"price":3},"id":"n","vector_base64":"AACAPw=="}]}"#)
      #expect(try await client.delete(["a"]).unknown == 3)
      #expect(try await client.delete(where: "price < 3").deleted == 2)
      #expect(try await client.compact().segments == 1)
      #expect(try await client.reload().name == "shop/1")
      #expect(try await client.rollback().generation == "g")
      let text = try await client.resolve(text: "<a_1>", repair: .hamming, limit: 1)
      #expect(text[0].kind == .incomplete && text[0].level == 2)
      await #expect(throws: ServerError.self) { try await client.withIndex("other").info() }
      #expect(server.requests.last?.target == "/v1/indexes/other")
    }
  }

  @Test func filtersGoThereAndBack() throws {
    let filter = Filter.conditions(
      .init(
        must: [.equal("brand", "Acme"), .any("size", [1, 2.5]), .isNull("price")],
        should: [.hasID(["a", "b"]), .range("released", .init(greaterThan: "2024-01-01", atMost: 9))],
        mustNot: [.conditions(.init(must: [.except("tag", ["x"]), .equal("new", true)]))]))
    let data = try IndexClient.json(filter)
    #expect(try JSONDecoder().decode(Filter.self, from: data) == filter)
    #expect(try JSONDecoder().decode(Filter.self, from: Data(#""price < 3""#.utf8)) == "price < 3")
    let text = String(decoding: data, as: UTF8.self)
    #expect(text.contains(#"{"is_null":{"key":"price"}}"#) && text.contains(#"{"has_id":["a","b"]}"#))
    #expect(text.contains(#""range":{"gt":"2024-01-01","lte":9}"#) && text.contains(#""must_not""#))
  }

  @Test func aFaultHasItsParts() async throws {
    let parts =
      #", "source": "main", "place": "item x", "expected": "an item", "found": "none", "remedy": "look again""#
    try await Self.with({ _, _ in .fault(404, "missing", parts) }) { server, client in
      let error = await #expect(throws: ServerError.self) { try await client.item("x") }
      #expect(
        error
          == ServerError(
            status: 404, kind: "missing", message: "a missing fault", source: "main", place: "item x",
            expected: "an item", found: "none", remedy: "look again"))
      #expect(error?.description == "a missing fault")
    }
  }

  @Test(arguments: ["<html>", "[]", #"{"result": {}}"#, ""])
  func whatIsNoAnswer(_ body: String) async throws {
    try await Self.with({ number, _ in .json(body, status: number == 0 ? 502 : 200) }) { server, client in
      let bad = await #expect(throws: ServerError.self) { try await client.info() }
      #expect(bad?.status == 502 && bad?.kind == "http" && bad?.message.contains("502") == true)
      let malformed = await #expect(throws: ServerError.self) { try await client.info() }
      #expect(malformed?.kind == "malformed")
    }
  }

  @Test func aBusyServerIsAskedAgain() async throws {
    let busy = ScriptedServer.Answer.fault(503, "busy", headers: ["Retry-After": "1"])
    try await Self.with({ number, _ in number < 1 ? busy : .result(Self.hits) }) { server, client in
      let found = try await client.query(.item("a"))
      #expect(found.total == 7 && server.requests.count == 2)
    }
    try await Self.with({ _, _ in busy }, retries: 1) { server, client in
      let error = await #expect(throws: ServerError.self) { try await client.query(.item("a")) }
      #expect(error?.retryAfter == 1 && server.requests.count == 2)
      // What is sent once is not sent again.
      await #expect(throws: ServerError.self) { try await client.rollback() }
      #expect(server.requests.count == 3)
    }
    // A wait that lasts longer than the call may take is not begun.
    let long = ScriptedServer.Answer.fault(503, "busy", headers: ["Retry-After": "7200"])
    try await Self.with({ _, _ in long }) { server, client in
      let error = await #expect(throws: ServerError.self) { try await client.query(.item("a")) }
      #expect(error?.retryAfter == 7200 && server.requests.count == 1)
    }
  }

  @Test func aClosedConnectionIsMadeAgainOnce() async throws {
    try await Self.with({ number, _ in number == 1 ? .hangUp : .result(Self.hits) }) { server, client in
      _ = try await client.query(.item("a"))
      _ = try await client.query(.item("a"))
      // On a machine that is busy for a minute the first connection is given up before it is used again.
      let connections = server.requests.map(\.connection)
      #expect(connections.count == 3 && connections[2] == connections[1] + 1)
    }
    try await Self.with({ _, _ in .hangUp }) { server, client in
      await #expect(throws: UnreachableError.self) { try await client.query(.item("a")) }
      #expect(server.requests.count == 2)
      await #expect(throws: UnreachableError.self) { try await client.reload() }
      #expect(server.requests.count == 3)
    }
  }

  @Test func nobodyThereAndNoTime() async throws {
    let server = try await ScriptedServer { _, _ in .result(Self.hits) }
    let url = server.url
    try await server.close()
    let client = try IndexClient(url: url, index: "a", timeout: .seconds(3600))
    #expect(await client.isReady() == false)
    let refused = await #expect(throws: UnreachableError.self) { try await client.info() }
    #expect(refused?.timedOut == false)
    let slow: ScriptedServer.Script = { _, _ in
      Thread.sleep(forTimeInterval: 1)
      return .result(Self.hits)
    }
    try await Self.with(slow, timeout: .seconds(0.2)) { server, client in
      let error = await #expect(throws: UnreachableError.self) { try await client.query(.item("a")) }
      #expect(error?.timedOut == true)
      // On a busy machine the time may be up before the request is there.
      #expect(server.requests.first?.target.hasSuffix("timeout=0.200") != false)
      let task = Task { try await client.query(Query(.item("a")), timeout: .seconds(20)) }
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }
    }
  }

  @Test func whatCannotBeSent() async throws {
    for url in ["", "ftp://host", "host:80", "http://", "http://user:swordfish@host", "http://host?x=1"] {
      let error = #expect(throws: RequestError.self) { try IndexClient(url: url, index: "a") }
      #expect(error.map { !"\($0)".contains("swordfish") } == true)
    }
    for token in ["", "a b", "é", "a\r\nHost: b"] {
      #expect(throws: RequestError.self) { try IndexClient(url: "http://host", index: "a", token: token) }
    }
    try await Self.with({ _, _ in .result(Self.hits) }) { server, client in
      await #expect(throws: RequestError.self) { try await client.nearest(to: []) }
      await #expect(throws: RequestError.self) { try await client.nearest(to: [[1, 2], [3]]) }
      await #expect(throws: RequestError.self) { try await client.query(Query(.item("a")), timeout: .zero) }
      await #expect(throws: RequestError.self) {
        try await client.delete(where: .conditions(.init(must: [.equal("price", .number(.nan))])))
      }
      #expect(server.requests.isEmpty)
    }
  }

  @Test func masksAndConstraintsThatAreMadeAgain() async throws {
    let names = Mutex(["two", "one", "one"])
    let made = #""state": 7, "vocabulary_size": 64, "words": 2, "ids": 5, "mask": "CgAAAAAAAIA=""#
    try await Self.with({ number, request in
      if request.target.contains("constraints?") {
        return .result("{\"constraint\": \"\(names.withLock { $0.removeLast() })\", \(made)}")
      }
      if number == 2 || number == 5 { return .fault(404, "missing") }
      return .binary([3, .max, 1, 0, .max, .max])
    }) { server, client in
      var options = ConstraintOptions()
      options.firstToken = 1
      options.vocabularySize = 64
      options.padding = [0]
      let constraint = try await client.constraint(options)
      #expect(constraint.words == 2 && constraint.ids == 5 && constraint.firstMask == [10, 1 << 31])
      let start = constraint.start(beams: 2)
      #expect(
        start.states == [7, 7] && start.allows(1, beam: 1) && !start.allows(0, beam: 1) && start.allows(63, beam: 0))
      #expect(!start.allows(64, beam: 0) && !start.allows(1, beam: 2) && !start.allows(-1, beam: 0))
      let beams = try await constraint.advance(start.states, by: [1, 3])
      #expect(beams.states == [3, .max] && beams.mask == [1, 0, .max, .max] && beams.allows(0, beam: 0))
      let request = try #require(server.requests.last)
      #expect(request.headers["accept"] == "application/octet-stream")
      #expect(
        String(decoding: request.body, as: UTF8.self) == #"{"constraint":"one","states":[7,7],"tokens":[1,3]}"#)
      // Dropped by the server: made again under the same name, asked again.
      #expect(try await constraint.masks(of: beams.states) == beams)
      // The index changed: the states are of another automaton.
      await #expect(throws: ServerError.self) { try await constraint.beams(after: [[1], [2]]) }
      await #expect(throws: RequestError.self) { try await constraint.advance([1, 2], by: [1]) }
      #expect(try await constraint.masks(of: []).states.isEmpty)
    }
  }

  @Test func manyTasksAtOnce() async throws {
    try await Self.with({ _, _ in .result(Self.hits) }) { server, client in
      try await withThrowingTaskGroup(of: Int?.self) { group in
        for _ in 0..<64 { group.addTask { try await client.query(.item("a")).total } }
        for try await total in group { #expect(total == 7) }
      }
      #expect(server.requests.count == 64)
    }
  }
}
