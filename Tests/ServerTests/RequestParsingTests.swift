import Foundation
import TestSupport
import Testing
import Vectors

@testable import Server

@Suite struct RequestParsingTests {
  private func parse(_ text: String) throws -> RequestValue {
    try Array(text.utf8).withUnsafeBytes { try RequestValue(parsing: $0) }
  }

  @Test func numbersAreTheNearest() throws {
    var random = CounterRandom(seed: 3, stream: 0)
    var texts = [
      "0", "-0", "1", "-1.5", "0.1", "1e22", "1e23", "1e-22", "123456789012345", "1234567890123456", "4.9e-324",
      "1.7976931348623157e308", "0.30000000000000004", "9007199254740993", "1E5", "1e+5", "100000000000000000000000",
      "0.000001", "123.456e-10", "5e-1",
    ]
    for _ in 0..<2000 {
      let value = Double(bitPattern: random.next())
      if value.isFinite { texts.append("\(value)".replacingOccurrences(of: "+", with: "")) }
      texts.append("\(Float(random.uniform()) - 0.5)")
      texts.append("\(random.uniform() * 1000)")
    }
    for text in texts {
      let expected = try #require(Double(text))
      let found = Array(text.utf8).withUnsafeBytes { NumberText.value($0) }
      #expect(found?.bitPattern == expected.bitPattern, "\(text)")
    }
  }

  @Test func jsonThatIsNoneIsRefused() {
    for text in [
      "", "{", "[1,", "{\"a\":}", "{\"a\" 1}", "[1 2]", "nul", "01", "1.", ".5", "+1", "\"\u{1}\"", "{\"a\":1,\"a\":2}",
      "[1]x", "1e999", "-1e999", "\"\\ud800\"", "NaN", "Infinity", "'a'", String(repeating: "[", count: 100),
      String(repeating: "{\"a\":", count: 100_000), "1e99999999",
    ] {
      #expect(throws: InputError.self, "\(text.prefix(30))") { try parse(text) }
    }
  }

  @Test func valuesAreOfTheirKinds() throws {
    guard case .numbers(let numbers) = try parse("[1, 2.5, -3e2]") else { throw Unexpected() }
    #expect(numbers == [1, 2.5, -300])
    guard case .array(let mixed) = try parse("[1, \"a\", null]") else { throw Unexpected() }
    #expect(mixed.count == 3 && mixed[0].kind == "a number" && mixed[1].kind == "text")
    guard case .integer(let large) = try parse("9223372036854775807") else { throw Unexpected() }
    #expect(large == .max)
    guard case .integer(let least) = try parse("-9223372036854775808") else { throw Unexpected() }
    #expect(least == .min)
    guard case .number(let larger) = try parse("9223372036854775808") else { throw Unexpected() }
    #expect(larger == 0x1p63)
  }

  private struct Unexpected: Error {}

  @Test func unknownFieldsAreNamedWithTheNearest() throws {
    let value = try parse("{\"vectors\": [1], \"k\": 3}")
    let error = #expect(throws: InputError.self) {
      try RequestFields(value, known: ["vector", "k"])
    }
    #expect(error?.place == "vectors" && error?.expected == "\"vector\"")
    let fields = try RequestFields(
      parse("{\"k\": 1.0, \"flag\": null, \"text\": \"a\"}"), known: ["k", "flag", "text"])
    #expect(try fields.integer("k", in: 1...5) == 1)
    #expect(try fields.boolean("flag") == nil)
    #expect(throws: InputError.self) { try fields.integer("k", in: 2...5) }
    #expect(throws: InputError.self) { try fields.boolean("text") }
    #expect(throws: InputError.self) { try fields.integer("text", in: 1...5) }
  }

  @Test func pathsAreDecodedOnce() throws {
    let path = try RequestPath("/v1/indexes/a%2Fb/items/%3Cx%3E%20%25?limit=3&q=a+b%26c&flag")
    #expect(path.parts == ["v1", "indexes", "a/b", "items", "<x> %"])
    #expect(path.query.map(\.name) == ["limit", "q", "flag"])
    #expect(path.query.map(\.value) == ["3", "a b&c", ""])
    #expect(try RequestPath("/").parts.isEmpty)
    #expect(try RequestPath("http://host:80/livez").parts == ["livez"])
    for target in ["", "livez", "/a//b", "/%zz", "/%", "/%ff", "/a/", "/?q=%f"] {
      #expect(throws: ServerFault.self, "\(target)") { try RequestPath(target) }
    }
  }

  @Test func writtenJSONReadsBack() throws {
    var writer = JSONWriter()
    let texts = ["", "a\"b\\c\n\r\t\u{1}\u{1F}é🙂", "</script>", "\u{202E}abc"]
    let numbers: [Double] = [0, -0.0, 1, 1e-7, 1.5e300, 123456.789, .pi]
    writer.object { json in
      json.key("texts")
      json.array(texts) { $0.string($1) }
      json.key("numbers")
      json.array(numbers) { $0.number($1) }
      json.key("whole")
      json.array([Int64.min, -1, 0, 7, .max]) { $0.integer($1) }
      json.member("not a number", number: Double.nan)
      json.key("none")
      json.number(Double.infinity)
      json.key("empty")
      json.object { _ in }
    }
    let data = Data(writer.bytes)
    let read = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    #expect(read["texts"] as? [String] == texts)
    #expect(read["numbers"] as? [Double] == numbers)
    #expect((read["whole"] as? [NSNumber])?.map(\.int64Value) == [.min, -1, 0, 7, .max])
    #expect(read["not a number"] == nil && read["none"] is NSNull)
  }
}
