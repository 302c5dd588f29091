import TestSupport
import Testing
import Tokenizers
import Vectors

@testable import Corpora

@Suite struct VocabularyTests {
  @Test func spellingsOfEveryDialect() throws {
    let sizes = [256, 256, 256]
    func text(_ spelling: TokenSpelling) throws -> String {
      try TokenVocabulary(spelling: spelling, levelSizes: sizes).text(for: [3, 9, 1])
    }
    #expect(try text(.levels) == "<a_3><b_9><c_1>")
    #expect(try text(.levels) == TokenFormat.tokens.text(for: [3, 9, 1]))
    #expect(try text(.openOneRec) == "<|sid_begin|><s_a_3><s_b_9><s_c_1><|sid_end|>")
    #expect(try text(.offset) == "<|sid_start|><|sid_3|><|sid_265|><|sid_513|><|sid_end|>")
    #expect(try text(.recTokens) == "<|item_start|><item_L0_C3><item_L1_C9><item_L2_C1><|item_end|>")
    #expect(try text(TokenSpelling(pattern: "[{level}.{code}]")) == "[0.3][1.9][2.1]")
    #expect(try text(TokenSpelling.levels.surrounded(begin: "<i>", end: "</i>")) == "<i><a_3><b_9><c_1></i>")
    for (_, spelling) in TokenSpelling.named {
      let again = try TokenSpelling(pattern: spelling.pattern, begin: spelling.begin, end: spelling.end)
      #expect(again == spelling)
    }
  }

  @Test func everyCodeInNumericOrderThenSpecials() throws {
    let vocabulary = try TokenVocabulary(levelSizes: [3, 12, 1], specials: ["<|rec|>", "<|rec|>"])
    #expect(vocabulary.semanticCount == 16 && vocabulary.count == 17)
    #expect(vocabulary.offsets == [0, 3, 15])
    let tokens = (0..<vocabulary.count).map { vocabulary[$0] }
    #expect(
      tokens == ["<a_0>", "<a_1>", "<a_2>"] + (0..<12).map { "<b_\($0)>" } + ["<c_0>", "<|rec|>"])
    #expect(vocabulary.token(level: 1, code: 11) == "<b_11>")
    // The specials of a spelling come first, and once.
    let offset = try TokenVocabulary(spelling: .offset, levelSizes: [2], specials: ["<|sid_end|>", "<|rec|>"])
    #expect(offset.specials == ["<|sid_start|>", "<|sid_end|>", "<|rec|>"])
  }

  @Test func manyLevelsHaveSpellingsOfTheirOwn() throws {
    let vocabulary = try TokenVocabulary(levelSizes: Array(repeating: 2, count: 60))
    let tokens = (0..<vocabulary.count).map { vocabulary[$0] }
    #expect(Set(tokens).count == 120)
    #expect(tokens[52] == "<aa_0>" && tokens[119] == "<bh_1>")
  }

  /// A stranger that knows only the rules reads random IDs back from the text of several, side by side.
  @Test(arguments: TokenSpelling.named.map(\.name) + ["x{id};"]) func textIsReadBackInOneWay(name: String) throws {
    let spelling = try TokenSpelling.named.first { $0.name == name }?.spelling ?? TokenSpelling(pattern: name)
    let vocabulary = try TokenVocabulary(spelling: spelling, levelSizes: [300, 20, 70])
    let numbers = Dictionary(uniqueKeysWithValues: (0..<vocabulary.count).map { (vocabulary[$0], $0) })
    var random = CounterRandom(seed: 7)
    let codes = (0..<50).map { _ in [300, 20, 70].map { UInt16(random.below($0)) } }
    var rest = codes.map { vocabulary.text(for: $0) }.joined()[...]
    var read: [Int] = []
    while !rest.isEmpty {
      let lengths = (1...min(30, rest.count)).filter { numbers[String(rest.prefix($0))] != nil }
      #expect(lengths.count == 1)
      guard let length = lengths.first, let number = numbers[String(rest.prefix(length))] else { return }
      if number < vocabulary.semanticCount { read.append(number) }
      rest = rest.dropFirst(length)
    }
    #expect(read == codes.flatMap { $0.enumerated().map { vocabulary.offsets[$0] + Int($1) } })
  }

  @Test func refusesWhatCannotBeReadBack() {
    func refusal(_ pattern: String, _ specials: [String] = []) -> String {
      message {
        _ = try TokenVocabulary(spelling: TokenSpelling(pattern: pattern), levelSizes: [20, 20], specials: specials)
      }
    }
    #expect(refusal("<{code}>").contains("{code} beside {letter} or {level}"))
    #expect(refusal("<{letter}>").contains("{id}"))
    #expect(refusal("<{lettre}_{code}>").contains("found {lettre}"))
    #expect(refusal("<{code").contains("closing brace"))
    #expect(refusal("t{letter}{code}").contains("\"ta1\" and \"ta10\""))
    // Level 1, code 11, and level 11, code 1.
    let twelve = Array(repeating: 20, count: 12)
    #expect(
      message { _ = try TokenVocabulary(spelling: TokenSpelling(pattern: "<{level}{code}>"), levelSizes: twelve) }
        .contains("twice"))
    #expect(refusal("<{id}>", ["<3>"]).contains("\"<3>\" twice"))
    #expect(refusal("<{id}>", [""]).contains("none begins with another") || refusal("<{id}>", [""]).contains("empty"))
    #expect(refusal("<{id}\n>").contains("line end"))
    for (sizes, words) in [
      ([], "at least one level"), ([0], "level 0: expected 1 to 65,536 codes"),
      ([3, 65_537], "level 1: expected 1 to"),
      (Array(repeating: 1, count: 257), "at most 256 levels"),
    ] {
      #expect(message { _ = try TokenVocabulary(levelSizes: sizes) }.contains(words))
    }
  }

  @Test func filesHoldTheTokensInOrder() throws {
    let folder = try TemporaryFolder()
    let vocabulary = try TokenVocabulary(
      spelling: TokenSpelling(pattern: "\"{letter}\\{code}\""), levelSizes: [3, 2], specials: ["é\"\t"])
    try vocabulary.write(text: folder.file("t.txt"))
    #expect(try lines(folder.file("t.txt")) == (0..<6).map { vocabulary[$0] })
    try vocabulary.write(addedTokens: folder.file("t.json"), firstID: 100)
    try vocabulary.write(addedTokenIDs: folder.file("m.json"), firstID: 100)
    #expect(message { try vocabulary.write(addedTokens: folder.file("x"), firstID: -1) }.contains("first token id"))
    guard Python.isReady else { return }
    try Python.run(
      """
      import json, sys
      folder = sys.argv[1]
      tokens = open(folder + "/t.txt", encoding="utf8", newline="\\n").read().split("\\n")[:-1]
      added = json.load(open(folder + "/t.json"))
      assert [t["content"] for t in added] == tokens and [t["id"] for t in added] == list(range(100, 106))
      assert [t["special"] for t in added] == [False] * 5 + [True]
      assert all(t["normalized"] is False and t["lstrip"] is False for t in added)
      assert json.load(open(folder + "/m.json")) == {t: 100 + i for i, t in enumerate(tokens)}
      """, folder.path)
  }
}
