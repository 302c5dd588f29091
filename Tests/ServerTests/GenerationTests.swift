import Corpora
import Foundation
import Retrieval
import TestSupport
import Testing
import Vectors

@testable import Server

@Suite struct GenerationTests {
  private func words(_ base64: Any?) throws -> [UInt32] {
    let data = try #require((base64 as? String).flatMap { Data(base64Encoded: $0) })
    return data.withUnsafeBytes { bytes in
      (0..<bytes.count / 4).map { UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self)) }
    }
  }

  private func tokens(_ words: ArraySlice<UInt32>) -> [Int] {
    words.enumerated().flatMap { word, bits in (0..<32).filter { bits >> UInt32($0) & 1 == 1 }.map { word * 32 + $0 } }
  }

  /// Every walk along the masks writes an ID of the items that the filter allows, and every such ID can be written.
  @Test(arguments: [nil, "price < 20", "color = red"] as [String?]) func masksAllowTheIDsAndNoOthers(filter: String?)
    throws
  {
    let server = try TestServer()
    let state = try #require(server.core.indexes["things"]).state
    let allowed = try filter.map { try state.index.filter(where: AttributePredicate(parsing: $0)) }
    let rows = try allowed.map { try state.index.rows(prefix: [UInt16](), filter: $0) } ?? state.index.rows
    let expected = Set(rows.map { state.index.codes(ofRow: $0).map(Int.init) })
    var request: [String: Any] = ["first_token": 10, "vocabulary_size": 50, "end": [2], "padding": [0]]
    request["filter"] = filter
    let made = try server.result("POST", "/v1/indexes/things/constraints", request)
    let name = try #require(made["constraint"] as? String)
    let width = try #require(made["words"] as? Int)
    #expect(made["ids"] as? Int == expected.count && width == 2)
    #expect(try server.result("POST", "/v1/indexes/things/constraints", request)["constraint"] as? String == name)
    var beams: [(state: Int, tokens: [Int])] = [(try #require(made["state"] as? Int), [])]
    var masks = try words(made["mask"])
    for _ in 0..<4 {
      var next: [(state: Int, token: Int, tokens: [Int])] = []
      for (number, beam) in beams.enumerated() {
        for token in tokens(masks[number * width..<(number + 1) * width]) {
          next.append((beam.state, token, beam.tokens + [token]))
        }
      }
      let answer = try server.result(
        "POST", "/v1/indexes/things/constraints/advance",
        ["constraint": name, "states": next.map(\.state), "tokens": next.map(\.token)])
      let states = try #require(answer["states"] as? [Int])
      masks = try words(answer["mask"])
      let fresh = try server.result(
        "POST", "/v1/indexes/things/constraints/advance", ["constraint": name, "texts": next.map(\.tokens)])
      #expect(fresh["states"] as? [Int] == states && fresh["mask"] as? String == answer["mask"] as? String)
      beams = zip(next, states).map { ($1, $0.tokens) }
      if beams[0].tokens.count == 4 { #expect(answer["is_done"] as? [Bool] == beams.map { _ in true }) }
    }
    let written = beams.map { beam in beam.tokens.prefix(3).enumerated().map { $1 - 10 - $0 * 8 } }
    #expect(Set(written) == expected && written.count == expected.count)
    #expect(beams.allSatisfy { $0.tokens[3] == 2 })
  }

  @Test func binaryMasksAreTheSame() throws {
    let server = try TestServer()
    let made = try server.result("POST", "/v1/indexes/things/constraints", [:] as [String: Any])
    let body: [String: Any] = ["constraint": made["constraint"] ?? "", "states": [made["state"] ?? 0]]
    let json = try server.result("POST", "/v1/indexes/things/constraints/advance", body)
    let raw = server.answer(
      "POST", "/v1/indexes/things/constraints/advance", Array(try JSONSerialization.data(withJSONObject: body)),
      wantsBinary: true)
    #expect(raw.type == "application/octet-stream")
    let mask = try #require((json["mask"] as? String).flatMap { Data(base64Encoded: $0) })
    #expect(Data(raw.body.dropFirst(4)) == mask && raw.body.count == 4 + mask.count)
  }

  @Test func constraintsOfOtherStatesAreRefused() throws {
    let server = try TestServer(isWritable: true)
    let made = try server.result("POST", "/v1/indexes/things/constraints", [:] as [String: Any])
    let name = made["constraint"] ?? ""
    let target = "/v1/indexes/things/constraints/advance"
    #expect(try server.fault("POST", target, ["constraint": "x", "states": [0]], status: 404)["kind"] == "missing")
    #expect(
      try server.refusal("POST", target, ["constraint": name, "states": [4_000_000_000]])["place"]
        == "states[0]")
    #expect(
      try server.refusal("POST", target, ["constraint": name, "states": [0], "tokens": [1, 2]])["place"]
        == "tokens")
    #expect(
      try server.refusal("POST", target, ["constraint": name, "states": [0], "tokens": [4000]])["source"]
        == "beam 0 (from 0)")
    _ = try server.result("POST", "/v1/indexes/things/items/delete", ["ids": ["item-1"]])
    #expect(try server.fault("POST", target, ["constraint": name, "states": [0]], status: 409)["kind"] == "conflict")
  }

  @Test func textsAreResolved() throws {
    let server = try TestServer()
    let index = try #require(server.core.indexes["things"]).state.index
    let text = index.idText(ofRow: 5)
    let found = try server.results("POST", "/v1/indexes/things/resolve-text", ["text": "Take \(text), or <a_1>!"])
    #expect(found.count == 2 && found[0]["text"] as? String == text && found[0]["start"] as? Int == 5)
    let items = (found[0]["items"] as? [[String: Any]])?.compactMap { $0["item"] as? String }
    #expect(items == index.rows(prefix: index.codes(ofRow: 5)).prefix(10).map { "item-\($0)" })
    #expect(found[1]["kind"] as? String != "valid" && found[1]["total"] as? Int == 0)
    #expect(
      try server.refusal("POST", "/v1/indexes/things/resolve-text", ["text": "a", "repair": "x"])["place"]
        == "repair")
  }
}
