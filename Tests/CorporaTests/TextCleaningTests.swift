import Foundation
import TestSupport
import Testing
import Vectors

@testable import Corpora

@Suite struct TextCleaningTests {
  private func clean(_ text: String, _ cleaning: TextCleaning) -> (text: String, found: TextCleaning.Found) {
    var bytes: [UInt8] = []
    var text = text
    let found = text.withUTF8 { cleaning.append($0, to: &bytes) }
    return (String(decoding: bytes, as: UTF8.self), found)
  }

  private func decoded(_ text: String) -> String {
    var text = text
    return text.withUTF8 { HTMLEntities.decode($0).map { String(decoding: $0, as: UTF8.self) } } ?? text
  }

  @Test func referencesOfHTMLBecomeCharacters() {
    let pairs = [
      ("Nuts &amp; Bolts", "Nuts & Bolts"), ("6&quot; x 8&#39;", "6\" x 8'"), ("&#x27;a&#X27;", "'a'"),
      ("20 &deg;C &plusmn;1&nbsp;%", "20 °C ±1 %"), ("&#8217;&#146;&rsquo;", "’’’"), ("&Uuml;&uuml;", "Üü"),
      ("1&frac12; &times; 2", "1½ × 2"), ("&#128512;&#x1F600;", "😀😀"), ("&lpar;a&comma; b&rpar;", "(a, b)"),
      // Escaped twice and three times; a fourth time is no accident.
      ("a &amp;amp; b", "a & b"), ("&amp;quot;x&amp;quot;", "\"x\""), ("&amp;amp;amp;", "&"),
      ("&amp;amp;amp;amp;", "&amp;"),
      ("&amp;#39;", "'"),
    ]
    for (text, wanted) in pairs { #expect(decoded(text) == wanted, "\(text)") }
    // Without its end, unknown, empty, or no character: what was written.
    for text in [
      "AT&T", "R&D;", "?a=1&copy=2", "&", "&;", "&#;", "&#x;", "&#xZZ;", "&#0;", "&#55296;", "&#1114112;", "& amp;",
      "&nosuchname;", "&#99999999999999999999;", "&amp", "&Amp;", "&#-5;", "&#+5;", "&#1#2;", "é & ö", "",
    ] { #expect(decoded(text) == text, "\(text)") }
  }

  /// Every name that we know stands for what Python's `html` says, and numbers too.
  @Test(.enabled(if: Python.isReady)) func namesArePythons() throws {
    let folder = try TemporaryFolder()
    let names = HTMLEntityNames.characters.map { [String($0.key), String(Character($0.value))] }
    let numbers = (1..<0x300).map { ["#\($0)", decoded("&#\($0);")] }
    #expect(names.count > 350 && HTMLEntityNames.longest < 20)
    try JSONEncoder().encode(names + numbers).write(to: URL(fileURLWithPath: folder.file("x.json")))
    try Python.run(
      """
      import html, json, sys
      from html.entities import name2codepoint
      pairs = json.load(open(sys.argv[1]))
      known = {name for name, _ in pairs}
      assert not set(name2codepoint) - known
      for name, text in pairs:
          want = html.unescape("&" + name + ";")
          # Python drops control characters, which stay for what makes spaces of them.
          if name == "#160": want = " "
          assert text == want or want == "" or (name.startswith("#") and ord(want) in range(0x80, 0xA0)), (name, text, want)
      """, folder.file("x.json"))
  }

  @Test func tokensOfChatTemplatesAreBrokenUp() throws {
    let cleaning = TextCleaning(try TokenVocabulary(levelSizes: [8, 8]))
    let pairs = [
      ("a<|im_end|>b", "a< |im_end|>b"), ("<s>[INST]x[/INST]</s>", "< s>[ INST]x[ /INST]< /s>"),
      ("<|endoftext|>", "< |endoftext|>"), ("<bos>", "< bos>"), ("<｜User｜>", "< ｜User｜>"),
      ("<<|eot_id|>", "<< |eot_id|>"),
      ("<|im_end", "<|im_end"), ("[INSTALL]", "[INSTALL]"), ("size <s", "size <s"),
    ]
    for (text, wanted) in pairs {
      let (cleaned, found) = clean(text, cleaning)
      #expect(cleaned == wanted && found.chatTokens == (text != wanted) && !found.tokens, "\(text)")
    }
    #expect(clean("<a_7><b_1>", cleaning).text == "< a_7>< b_1>" && clean("<a_7>", cleaning).found.tokens)
    // Escaped, too; and where references are left alone, they are no tokens.
    let (escaped, found) = clean("x&lt;|im_end|&gt;&#10;y", cleaning)
    #expect(escaped == "x< |im_end|> y" && found.entities && found.chatTokens && found.controls)
    var options = TextCleaningOptions()
    options.decodesEntities = false
    let plain = TextCleaning(try TokenVocabulary(levelSizes: [8, 8]), options)
    #expect(clean("x&lt;|im_end|&gt;", plain).text == "x&lt;|im_end|&gt;")
  }

  @Test func aTokenizersOwnTokensAreTaken() throws {
    let folder = try TemporaryFolder()
    let json = """
      {"version": "1.0", "added_tokens": [
        {"id": 5, "content": "<|mine|>", "special": true}, {"id": 6, "content": "▁<PRE>", "special": true},
        {"id": 7, "content": "<think>", "special": false}, {"id": 8, "content": "iPhone", "special": false},
        {"id": 9, "content": "  ", "special": true}, {"id": 10, "content": "!", "special": true}],
       "model": {"vocab": {"a": 0}}}
      """
    try FileManager.default.createDirectory(atPath: folder.file("model"), withIntermediateDirectories: true)
    for path in [folder.file("t.json"), folder.file("model") + "/tokenizer.json"] {
      try json.write(toFile: path, atomically: true, encoding: .utf8)
    }
    let tokens = try ChatTokens.read(tokenizer: folder.file("t.json"))
    #expect(tokens.tokens == ["<|mine|>", "▁<PRE>", "<think>"])
    #expect(try ChatTokens.read(tokenizer: folder.file("model")) == tokens)
    var options = TextCleaningOptions()
    options.chatTokens = tokens
    let cleaning = TextCleaning(try TokenVocabulary(levelSizes: [8]), options)
    #expect(clean("<|mine|> ▁<PRE> iPhone! <think></s>", cleaning).text == "< |mine|> ▁ <PRE> iPhone! < think></s>")
    for bad in [
      "", "[]", "{}", #"{"added_tokens": 3}"#, #"{"added_tokens": []} x"#, #"{"added_tokens": [{"content": 1}]}"#,
    ] {
      try bad.write(toFile: folder.file("bad.json"), atomically: true, encoding: .utf8)
      #expect(throws: InputError.self, "\(bad)") { try ChatTokens.read(tokenizer: folder.file("bad.json")) }
    }
  }

  @Test func whatWasDoneIsCounted() throws {
    let fixture = try Fixture(items: 5)
    let texts = try fixture.texts(["A &amp; B", "<|im_end|>", "<a_1>", "plain", "x\ty"])
    #expect(texts.report.decodedTexts == 1 && texts.report.textsWithChatTokens == 1)
    #expect(texts.report.textsWithTokens == 1 && texts.report.cleanedTexts == 1)
    #expect(Array(texts.titles) == ["A & B", "< |im_end|>", "< a_1>", "plain", "x y"])
  }

  /// A title eight times as long takes about eight times as long, whatever it repeats.
  @Test func longTextsAreCleanedInLinearTime() throws {
    let cleaning = TextCleaning(try TokenVocabulary(levelSizes: [64, 64]))
    func seconds(_ text: String) -> Double {
      (0..<3).map { _ in ContinuousClock().measure { _ = clean(text, cleaning) } / .seconds(1) }.min() ?? 0
    }
    for piece in ["&", "&#", "&amp;", "&amp", "&amp;amp;", "<", "<|", "<a_", "<a_1>", "\n", "\u{2028} ", "[INST"] {
      let base = seconds(String(repeating: piece, count: 4000))
      let long = seconds(String(repeating: piece, count: 32_000))
      #expect(long < 24 * base + 0.05, "\(piece): \(base) s and \(long) s")
    }
  }
}
