import Foundation
import Retrieval
import TestSupport
import Testing
import Vectors

@testable import Server

@Suite struct FilterRequestTests {
  /// What a filter should allow, by row.
  private func allowed(_ server: TestServer, _ filter: Any) throws -> Set<String> {
    let hits = try #require(
      try server.result(
        "POST", "/v1/indexes/things/query", ["vector": server.vector(0), "k": 400, "exact": true, "filter": filter])[
          "hits"]
        as? [[String: Any]])
    return Set(hits.compactMap { $0["item"] as? String })
  }

  private func rows(_ isAllowed: (Int) -> Bool) -> Set<String> { Set((0..<400).filter(isAllowed).map { "item-\($0)" }) }

  @Test func objectsAllowWhatTheySay() throws {
    let server = try TestServer()
    func color(_ row: Int) -> String? { row % 7 == 6 ? nil : TestServer.colors[row % 3] }
    let cases: [(Any, (Int) -> Bool)] = [
      (["must": [["key": "color", "match": ["value": "red"]]]], { color($0) == "red" }),
      (["must": [["key": "color", "match": ["any": ["red", "blue"]]]]], { ["red", "blue"].contains(color($0)) }),
      (["must": [["key": "color", "match": ["except": ["red"]]]]], { color($0).map { $0 != "red" } ?? false }),
      (["must_not": [["key": "color", "match": ["value": "red"]]]], { color($0) != "red" }),
      (["must": [["is_null": ["key": "color"]]]], { color($0) == nil }),
      (["must": [["key": "price", "range": ["gte": 10, "lt": 20.5]]]], { (40..<82).contains($0) }),
      (["must": [["key": "new", "match": ["value": true]]]], { $0 % 2 == 0 }),
      (["must": [["key": "tags", "match": ["value": "by3"]]]], { $0 % 3 == 0 }),
      (["must": [["key": "seen", "range": ["lt": "1970-01-02"]]]], { $0 < 24 }),
      (["must": [["has_id": ["item-4", "item-9", "nobody"]]]], { $0 == 4 || $0 == 9 }),
      (
        ["should": [["key": "color", "match": ["value": "red"]], ["key": "price", "range": ["lt": 1]]]],
        { color($0) == "red" || $0 < 4 }
      ),
      (
        [
          "must": [
            ["key": "price", "range": ["lt": 50]],
            ["should": [["key": "color", "match": ["value": "green"]], ["has_id": ["item-6"]]]],
          ], "must_not": [["key": "new", "match": ["value": true]]],
        ], { $0 < 200 && (color($0) == "green" || $0 == 6) && $0 % 2 == 1 }
      ),
      ([String: Any](), { _ in true }),
      (["must": [["key": "color", "match": ["any": [String]()]]]], { _ in false }),
      ("price < 10 and color = red", { $0 < 40 && color($0) == "red" }),
      ("\"by5\" in tags", { $0 % 5 == 0 }),
    ]
    for (filter, isAllowed) in cases {
      #expect(try allowed(server, filter) == rows(isAllowed), "\(filter)")
      // The second time from the cache.
      #expect(try allowed(server, filter) == rows(isAllowed), "\(filter)")
    }
  }

  /// Names and values of any characters are values, and never part of a condition.
  @Test func valuesAreQuoted() throws {
    let server = try TestServer()
    for hostile in ["red\" or price > 0 or color = \"", "'", "\\", "red or 1=1", "", "\n", "é\u{301}"] {
      #expect(try allowed(server, ["must": [["key": "color", "match": ["value": hostile]]]]).isEmpty, "\(hostile)")
      let fault = try server.refusal(
        "POST", "/v1/indexes/things/query",
        ["item": "item-1", "filter": ["must": [["key": hostile, "match": ["value": "red"]]]]])
      #expect(fault["place"]?.hasPrefix("filter.must[0]") == true)
    }
  }

  /// Values are compared by their bytes, also by what keeps filters.
  @Test func formsOfUnicodeAreDifferentValues() throws {
    let server = try TestServer(isWritable: true)
    for (id, color) in [("nfc", "caf\u{E9}"), ("nfd", "cafe\u{301}")] {
      _ = try server.result(
        "PUT", "/v1/indexes/things/items",
        ["items": [["id": id, "vector": server.vector(0), "attributes": ["color": color]] as [String: Any]]])
    }
    for (id, color) in [("nfc", "caf\u{E9}"), ("nfd", "cafe\u{301}"), ("nfc", "caf\u{E9}")] {
      #expect(try allowed(server, "color = '\(color)'") == [id])
      #expect(try allowed(server, ["must": [["key": "color", "match": ["value": color]]]]) == [id])
    }
  }

  @Test func aFilterHasALimit() throws {
    let server = try TestServer(count: 60)
    let long = "price in (" + String(repeating: "1,", count: 40_000) + "1)"
    #expect(
      try server.fault(
        "POST", "/v1/indexes/things/query", ["item": "item-1", "filter": long], status: 413)["place"] == "filter")
  }

  @Test func faultsNameTheirPlace() throws {
    let server = try TestServer()
    let cases: [(Any, String)] = [
      (["must": [["key": "colour", "match": ["value": "red"]]]], "filter.must[0].match"),
      (["must": [["key": "color", "match": ["val": "red"]]]], "filter.must[0].match.val"),
      (["must": [["key": "color"]]], "filter.must[0]"), (["must": [["match": ["value": 1]]]], "filter.must[0].key"),
      (["must": ["color = red"]], "filter.must[0]"), (["musts": []], "filter.musts"), ([1, 2], "filter"),
      (["must": [["key": "price", "range": ["gt": "cheap"]]]], "filter.must[0]"),
      (["must": [["key": "price", "range": [String: Any]()]]], "filter.must[0].range"),
      ("price <", "filter"), ("price < 10 or", "filter"),
    ]
    for (filter, place) in cases {
      let fault = try server.refusal(
        "POST", "/v1/indexes/things/query", ["item": "item-1", "filter": filter])
      #expect(fault["place"]?.hasPrefix(place) == true, "\(filter): \(fault)")
      #expect(fault["source"] == "body")
    }
  }
}
