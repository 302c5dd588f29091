import Testing
import Vectors

@testable import Formats

@Suite struct JSONScannerTests {
  private func string(_ json: String) throws -> String {
    try Array(json.utf8).withUnsafeBytes { bytes in
      var scanner = JSONScanner(bytes: bytes, source: "x")
      let text = try scanner.string()
      try scanner.end()
      return text
    }
  }

  @Test func readsEveryEscape() throws {
    #expect(try string(#" "a\"\\\/\b\f\n\r\t\u00e9\uD83E\uDD86é🦆" "#) == "a\"\\/\u{8}\u{c}\n\r\té🦆é🦆")
    #expect(try string(#""""#).isEmpty)
  }

  @Test(arguments: [
    #""a"#, #""a\"#, #""\x""#, #""\u12""#, #""\u12g4""#, #""\ud800""#, #""\ud800\u0041""#, #""\udc00""#, "\"a\nb\"",
    #"'a'"#, #""a" "b""#, "", "\"\u{7f}\" x",
  ])
  func refusesWhatIsNoString(json: String) { #expect(throws: InputError.self) { try string(json) } }

  @Test func writesWhatItReads() throws {
    var random = CounterRandom(seed: 4)
    for _ in 0..<500 {
      var text = ""
      for _ in 0..<random.below(12) {
        let bound = [0x80, 0x800, 0x11_0000][random.below(3)]
        if let scalar = Unicode.Scalar(UInt32(random.below(bound))) { text.unicodeScalars.append(scalar) }
      }
      #expect(try Array(string(jsonString(text)).unicodeScalars) == Array(text.unicodeScalars))
    }
  }

  @Test func refusesBytesThatAreNoUTF8() {
    for bytes: [UInt8] in [
      [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xE3, 0x81, 0x22],
    ] {
      #expect(throws: InputError.self) {
        try bytes.withUnsafeBytes { bytes in
          var scanner = JSONScanner(bytes: bytes, source: "x")
          _ = try scanner.string()
        }
      }
    }
  }
}
