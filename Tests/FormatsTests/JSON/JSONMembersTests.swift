import Foundation
import Testing
import Vectors

@testable import Formats

/// Members without a `String` for each key, and strings that are looked at eight bytes at a time.
@Suite struct JSONMembersTests {
  private func keys(_ text: String) throws -> [String: String] {
    var found: [String: String] = [:]
    try Array(text.utf8).withUnsafeBytes { bytes in
      var scanner = JSONScanner(bytes: bytes, source: "x")
      try scanner.members { key, scanner in
        var value: [UInt8] = []
        try scanner.string(appendingTo: &value)
        found[String(decoding: key, as: UTF8.self)] = String(decoding: value, as: UTF8.self)
      }
      try scanner.end()
    }
    return found
  }

  @Test func keysWithAndWithoutEscapes() throws {
    #expect(try keys(#"{ "a" : "1", "b\u0041\"":"2","":"3" }"#) == ["a": "1", "bA\"": "2", "": "3"])
    #expect(try keys("{}").isEmpty)
    for text in [
      #"{"a": "1",}"#, #"{"a" "1"}"#, #"{"a": "1""#, #"{a: "1"}"#, #"{"a: 1"#, "{", "[]", #"{"a": "1"} x"#,
      "{\"a\u{1}\": \"\"}",
    ] {
      #expect(throws: InputError.self, "\(text)") { try keys(text) }
    }
  }

  /// Ends of runs at every place of a word, against Foundation.
  @Test func stringsOfEveryLength() throws {
    let pieces = [
      "x", "é", "日", "\\n", "\\\"", "\\u00e9", "\\ud83d\\ude00", "\u{7F}", "~", " ", "!", "\\\\", "\u{80}", "ÿ",
    ]
    var random = CounterRandom(seed: 4)
    for length in 0..<400 {
      let text = (0..<length % 40).map { _ in pieces[random.below(4) == 0 ? random.below(pieces.count) : 0] }.joined()
      let json = #"{"key": "\#(text)"}"#
      let expected = try JSONDecoder().decode([String: String].self, from: Data(json.utf8))
      #expect(try keys(json) == expected)
      // Passing over it ends at the same place; a control character inside is refused either way.
      let list = Array("[\"\(text)\", {\"a\": [\"\(text)\"]}, 1]".utf8)
      try list.withUnsafeBytes { bytes in
        var scanner = JSONScanner(bytes: bytes, source: "x")
        try scanner.skip()
        #expect(scanner.position == list.count)
      }
      let broken = #"{"key": "\#(text)\#u{1}"}"#
      #expect(throws: InputError.self) { try keys(broken) }
      #expect(throws: InputError.self) {
        try Array(broken.utf8).withUnsafeBytes { bytes in
          var scanner = JSONScanner(bytes: bytes, source: "x")
          try scanner.skip()
        }
      }
    }
  }
}
