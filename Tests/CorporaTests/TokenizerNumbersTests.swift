import Foundation
import Formats
import TestSupport
import Testing
import Vectors

@testable import Corpora

/// Ids of tokens, held against those that the `tokenizers` library gives.
@Suite struct TokenizerNumbersTests {

  /// Lists with gaps, out of order, with tokens twice and tokens of the model, in every kind of model.
  @Test(.enabled(if: Python.has("tokenizers")), arguments: ["WordLevel", "WordPiece", "BPE", "Unigram"])
  func idsAreTheLibrarys(kind: String) throws {
    let folder = try TemporaryFolder()
    try Python.run(
      """
      import json, random, sys
      from tokenizers import Tokenizer
      kind, folder = sys.argv[1:]
      random.seed(kind)
      # Two spellings of one character, which are two tokens; a token in GPT-2's characters; an empty one.
      names = ["<a_%d>" % i for i in range(4)] + ["caf\\u00e9", "cafe\\u0301", "x", "\\u0120the", "<eos>", "\\n", "\\U0001f986", ""]
      cases = []
      for number in range(300):
          own = ["[UNK]", "a", "b"] + random.sample(names[:-1], random.randrange(5))
          random.shuffle(own)
          ids = list(range(len(own)))
          if random.random() < .15: ids[-1] += random.randrange(1, 4)
          model = {"WordLevel": {"vocab": dict(zip(own, ids)), "unk_token": "[UNK]"},
                   "WordPiece": {"vocab": dict(zip(own, ids)), "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                                 "max_input_chars_per_word": 100},
                   "BPE": {"vocab": dict(zip(own, ids)), "merges": []},
                   "Unigram": {"vocab": [[token, -1.0] for token in own], "unk_id": 0, "byte_fallback": False}}[kind]
          listed = [random.choice(names) for _ in range(random.randrange(7))]
          # Mostly the ids that they get, so that many files are good ones.
          known, size = dict(zip(own, ids if kind != "Unigram" else range(len(own)))), len(own)
          entries = []
          for token in listed:
              if token not in known: known[token], size = size, size + 1
              id = known[token] if random.random() < .9 else random.randrange(12)
              entries.append(dict(id=id, content=token, single_word=False, lstrip=False, rstrip=False,
                                  normalized=random.random() < .5, special=random.random() < .5))
          if random.random() < .2: random.shuffle(entries)
          text = json.dumps({"version": "1.0", "truncation": None, "padding": None, "added_tokens": entries,
                             "normalizer": None, "pre_tokenizer": None, "post_processor": None, "decoder": None,
                             "model": {"type": kind, **model}}, ensure_ascii=random.random() < .5)
          open(f"{folder}/{number}.json", "w").write(text)
          library = Tokenizer.from_str(text)
          cases.append({
              "ids": {token: library.token_to_id(token) for token in own + listed if token},
              "agrees": all(e["id"] == library.token_to_id(e["content"]) for e in entries if e["content"]),
              "hasGaps": kind != "Unigram" and max(ids) >= len(ids)})
      json.dump(cases, open(folder + "/cases.json", "w"), ensure_ascii=False)
      """, kind, folder.path)
    // Keys that differ in their bytes alone must stay apart here too.
    let cases = try Self.cases(folder.file("cases.json"))
    let vocabulary = try TokenVocabulary(levelSizes: [4, 3], specials: ["cafe\u{301}"])
    var merged: [[String: Any]] = []
    var (read, refused) = (0, 0)
    for (number, expected) in cases.enumerated() {
      let path = folder.file("\(number).json")
      do {
        let tokens = try TokenizerTokens(path: path)
        for (token, id) in expected.ids {
          #expect(try Int(tokens.number(of: token.text)) == id, "\(path) \(token.text)")
        }
        #expect(expected.agrees, "\(path)")
        read += 1
      } catch let error as InputError {
        // Refused for a reason only: two ids for one token, or gaps that new tokens would fill.
        #expect(!expected.agrees || expected.hasGaps, "\(error)")
        refused += 1
        continue
      }
      guard
        let report = try? TokenizerJSON.merge(
          vocabulary, into: path, output: folder.file("m\(number).json"), existing: .keep)
      else {
        #expect(expected.hasGaps, "\(path)")
        continue
      }
      merged.append(["path": folder.file("m\(number).json"), "ids": report.ids, "size": report.vocabularySize])
    }
    #expect(read > 100 && refused > 20 && merged.count > 80, "\(read) read, \(refused) refused, \(merged.count) merged")
    try JSONSerialization.data(withJSONObject: merged).write(to: URL(fileURLWithPath: folder.file("merged.json")))
    try Python.run(
      """
      import json, sys
      from tokenizers import Tokenizer
      tokens = [f"<a_{i}>" for i in range(4)] + [f"<b_{i}>" for i in range(3)] + ["cafe\\u0301"]
      for case in json.load(open(sys.argv[1])):
          library = Tokenizer.from_file(case["path"])
          assert [library.token_to_id(token) for token in tokens] == case["ids"], case
          assert max(library.get_vocab().values()) + 1 == case["size"], case
          for token, id in zip(tokens, case["ids"]):
              assert library.encode(token, add_special_tokens=False).ids == [id], (case["path"], token)
      """, folder.file("merged.json"))
  }

