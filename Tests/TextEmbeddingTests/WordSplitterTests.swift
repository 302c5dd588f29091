import Testing
import Vectors

@testable import TextEmbedding

struct WordSplitterTests {
  private func words(_ text: String) -> [String] {
    var splitter = WordSplitter()
    return Array(text.utf8).withUnsafeBufferPointer { bytes in
      splitter.split(bytes)
      return (0..<splitter.count).map { String(decoding: splitter.bytes[splitter.range($0)], as: UTF8.self) }
    }
  }

  @Test(arguments: [
    ("", []),
    ("  --  ,.;", []),
    ("Non-linear Video_Editor 2.0", ["non", "linear", "video", "editor", "2", "0"]),
    ("python3-numpy", ["python3", "numpy"]),
    ("GNU C++ compiler, g++-12", ["gnu", "c++", "compiler", "g++", "12"]),
    ("C# and F# (not # or 3#)", ["c#", "and", "f#", "not", "or", "3"]),
    ("GTK+ a+b c+++", ["gtk", "a", "b", "c++"]),
    ("c++11", ["c++", "11"]),
    ("web::browser, works-with::video", ["web", "browser", "works", "with", "video"]),
  ])
  func splitsASCII(text: String, expected: [String]) { #expect(words(text) == expected) }

  @Test(arguments: [
    ("Café", ["cafe"]),
    ("Cafe\u{301}", ["cafe"]),
    ("STRASSE Straße", ["strasse", "straße"]),
    ("ΑΘΗΝΑ Αθήνα", ["αθηνα", "αθηνα"]),
    ("Ёлка", ["елка"]),
    ("naïve—coördinate", ["naive", "coordinate"]),
    ("日本語 editor", ["日", "本", "語", "editor"]),
    ("हिन्दी", ["हिन्दी"]),
    ("é C++ é#", ["e", "c++", "e#"]),
    ("🎬 video🎮game", ["video", "game"]),
  ])
  func splitsUnicode(text: String, expected: [String]) { #expect(words(text) == expected) }

  @Test func bytesThatAreNotTextSeparateWords() {
    var splitter = WordSplitter()
    let bytes: [UInt8] = Array("ab".utf8) + [0xFF, 0xC3] + Array("cd".utf8) + [0xE2, 0x82]
    bytes.withUnsafeBufferPointer { splitter.split($0) }
    #expect(
      (0..<splitter.count).map { Array(splitter.bytes[splitter.range($0)]) } == [Array("ab".utf8), Array("cd".utf8)])
  }

  @Test func theUnicodePathAgreesWithTheASCIIPath() {
    var random = CounterRandom(seed: 11)
    for _ in 0..<300 {
      let text = String(
        decoding: (0..<random.below(40)).map { _ in UInt8(32 + random.below(95)) }, as: UTF8.self)
      // An accent that stands alone adds nothing, but sends the text down the other path.
      #expect(words(text) == words(text + " \u{301}"), "\(text)")
    }
  }
}
