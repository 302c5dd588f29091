import Foundation
import TestSupport
import Testing
import Vectors

@testable import Corpora

@Suite struct TokenizerJSONTests {
  private static let hasTokenizers: Bool = {
    guard Python.isReady else { return false }
    if (try? Python.run("import tokenizers")) != nil { return true }
    print("skipped: the tests' Python has no module tokenizers; run scripts/python-env")
    return false
  }()

  private static let plain = """
    {"version": "1.0", "added_tokens": [ ], "pre_tokenizer": {"é": "\\u00e9", "n": 1.50},
     "model": {"type": "WordLevel", "vocab": {"a": 0, "b": 1, "<b_1>": 2}, "unk_token": "a"}}
    """

  private static func merge(
    _ text: String, sizes: [Int] = [2, 1], existing: TokenizerJSON.Existing = .error
  ) throws -> (text: String, report: TokenizerJSON.Report) {
    let folder = try TemporaryFolder()
    try text.write(toFile: folder.file("in.json"), atomically: true, encoding: .utf8)
    let report = try TokenizerJSON.merge(
      TokenVocabulary(levelSizes: sizes), into: folder.file("in.json"), output: folder.file("out.json"),
      existing: existing)
    return (try String(contentsOfFile: folder.file("out.json"), encoding: .utf8), report)
  }

