import Foundation
import Retrieval
import TestSupport
import Testing
import Vectors

@testable import Server

@Suite struct InferenceTests {
  private func bytes(_ values: [Float]) -> [UInt8] {
    values.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
  }

  @Test func jsonAndBinaryTensorsGiveTheSame() throws {
    let server = try TestServer()
    let rows = server.vectors[rows: 0..<3].values.array
    let json = try server.ask(
      "POST", "/v2/models/things-encode/infer",
      [
        "id": "7",
        "inputs": [
          ["name": "vectors", "shape": [3, 8], "datatype": "FP32", "data": rows.map(Double.init)] as [String: Any]
        ],
      ])
    let outputs = try #require(json["outputs"] as? [[String: Any]])
    let codes = try #require(outputs[0]["data"] as? [Int])
    #expect(json["id"] as? String == "7" && outputs[0]["shape"] as? [Int] == [3, 3])
    let index = try #require(server.core.indexes["things"]).state.index
    #expect(codes == (0..<3).flatMap { index.codes(ofRow: $0).map(Int.init) })

    let head = Array(
      try JSONSerialization.data(withJSONObject: [
        "inputs": [
          [
            "name": "vectors", "shape": [3, 8], "datatype": "FP32", "parameters": ["binary_data_size": 96],
          ] as [String: Any]
        ], "outputs": [["name": "codes", "parameters": ["binary_data": true]] as [String: Any]],
      ]))
    let answer = server.answer(
      "POST", "/v2/models/things-encode/infer", head + bytes(rows), isBinary: true, header: "\(head.count)")
    #expect(answer.status == 200)
    let length = try #require(
      answer.headers.first { $0.name == "Inference-Header-Content-Length" }.flatMap { Int($0.value) })
    let tail = answer.body[length...]
    let read = tail.withUnsafeBytes { bytes in
      (0..<9).map { Int(Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 4, as: Int32.self))) }
    }
    #expect(read == codes && tail.count == 36)
  }

  @Test func idsGiveItems() throws {
    let server = try TestServer()
    let index = try #require(server.core.indexes["things"]).state.index
    let codes = (0..<4).flatMap { index.codes(ofRow: $0).map(Int.init) } + [7, 99, 70_000]
    let answer = try server.ask(
      "POST", "/v2/models/things-items/infer",
      ["inputs": [["name": "codes", "shape": [5, 3], "datatype": "INT64", "data": codes] as [String: Any]]])
    let outputs = try #require(answer["outputs"] as? [[String: Any]])
    let counts = try #require(outputs[1]["data"] as? [Int])
    #expect(counts == (0..<4).map { index.rows(prefix: index.codes(ofRow: $0)).count } + [0])
    let width = try #require((outputs[0]["shape"] as? [Int])?[1])
    let items = try #require(outputs[0]["data"] as? [String])
    #expect(items.count == 5 * width && items.suffix(width).allSatisfy(\.isEmpty))
    for row in 0..<4 {
      let own = index.rows(prefix: index.codes(ofRow: row)).map { "item-\($0)" }
      #expect(Array(items[row * width..<row * width + own.count]) == own)
    }
  }

  @Test func badTensorsAreRefused() throws {
    let server = try TestServer()
    func status(_ input: [String: Any], tail: [UInt8] = [], header: String? = nil) throws -> Int {
      let head = Array(try JSONSerialization.data(withJSONObject: ["inputs": [input]]))
      return server.answer(
        "POST", "/v2/models/things-encode/infer", head + tail, isBinary: header != nil || !tail.isEmpty,
        header: header ?? (tail.isEmpty ? nil : "\(head.count)")
      ).status
    }
    let good: [String: Any] = [
      "name": "vectors", "shape": [1, 8], "datatype": "FP32", "data": [Int](repeating: 1, count: 8),
    ]
    #expect(try status(good) == 200)
    for (key, value) in [
      ("shape", [1, 7]), ("shape", [2, 8]), ("shape", [-1, 8]), ("shape", [2_147_483_647, 2_147_483_647]),
      ("datatype", "FP16"), ("datatype", "BYTES"), ("data", ["a"]), ("data", [1]), ("name", "vector"),
      ("parameters", ["binary_data_size": 32]),
    ] as [(String, Any)] {
      var bad = good
      bad[key] = value
      #expect(try status(bad) >= 400 || key == "parameters", "\(key) \(value)")
    }
    let twice = server.answer(
      "POST", "/v2/models/things-encode/infer",
      Array(
        try JSONSerialization.data(withJSONObject: [
          "inputs": [good], "outputs": [["name": "codes"], ["name": "codes"]],
        ])))
    #expect(twice.status == 400)
    var binary = good
    binary["data"] = nil
    binary["parameters"] = ["binary_data_size": 32]
    #expect(try status(binary, tail: bytes([Float](repeating: 1, count: 8))) == 200)
    #expect(try status(binary, tail: bytes([Float](repeating: 1, count: 7))) == 400)
    #expect(try status(binary, tail: bytes([Float](repeating: .nan, count: 8))) == 400)
    #expect(try status(binary, tail: bytes([Float](repeating: 1, count: 9))) == 400)
    #expect(try status(good, header: "100000") == 400)
    #expect(try status(good, header: "-1") == 400)
    #expect(server.answer("GET", "/v2/models/nothing").status == 404)
    #expect(server.answer("GET", "/v2/models/things-items").status == 200)
  }
}
