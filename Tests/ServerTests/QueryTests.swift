import Formats
import Foundation
import Retrieval
import TestSupport
import Testing
import Vectors

@testable import Server

@Suite struct QueryTests {
  @Test(arguments: Metric.allCases) func anExactQueryIsBruteForce(metric: Metric) throws {
    let server = try TestServer(seed: 4, metric: metric)
    let stored = server.core.indexes["things"]?.state.index
    for row in stride(from: 0, to: 400, by: 57) {
      let query = server.vector(row).map { $0 + 0.01 }
      let expected = try #require(stored).exactSearch(
        Matrix(rows: 1, columns: 8, values: query.map { Float($0) }), k: 7)[0].hits
      let result = try server.result(
        "POST", "/v1/indexes/things/query", ["vector": query, "k": 7, "exact": true, "explain": true])
      let hits = try #require(result["hits"] as? [[String: Any]])
      #expect(hits.compactMap { $0["item"] as? String } == expected.map { "item-\($0.row)" })
      for (hit, truth) in zip(hits, expected) {
        let distance = try #require(hit["distance"] as? Double)
        #expect(Float(distance) == truth.distance)
      }
      #expect((result["explain"] as? [String: Any])?["path"] as? String == "exact")
      #expect((result["explain"] as? [String: Any])?["query_semantic_id"] is String)
    }
  }

  /// JSON, base64 and raw bytes are one vector.
  @Test func allFormsOfAVectorAreOne() throws {
    let server = try TestServer()
    let row = server.vectors.row(17)
    let bytes = row.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
    let json = try server.found(["vector": server.vector(17), "k": 5])
    #expect(json.first == "item-17")
    #expect(try server.found(["vector_base64": Data(bytes).base64EncodedString(), "k": 5]) == json)
    let raw = server.answer("POST", "/v1/indexes/things/query?k=5", bytes, isBinary: true)
    let object = try #require(try JSONSerialization.jsonObject(with: Data(raw.body)) as? [String: Any])
    let hits = try #require((object["result"] as? [String: Any])?["hits"] as? [[String: Any]])
    #expect(hits.compactMap { $0["item"] as? String } == json)
    #expect(server.answer("POST", "/v1/indexes/things/query", Array(bytes.dropLast()), isBinary: true).status == 422)
    #expect(server.answer("POST", "/v1/indexes/things/query", [], isBinary: true).status == 422)
  }

  @Test func anItemIsLeftOutOfItsAnswer() throws {
    let server = try TestServer()
    let around = try server.found(["item": "item-3", "k": 9])
    #expect(around.count == 9 && !around.contains("item-3"))
    #expect(try server.found(["vector": server.vector(3), "k": 10]) == ["item-3"] + around)
    #expect(try server.fault("POST", "/v1/indexes/things/query", ["item": "nobody"], status: 404)["kind"] == "missing")
  }

  @Test func aBatchIsItsQueries() throws {
    let server = try TestServer()
    let queries: [[String: Any]] = (0..<40).map { number in
      switch number % 5 {
      case 0: ["item": "item-\(number)", "k": 3]
      case 1: ["vector": server.vector(number), "k": 1 + number % 4, "explain": true]
      case 2: ["vector": server.vector(number), "filter": "price < 50"]
      case 3: ["prefix": "<a_\(number % 8)>", "k": 4]
      default: ["vector": server.vector(number), "exact": true]
      }
    }
    let batch = try server.results("POST", "/v1/indexes/things/query/batch", ["queries": queries])
    #expect(batch.count == queries.count)
    for (query, result) in zip(queries, batch) {
      let hits = try #require(result["hits"] as? [[String: Any]])
      #expect(hits.compactMap { $0["item"] as? String } == (try server.found(query)))
    }
    let fault = try server.refusal(
      "POST", "/v1/indexes/things/query/batch", ["queries": [["item": "item-1"], ["itm": "x"]]])
    #expect(fault["place"] == "queries[1].itm")
  }

  @Test func idsPrefixesAndExpansions() throws {
    let server = try TestServer()
    let index = try #require(server.core.indexes["things"]).state.index
    let codes = index.codes(ofRow: 8)
    let text = index.idText(ofRow: 8)
    let same = index.rows(prefix: codes).map { "item-\($0)" }
    #expect(try server.found(["semantic_id": text, "k": 100]) == same)
    #expect(try server.found(["semantic_id": codes.map { "\($0)" }.joined(separator: "-"), "k": 100]) == same)
    let below = index.rows(prefix: codes.prefix(1)).map { "item-\($0)" }
    let result = try server.result("POST", "/v1/indexes/things/query", ["prefix": "<a_\(codes[0])>", "k": 2])
    #expect((result["hits"] as? [Any])?.count == 2 && result["total"] as? Int == below.count)
    for rule in ["exact", "prefix", "hamming:1", "hamming:2", "per-level:3", "product:2"] {
      let set = try index.candidates(around: codes, by: ExpansionRequest.rule(rule, at: ""), budget: 50)
      let answer = try server.result(
        "POST", "/v1/indexes/things/candidates", ["semantic_id": text, "expand": rule, "budget": 50])
      let entries = try #require(answer["entries"] as? [[String: Any]])
      #expect(entries.count == set.entries.count && answer["count"] as? Int == set.count)
      let items = entries.flatMap { ($0["items"] as? [[String: Any]] ?? []).compactMap { $0["item"] as? String } }
      #expect(items == index.rows(of: set).map { "item-\($0)" })
      #expect(try server.found(["semantic_id": text, "expand": rule, "k": 50]) == Array(items.prefix(50)))
    }
    let open = try server.result("POST", "/v1/indexes/things/candidates", ["semantic_id": "<a_\(codes[0])><b_*><c_*>"])
    #expect(open["count"] as? Int == below.count)
    #expect(
      try server.refusal("POST", "/v1/indexes/things/query", ["semantic_id": "<a_99>"])["place"] != nil)
  }

  @Test func attributesAreThoseOfTheItem() throws {
    let server = try TestServer()
    let result = try server.result(
      "POST", "/v1/indexes/things/query", ["vector": server.vector(30), "k": 1, "attributes": true, "vectors": true])
    let hit = try #require((result["hits"] as? [[String: Any]])?.first)
    let attributes = try #require(hit["attributes"] as? [String: Any])
    #expect(attributes["color"] as? String == "red" && attributes["price"] as? Double == 7.5)
    #expect(attributes["new"] as? Bool == true && attributes["tags"] as? [String] == ["by2", "by3", "by5"])
    #expect(attributes["seen"] as? String == "1970-01-02T06:00:00Z")
    #expect(hit["vector"] as? [Double] == server.vectors.row(30).map { Double("\($0)") ?? .nan })
    let some = try server.result(
      "POST", "/v1/indexes/things/query", ["item": "item-6", "k": 1, "attributes": ["color", "tags"]])
    _ = some
    let none = try server.result("GET", "/v1/indexes/things/items/item-6")
    #expect((none["attributes"] as? [String: Any])?["color"] == nil)
    let fault = try server.refusal(
      "POST", "/v1/indexes/things/query", ["item": "item-1", "attributes": ["colour"]])
    #expect(fault["found"] == "\"colour\"")
  }

  @Test func timesAreThoseThatAreRead() {
    for text in [
      "1970-01-01T00:00:00Z", "2024-02-29T23:59:59Z", "1582-10-14T00:00:00Z", "0001-01-01T00:00:00Z",
      "1900-03-01T12:00:00.000001Z", "9999-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.500000Z",
      "2000-02-29T00:00:00Z",
    ] {
      let read = TimeText.microseconds(text)
      #expect(read.map(ItemWriter.time) == text)
    }
    #expect(!ItemWriter.time(.min).isEmpty && !ItemWriter.time(.max).isEmpty)
  }

  @Test func requestsThatCannotBeAnsweredSayWhy() throws {
    let server = try TestServer()
    func place(_ body: [String: Any]) throws -> String? {
      try server.refusal("POST", "/v1/indexes/things/query", body)["place"]
    }
    #expect(try place(["vector": [1, 2]]) == "vector")
    #expect(try place(["vector": ["a"]]) == "vector")
    #expect(try place(["vector": [1e39, 0, 0, 0, 0, 0, 0, 0]]) == "vector")
    #expect(try place(["vector": server.vector(0), "k": 0]) == "k")
    #expect(try place(["vector": server.vector(0), "k": 1_000_000]) == "k")
    #expect(try place(["vector": server.vector(0), "k": 1.5]) == "k")
    #expect(try place(["vector": server.vector(0), "expand": "hamming"]) == "expand")
    #expect(try place(["semantic_id": "1-2-3", "expand": "nearest"]) == "expand")
    #expect(try place(["text": "words"]) == "text")
    #expect(try place(["item": "item-1", "vector": server.vector(0)]) == nil)
    #expect(try place([:]) == nil)
    #expect(try server.fault("POST", "/v1/indexes/nothing/query", [:], status: 404)["found"] == "\"nothing\"")
    let deep = Array(("{\"vector\":" + String(repeating: "[", count: 50_000)).utf8)
    #expect(server.answer("POST", "/v1/indexes/things/query", deep).status == 400)
  }

  @Test func recallOfAnExhaustiveSearchIsOne() throws {
    let server = try TestServer()
    let full = try server.result(
      "POST", "/v1/indexes/things/recall", ["k": 5, "sample": 50, "candidates": 400, "scan": 400])
    #expect(full["recall"] as? Double == 1 && full["sample"] as? Int == 50)
    let narrow = try server.result(
      "POST", "/v1/indexes/things/recall", ["k": 5, "sample": 400, "candidates": 5, "scan": 5])
    let recall = try #require(narrow["recall"] as? Double)
    #expect(recall < 1 && recall > 0)
  }

  @Test func theTimeIsUpBeforeTheWork() async throws {
    let server = try TestServer()
    await #expect(throws: ServerFault.self) {
      try await server.core.work.run(until: .now - .seconds(1)) { 1 }
    }
    let answer = server.answer(
      "POST", "/v1/indexes/things/recall", Array("{}".utf8), seconds: -1)
    #expect(answer.status == 408)
  }
}
