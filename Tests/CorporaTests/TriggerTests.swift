import Corpora
import Foundation
import Formats
import TestSupport
import Testing
import Tokenizers
import Vectors

/// Constraints on IDs in the midst of text.
@Suite struct TriggerTests {
  struct Shape: Sendable {
    var levelSizes: [Int]
    var ragged = false
    var begin: [Int32] = []
    var end: [Int32]
    var triggers: [Int32]
    var vocabularySize: Int
  }

  static let shapes = [
    Shape(levelSizes: [4, 4, 4], end: [2], triggers: [1], vocabularySize: 40),
    Shape(levelSizes: [40, 30], begin: [5, 5], end: [2, 3], triggers: [1, 8], vocabularySize: 97),
    Shape(levelSizes: [3, 50, 4], ragged: true, end: [2], triggers: [9], vocabularySize: 128),
    Shape(levelSizes: [300, 9], ragged: true, begin: [4], end: [3, 3, 6], triggers: [1], vocabularySize: 1001),
  ]

  private static func made(_ number: Int) throws -> (DecodingConstraint, BruteForce, RandomIDs) {
    let shape = shapes[number]
    var random = RandomIDs(seed: UInt64(number) + 800)
    var tokens = ConstraintTokens(.offset(from: 10), vocabularySize: shape.vocabularySize)
    (tokens.begin, tokens.end, tokens.triggers) = (shape.begin, shape.end, shape.triggers)
    let ids = random.ids(count: 90, levelSizes: shape.levelSizes, ragged: shape.ragged)
    return (
      try DecodingConstraint(ids: ids, levelSizes: shape.levelSizes, tokens: tokens),
      BruteForce(ids, levelSizes: shape.levelSizes, tokens), random
    )
  }

  /// Free tokens, tokens of codes among them, and IDs; cut anywhere.
  private static func text(_ truth: BruteForce, _ size: Int, _ random: inout RandomIDs) -> [Int32] {
    var text: [Int32] = []
    for _ in 0..<random.random.below(5) {
      for _ in 0..<random.random.below(4) {
        let token = Int32(random.random.below(size))
        if !truth.tokens.triggers.contains(token) { text.append(token) }
      }
      text.append(truth.tokens.triggers[random.random.below(truth.tokens.triggers.count)])
      text += truth.sequences[random.random.below(truth.sequences.count)]
    }
    return Array(text.prefix(random.random.below(text.count + 1)))
  }

