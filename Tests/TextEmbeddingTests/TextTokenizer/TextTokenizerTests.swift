import Foundation
import TestSupport
import Testing
import Vectors

@testable import TextEmbedding

/// What the `tokenizers` library makes of a text, we make of it.
struct TextTokenizerTests {
  @Test(.enabled(if: Python.has("tokenizers"))) func agreesOnMadeTokenizers() throws {
    let cases = try TokenizerCases.shared.get()
    #expect(cases.files.count >= 12 && cases.texts.count > 700)
    for (file, (ids, plain)) in zip(cases.files, zip(cases.ids, cases.plainIDs)) {
      let name = file.split(separator: "/").last.map(String.init) ?? file
      let tokenizer = try TextTokenizer(file: file)
      var differing = 0
      for (text, (ids, plain)) in zip(cases.texts, zip(ids, plain)) {
        let ours = tokenizer.encode(text)
        let oursPlain = tokenizer.encode(text, addsSpecialTokens: false)
        guard ours != ids || oursPlain != plain else { continue }
        differing += 1
        if differing <= 3 {
          let scalars = text.unicodeScalars.map { String($0.value, radix: 16) }.joined(separator: " ")
          Issue.record(
            "\(name): \"\(text.prefix(80))\" [\(scalars.prefix(200))]: \(ours.prefix(40)) instead of \(ids.prefix(40))")
        }
      }
      #expect(differing == 0, "\(name): \(differing) of \(cases.texts.count) texts")
    }
  }

  /// Every character that Unicode has assigned, by itself and behind a letter.
  @Test(.enabled(if: Python.has("tokenizers"))) func cleansEveryCharacterAsTheLibraryDoes() throws {
    let folder = try TemporaryFolder()
    try Python.run(
      """
      import json, sys
      from tokenizers import normalizers as N, pre_tokenizers as P
      scalars = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
      def changed(normalizer):
          out = {}
          for c in scalars:
              text = "a" + chr(c) + "b"
              result = normalizer.normalize_str(text)
              if result != text: out[c] = [ord(x) for x in result]
          return out
      result = {"clean": changed(N.BertNormalizer(lowercase=False)), "lower": changed(N.BertNormalizer()), "strip": changed(N.StripAccents()),
                "nfkc": changed(N.NFKC()), "nfd": changed(N.NFD())}
      bert = P.BertPreTokenizer()
      result["pieces"] = {c: len(bert.pre_tokenize_str("a" + chr(c) + "b")) for c in scalars if len(bert.pre_tokenize_str("a" + chr(c) + "b")) != 1}
      json.dump(result, open(sys.argv[1], "w"))
      """, folder.file("all.json"))
    struct Answers: Decodable {
      var clean, lower, strip, nfkc, nfd: [String: [UInt32]]
      var pieces: [String: Int]
    }
    let answers = try JSONDecoder().decode(
      Answers.self, from: Data(contentsOf: URL(fileURLWithPath: folder.file("all.json"))))
    let normalizers: [(String, TextNormalizer, [String: [UInt32]])] = [
      ("clean", .bert(BERTNormalizer(lowercases: false, stripsAccents: nil, spacesIdeographs: true)), answers.clean),
      ("lower", .bert(BERTNormalizer(lowercases: true, stripsAccents: nil, spacesIdeographs: true)), answers.lower),
      ("strip", .stripAccents, answers.strip), ("nfkc", .form(.nfkc), answers.nfkc), ("nfd", .form(.nfd), answers.nfd),
    ]
    var differing: [String: [UInt32]] = [:]
    for value in UInt32(0)..<0x110000 {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let text: [Unicode.Scalar] = ["a", scalar, "b"]
      for (name, normalizer, answers) in normalizers {
        let expected = answers["\(value)"] ?? [0x61, value, 0x62]
        if normalizer.apply(text).map(\.value) != expected { differing[name, default: []].append(value) }
      }
      let pieces = TextSplitter.bert.split([TextPiece(text: text[...], beginsText: true)]).count
      if pieces != answers.pieces["\(value)"] ?? 1 { differing["pieces", default: []].append(value) }
    }
    for (name, values) in differing {
      let shown = values.prefix(40).map { value in
        let properties = Unicode.Scalar(value)?.properties
        return "\(String(value, radix: 16)):\(properties?.age.map { "\($0.major).\($0.minor)" } ?? "-")"
      }
      Issue.record("\(name): \(values.count) characters differ: \(shown.joined(separator: " "))")
    }
  }
}