  @Test func keepsEveryOtherByte() throws {
    let (text, report) = try Self.merge(Self.plain)
    #expect(report.ids == [3, 4, 5] && report.added == 3 && report.kept == 0 && report.vocabularySize == 6)
    let start = try #require(text.range(of: "[")?.upperBound)
    let end = try #require(
      text.range(of: "true", range: start..<text.endIndex)?.lowerBound ?? text.range(of: " ]")?.lowerBound)
    #expect(Self.plain.hasPrefix(text[..<start]))
    #expect(text.hasSuffix(Self.plain.suffix(from: try #require(Self.plain.range(of: " ]")?.lowerBound))))
    #expect(text[start..<end].contains("<a_1>"))
    // Behind entries that are there, and once only.
    let (again, second) = try Self.merge(text, existing: .keep)
    #expect(second.kept == 3 && second.added == 0 && second.ids == [3, 4, 5])
    #expect(again == text)
  }

  @Test func tokensThatAreThere() throws {
    #expect(message { _ = try Self.merge(Self.plain, sizes: [1, 2]) }.contains("the token <b_1>, found it, with id 2"))
    let (text, report) = try Self.merge(Self.plain, sizes: [1, 2], existing: .keep)
    // The model's own token keeps its id, and becomes an added token.
    #expect(report.ids == [3, 4, 2] && report.added == 2 && report.kept == 1)
    #expect(text.contains("{\"id\": 2, \"content\": \"<b_1>\""))
  }

  @Test func refusesWhatIsNoTokenizer() throws {
    func refusal(_ text: String) -> String { message { _ = try Self.merge(text) } }
    #expect(refusal("").contains("expected a tokenizer.json"))
    #expect(refusal("{\"model\": {\"vocab\": {}}}").contains("no added_tokens"))
    #expect(refusal("{\"added_tokens\": []}").contains("no model.vocab"))
    #expect(refusal("{\"added_tokens\": {}, \"model\": {\"vocab\": {}}}").contains("a list of tokens"))
    #expect(refusal("{\"added_tokens\": [{\"id\": 1}], \"model\": {\"vocab\": {}}}").contains("id and content"))
    #expect(refusal("{\"added_tokens\": [], \"model\": {\"vocab\": {\"a\": 7}}}").contains("without gaps"))
    #expect(refusal("{\"added_tokens\": [], \"model\": {\"vocab\": {\"a\": -1}}}").contains("2⁶³"))
    #expect(refusal(String(repeating: "[", count: 100_000)).contains("no JSON"))
    // Damage anywhere is an error or a whole file.
    let bytes = Array(Self.plain.utf8)
    for cut in bytes.indices {
      #expect(throws: InputError.self) { try Self.merge(String(decoding: bytes[..<cut], as: UTF8.self)) }
    }
  }

  /// The real library reads the merged file; each token is one id there, the one that was promised.
  @Test(.enabled(if: hasTokenizers), arguments: ["bpe", "wordpiece", "unigram", "wordlevel"])
  func theLibraryEncodesEachTokenAsOneID(kind: String) throws {
    let folder = try TemporaryFolder()
    try Python.run(
      """
      import sys
      from tokenizers import Tokenizer, models, pre_tokenizers, normalizers, trainers, decoders, AddedToken
      kind, path = sys.argv[1:]
      text = ["the quick brown fox jumps over the lazy dog"] * 20
      if kind == "bpe":
          t = Tokenizer(models.BPE()); t.pre_tokenizer = pre_tokenizers.ByteLevel(); t.decoder = decoders.ByteLevel()
          t.train_from_iterator(text, trainers.BpeTrainer(
              vocab_size=400, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), special_tokens=["<|endoftext|>"]))
      elif kind == "wordpiece":
          t = Tokenizer(models.WordPiece(unk_token="[UNK]")); t.normalizer = normalizers.BertNormalizer()
          t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
          t.train_from_iterator(text, trainers.WordPieceTrainer(vocab_size=100, special_tokens=["[UNK]", "[CLS]"]))
      elif kind == "unigram":
          t = Tokenizer(models.Unigram()); t.pre_tokenizer = pre_tokenizers.Metaspace()
          t.train_from_iterator(text, trainers.UnigramTrainer(vocab_size=60, special_tokens=["<unk>"], unk_token="<unk>"))
      else:
          t = Tokenizer(models.WordLevel({"[UNK]": 0, "the": 1, "<a_3>": 2}, unk_token="[UNK]"))
          t.pre_tokenizer = pre_tokenizers.Whitespace()
          t.add_tokens([AddedToken("<b_9>", normalized=False)])
      t.save(path)
      """, kind, folder.file("tokenizer.json"))
    let vocabulary = try TokenVocabulary(levelSizes: [16, 16, 300], specials: ["<|rec|>"])
    let report = try TokenizerJSON.merge(
      vocabulary, into: folder.file("tokenizer.json"), output: folder.file("merged.json"), existing: .keep)
    #expect(report.kept == (kind == "wordlevel" ? 2 : 0))
    let ids = "[" + report.ids.map(String.init).joined(separator: ",") + "]"
    try ids.write(toFile: folder.file("ids.json"), atomically: true, encoding: .utf8)
    try vocabulary.write(text: folder.file("tokens.txt"))
    try Python.run(
      """
      import json, sys
      from tokenizers import Tokenizer
      folder, size = sys.argv[1], int(sys.argv[2])
      t = Tokenizer.from_file(folder + "/merged.json")
      old = Tokenizer.from_file(folder + "/tokenizer.json")
      tokens = open(folder + "/tokens.txt").read().split()
      ids = json.load(open(folder + "/ids.json"))
      assert [t.token_to_id(x) for x in tokens] == ids and len(set(ids)) == len(tokens)
      for x, i in zip(tokens, ids):
          assert t.encode(x, add_special_tokens=False).ids == [i], x
      e = t.encode("<a_3><b_9><c_1>", add_special_tokens=False)
      assert e.ids == [t.token_to_id(x) for x in ("<a_3>", "<b_9>", "<c_1>")] and len(e.ids) == 3, e.tokens
      mixed = t.encode("the fox <a_3><b_9><c_299> and <A_3>", add_special_tokens=False)
      assert sum(i in set(ids) for i in mixed.ids) == 3, mixed.tokens
      assert t.get_vocab_size(with_added_tokens=True) == size, (t.get_vocab_size(with_added_tokens=True), size)
      assert max(t.get_vocab().values()) == size - 1
      # Text without IDs is cut as before, and IDs come back when special tokens are skipped.
      assert t.encode("the quick dog").ids == old.encode("the quick dog").ids
      assert "<c_299>" in t.decode(mixed.ids, skip_special_tokens=True)
      assert "<|rec|>" not in t.decode(t.encode("the <|rec|>").ids, skip_special_tokens=True)
      """, folder.path, String(report.vocabularySize))
  }
}