  @Test(arguments: shapes.indices) func masksAreWhatTextsAllow(_ number: Int) throws {
    var (constraint, truth, random) = try Self.made(number)
    let size = Self.shapes[number].vocabularySize
    #expect(constraint.vocabularySize == size && constraint.isFree(constraint.start()))
    let mask = constraint.makeMask(rows: 40)
    var (free, inside) = (0, 0)
    for _ in 0..<15 {
      let texts = (0..<40).map { _ in Self.text(truth, size, &random) }
      let states = try texts.map { try constraint.state(after: $0) }
      #expect(try states == texts.map { try constraint.state(behind: $0) })
      try constraint.fill(mask, for: states)
      for (row, text) in texts.enumerated() {
        let allowed = try #require(truth.allowed(inText: text, vocabularySize: size))
        #expect(mask.tokens(ofRow: row) == allowed.sorted(), "\(text)")
        #expect(constraint.isFree(states[row]) == (allowed.count == size) && !constraint.isDone(states[row]))
        if constraint.isFree(states[row]) { #expect(!constraint.isID(states[row])) }
        if allowed.count == size { free += 1 } else { inside += 1 }
        // Every token, those that are none too: on, or refused.
        let token = random.random.below(3) == 0 ? allowed.sorted()[0] : Int32(random.random.below(size + 9)) - 4
        if let after = truth.allowed(inText: text + [token], vocabularySize: size) {
          let next = try constraint.advance([states[row]], by: [token])
          #expect(try constraint.mask(next).tokens(ofRow: 0) == after.sorted())
        } else {
          #expect(throws: InputError.self) { _ = try constraint.advance([states[row]], by: [token]) }
        }
      }
    }
    #expect(free > 50 && inside > 100, "\(free) \(inside)")
  }

  /// A prompt may show IDs that a filter took out of the catalogue; what follows the last trigger has to be one of it.
  @Test func onlyTheLastTriggerOfAPromptCounts() throws {
    var tokens = ConstraintTokens(.offset(from: 10), vocabularySize: 30)
    (tokens.end, tokens.triggers) = ([2, 3], [1])
    let constraint = try DecodingConstraint(ids: [[0, 1], [2, 0]], levelSizes: [3, 3], tokens: tokens)
    func allowed(_ text: [Int32]) throws -> [Int32] {
      try constraint.mask([constraint.state(behind: text)]).tokens(ofRow: 0)
    }
    #expect(try allowed([1, 11, 13, 2, 3]).count == 30)
    #expect(try allowed([1, 11, 13, 2, 3, 7, 1]) == [10, 12])
    #expect(try allowed([1, 29, 1, 12]) == [13])
    #expect(try allowed([1, 12, 13, 2]) == [3])
    #expect(try allowed([]).count == 30)
    for (text, place) in [
      ([1, 11], "token 1"), ([1, 12, 13, 3], "token 3"), ([5, 30], "token 1"), ([-1], "token 0"),
    ] {
      let error = #expect(throws: InputError.self) { _ = try constraint.state(behind: text.map(Int32.init)) }
      #expect(error?.place == place + " (from 0)", "\(text)")
    }
    let error = #expect(throws: InputError.self) { _ = try constraint.advance([constraint.start()], by: [30]) }
    #expect(error?.place == "outside of an ID")
  }

  @Test func triggersThatMeanTwoThingsAreRefused() throws {
    func compile(begin: [Int32] = [], end: [Int32], triggers: [Int32], size: Int? = nil) throws {
      var tokens = ConstraintTokens(.offset(from: 10), vocabularySize: size)
      (tokens.begin, tokens.end, tokens.triggers) = (begin, end, triggers)
      _ = try DecodingConstraint(ids: [[0, 1]], levelSizes: [3, 3], tokens: tokens)
    }
    try compile(begin: [5], end: [2], triggers: [1, 4])
    #expect(throws: InputError.self) { try compile(end: [], triggers: [1]) }
    #expect(throws: InputError.self) { try compile(end: [1], triggers: [1]) }
    #expect(throws: InputError.self) { try compile(begin: [1], end: [2], triggers: [1]) }
    #expect(throws: InputError.self) { try compile(begin: [6, 2], end: [2], triggers: [1]) }
    #expect(throws: InputError.self) { try compile(end: [2], triggers: [11]) }
    #expect(throws: InputError.self) { try compile(end: [2], triggers: [-1]) }
    #expect(throws: InputError.self) { try compile(end: [2], triggers: [40], size: 30) }
  }

  /// The Python that the verb's help prints, and the arrays, over random texts.
  @Test(.enabled(if: Python.has("torch")), arguments: shapes.indices)
  func pythonAllowsWhatTextsDo(_ number: Int) throws {
    var (constraint, truth, random) = try Self.made(number)
    let size = Self.shapes[number].vocabularySize
    let folder = try TemporaryFolder()
    try constraint.write(prefixes: folder.file("prefixes.json"))
    try constraint.write(arrays: folder.file("arrays.npz"))
    let texts = (0..<120).map { _ in Self.text(truth, size, &random) }
    let cases: [[String: Any]] = try texts.map { text in
      ["text": text, "allowed": try #require(truth.allowed(inText: text, vocabularySize: size)).sorted()]
    }
    try JSONSerialization.data(withJSONObject: cases).write(to: URL(fileURLWithPath: folder.file("cases.json")))
    try Python.run(
      """
      import json, os, sys, types
      import numpy as np
      os.chdir(sys.argv[1])
      class Model:
          config = types.SimpleNamespace(is_encoder_decoder=False)
          def generate(self, prefix_allowed_tokens_fn, **others): self.allowed = prefix_allowed_tokens_fn
      model = Model()
      exec(sys.argv[2], {"model": model, "inputs": {}})
      triggers = json.load(open("prefixes.json"))["trigger"]
      assert np.load("arrays.npz")["trigger"].tolist() == triggers
      for case in json.load(open("cases.json")):
          found = model.allowed(0, np.array(case["text"], dtype=int))
          assert sorted(map(int, found)) == case["allowed"], case
      try:
          found = model.allowed(0, np.array([triggers[0], 10**6]))
          raise AssertionError(f"an unknown prefix was allowed {found}")
      except KeyError:
          pass
      # A dictionary without triggers allows nothing by this function.
      constraint = json.load(open("prefixes.json"))
      del constraint["trigger"]
      json.dump(constraint, open("prefixes.json", "w"))
      exec(sys.argv[2], {"model": model, "inputs": {}})
      try:
          found = model.allowed(0, np.array([5]))
      except KeyError:
          sys.exit()
      raise AssertionError(f"allowed {found}")
      """, folder.path, DecodingConstraint.triggerExample)
  }

  @Test func namesOfTriggers() throws {
    let folder = try TemporaryFolder()
    let vocabulary = try TokenVocabulary(spelling: .openOneRec, levelSizes: [2, 1])
    try AtomicFile.write(
      #"{"added_tokens": [{"id": 1, "content": "<eos>"}], "model": {"vocab": {"a": 0}}}"#, to: folder.file("in.json"))
    try AtomicFile.write(#"{"eos_token": "<eos>", "pad_token": "a"}"#, to: folder.file("tokenizer_config.json"))
    try TokenizerJSON.merge(vocabulary, into: folder.file("in.json"), output: folder.file("tokenizer.json"))
    let tokenizer = try TokenizerTokens(path: folder.path)
    let tokens = try TokenNames(triggers: ["<|sid_begin|>"]).resolved(vocabulary, tokenizer: tokenizer, firstToken: nil)
    #expect(tokens.tokens.triggers == [5] && tokens.tokens.begin == [] && tokens.tokens.end == [6])
    #expect(tokens.tokens.padding == [] && tokens.told == [])
    // Text goes on behind an ID: the end of a text is not the end of an ID there.
    let plain = try TokenVocabulary(spelling: TokenSpelling(pattern: "<s_{letter}_{code}>"), levelSizes: [2, 1])
    let without = try TokenNames(triggers: ["a"]).resolved(plain, tokenizer: tokenizer, firstToken: nil).tokens
    #expect(without.end == [])
    #expect(throws: InputError.self) {
      _ = try DecodingConstraint(ids: [[0, 0]], levelSizes: [2, 1], tokens: without)
    }
  }
}