  private static func cases(_ path: String) throws -> [(ids: [TokenText: Int], agrees: Bool, hasGaps: Bool)] {
    let file = try MappedFile(path: path)
    var scanner = JSONScanner(bytes: file.bytes, source: path)
    var cases: [(ids: [TokenText: Int], agrees: Bool, hasGaps: Bool)] = []
    try scanner.array { _, scanner in
      var next: (ids: [TokenText: Int], agrees: Bool, hasGaps: Bool) = ([:], false, false)
      try scanner.object { key, scanner in
        if key == "ids" {
          try scanner.object { token, scanner in next.ids[TokenText(token)] = try scanner.count() }
        } else {
          let isTrue = scanner.peek() == UInt8(ascii: "t")
          if key == "agrees" { next.agrees = isTrue } else { next.hasGaps = isTrue }
          try scanner.skip()
        }
      }
      cases.append(next)
    }
    return cases
  }

  private static func file(
    _ folder: TemporaryFolder, added: String, vocabulary: String = #""a": 0, "b": 1, "[UNK]": 2"#
  )
    throws -> String
  {
    let path = folder.file("tokenizer.json")
    try AtomicFile.write(
      #"{"added_tokens": [\#(added)], "model": {"type": "WordLevel", "vocab": {\#(vocabulary)}}}"#, to: path)
    return path
  }

  /// Both ids are named, and the remedy is one that leads on.
  @Test(arguments: [
    (#"{"id": 3, "content": "<bos>"}, {"id": 9, "content": "<eos>"}"#, "<eos>", 4, 9),
    (#"{"id": 4, "content": "<eos>"}, {"id": 3, "content": "<bos>"}"#, "<eos>", 3, 4),
    (#"{"id": 7, "content": "b"}"#, "b", 1, 7),
  ]) func anIDThatIsNotTheLibrarysIsRefused(_ added: String, _ token: String, _ right: Int, _ listed: Int) throws {
    let folder = try TemporaryFolder()
    let path = try Self.file(folder, added: added)
    let vocabulary = try TokenVocabulary(levelSizes: [4, 4, 4])
    for read in [
      { _ = try TokenizerTokens(path: path) },
      { _ = try TokenizerJSON.merge(vocabulary, into: path, output: folder.file("out.json")) },
    ] {
      let error = #expect(throws: InputError.self) { try read() }
      #expect(error?.place == "added_tokens, \(token)" && error?.found == "id \(listed)", "\(error as Any)")
      #expect(error?.expected?.hasPrefix("id \(right),") == true && error?.remedy?.contains(".save(") == true)
    }
    #expect(!FileManager.default.fileExists(atPath: folder.file("out.json")))
    guard Python.has("tokenizers") else { return }
    // The remedy, as printed.
    try Python.run(
      """
      import json, sys
      from tokenizers import Tokenizer
      file = json.load(open(sys.argv[1]))
      file = {"version": "1.0", **file}
      file["model"]["unk_token"] = "[UNK]"
      flags = dict(single_word=False, lstrip=False, rstrip=False, normalized=False, special=True)
      file["added_tokens"] = [{**entry, **flags} for entry in file["added_tokens"]]
      json.dump(file, open(sys.argv[1], "w"))
      Tokenizer.from_file(sys.argv[1]).save(sys.argv[2])
      """, path, folder.file("new.json"))
    #expect(try TokenizerTokens(path: folder.file("new.json")).number(of: token) == Int32(right))
  }

  @Test func textsAreLookedUpByTheirBytes() throws {
    let folder = try TemporaryFolder()
    let path = try Self.file(
      folder, added: #"{"id": 4, "content": "<e\u0301os>"}, {"id": 5, "content": "<\u00e9os>"}"#,
      vocabulary: #""a": 0, "\u00e9": 1, "e\u0301": 2, "\u010a": 3"#)
    let tokens = try TokenizerTokens(path: path)
    #expect(try tokens.number(of: "\u{e9}") == 1 && tokens.number(of: "e\u{301}") == 2)
    #expect(try tokens.number(ofText: "<\u{e9}os>") == 5 && tokens.number(ofText: "<e\u{301}os>") == 4)
    // No byte-level BPE: its characters stand for themselves.
    #expect(throws: InputError.self) { _ = try tokens.number(ofText: "\n") }
    #expect(try tokens.number(ofText: "\u{10a}") == 3)
  }

  @Test(.enabled(if: Python.has("tokenizers"))) func byteLevelTokensAreFoundByTheTextTheyStandFor() throws {
    let folder = try TemporaryFolder()
    let texts = try Python.run(
      """
      import json, sys
      from tokenizers import Tokenizer, models, pre_tokenizers
      alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
      vocabulary = {c: i for i, c in enumerate(alphabet)}
      merges = [("\\u0120", "a"), ("\\u00c3", "\\u00a9")]
      for pair in merges: vocabulary["".join(pair)] = len(vocabulary)
      t = Tokenizer(models.BPE(vocabulary, merges))
      t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.ByteLevel(add_prefix_space=False)])
      t.save(sys.argv[1])
      texts = [chr(i) for i in range(128)] + [" a"]
      print(json.dumps([[text, t.encode(text).ids] for text in texts]))
      """, folder.file("tokenizer.json"))
    let tokens = try TokenizerTokens(path: folder.file("tokenizer.json"))
    let pairs = try #require(try JSONSerialization.jsonObject(with: Data(texts.utf8)) as? [[Any]])
    #expect(pairs.count == 129)
    for pair in pairs {
      let (text, ids) = (try #require(pair[0] as? String), try #require(pair[1] as? [Int]))
      #expect(ids.count == 1)
      #expect(try [Int(tokens.number(ofText: text))] == ids, "\(text.debugDescription)")
    }
    #expect(throws: InputError.self) { _ = try tokens.number(of: "\n") }
    // "é" is the character of byte E9, and its own two bytes are another token.
    let error = #expect(throws: InputError.self) { _ = try tokens.number(ofText: "\u{e9}") }
    #expect(error?.expected == "one token for \"\u{e9}\"")
  }

  @Test func theFilesBesideNameTheEnd() throws {
    let folder = try TemporaryFolder()
    let path = try Self.file(folder, added: #"{"id": 3, "content": "<eos>"}, {"id": 4, "content": "<pad>"}"#)
    let sizes = [2, 1]
    let vocabulary = try TokenVocabulary(
      spelling: TokenSpelling(pattern: "{id}", begin: "", end: ""), levelSizes: sizes)
    func resolved(_ names: TokenNames, _ path: String) throws -> (tokens: ConstraintTokens, told: [String]) {
      try TokenizerJSON.merge(vocabulary, into: path, output: folder.file("merged.json"))
      return try names.resolved(
        vocabulary, tokenizer: TokenizerTokens(path: folder.file("merged.json")), firstToken: nil)
    }
    let none = try resolved(TokenNames(), path)
    #expect(none.tokens.end == [] && none.tokens.padding == [] && none.told == [])
    try AtomicFile.write(#"{"eos_token": {"content": "<eos>"}}"#, to: folder.file("special_tokens_map.json"))
    #expect(try resolved(TokenNames(), path).tokens.end == [3])
    try AtomicFile.write(
      #"{"eos_token": "<eos>", "pad_token": "<pad>", "bos_token": null}"#, to: folder.file("tokenizer_config.json"))
    let found = try resolved(TokenNames(), path)
    #expect(found.tokens.end == [3] && found.tokens.padding == [4] && found.tokens.codes == .table([[5, 6], [7]]))
    #expect(found.told.count == 2 && found.told[0].hasPrefix("end of an ID: <eos> (3), from "))
    let named = try resolved(TokenNames(begin: ["a"], end: ["b", "3"], padding: [""]), path)
    #expect(named.tokens.begin == [0] && named.tokens.end == [1, 3] && named.tokens.padding == [] && named.told == [])
    #expect(throws: InputError.self) { _ = try resolved(TokenNames(end: ["<eot>"]), path) }
    // Named there, and no token of the tokenizer: never passed over.
    try AtomicFile.write(#"{"eos_token": "</s>"}"#, to: folder.file("tokenizer_config.json"))
    let error = #expect(throws: InputError.self) { _ = try resolved(TokenNames(), path) }
    #expect(error?.expected == "the token \"</s>\"" && error?.remedy?.contains("--end") == true)
    #expect(throws: InputError.self) {
      _ = try TokenNames(end: ["x"]).resolved(vocabulary, tokenizer: nil, firstToken: 4)
    }
    #expect(try TokenNames(end: ["9"]).resolved(vocabulary, tokenizer: nil, firstToken: 4).tokens.end == [9])
  }
}
