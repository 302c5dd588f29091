import Foundation
import TestSupport
import Testing
import Tokenizers
import Vectors

@testable import Corpora

/// Valid files with bytes changed, cut off, doubled or moved: each reader succeeds or throws `InputError`, never crashes.
@Suite struct HostileTests {
  private func survives(
    _ seed: String, rounds: Int, alphabet: String, _ name: String, _ read: ([UInt8]) throws -> Void
  ) throws {
    let seed = Array(seed.utf8)
    try read(seed)
    let alphabet = Array(alphabet.utf8)
    var random = CounterRandom(seed: 91)
    for round in 0..<rounds {
      var bytes = seed
      switch random.below(5) {
      case 0: bytes.removeLast(random.below(bytes.count) + 1)
      case 1: bytes.insert(contentsOf: bytes.prefix(random.below(40)), at: random.below(bytes.count))
      case 2: bytes.swapAt(random.below(bytes.count), random.below(bytes.count))
      default: break
      }
      for _ in 0..<random.below(8) where !bytes.isEmpty {
        let place = random.below(bytes.count)
        switch random.below(4) {
        case 0: bytes[place] ^= 1 << UInt8(random.below(8))
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(alphabet[random.below(alphabet.count)], at: place)
        default: bytes[place] = alphabet[random.below(alphabet.count)]
        }
      }
      do {
        try read(bytes)
      } catch is InputError {
      } catch {
        Issue.record("\(name), round \(round): \(error)")
      }
    }
  }

  @Test func templates() throws {
    let seed = """
      {{history}} of {{user}}:
        {{#items}}
        {{number}}. {{{item}}} {{&title}}{{^last()}}, {{/last()}}{{! said }}
        {{/items}}
      {{uppercased(item)}}{{#brand}}by {{brand}}{{/brand}}
      """
    try survives(seed, rounds: 6000, alphabet: "{}#^/!&%$<>=().* \nabc\"", "template") { bytes in
      _ = try TextTemplate(String(decoding: bytes, as: UTF8.self), place: "x")
    }
  }

  @Test func patterns() throws {
    try survives("<{letter}_{code}|{level}.{id}>", rounds: 2000, alphabet: "{}<>letrcodvi_1", "pattern") { bytes in
      let spelling = try TokenSpelling(pattern: String(decoding: bytes, as: UTF8.self))
      _ = try TokenVocabulary(spelling: spelling, levelSizes: [11, 2])
    }
  }

  @Test func codesAndTokenizers() throws {
    let folder = try TemporaryFolder()
    func write(_ bytes: [UInt8], _ name: String) throws -> String {
      try Data(bytes).write(to: URL(fileURLWithPath: folder.file(name)))
      return folder.file(name)
    }
    let codes = """
      {"item": "a", "codes": [1, 2], "tokens": "<a_1><b_2>", "x": [{"y": null}, -1.5e3]}
      {"item": 12, "codes": [1, 2, 65535]}
      """
    try survives(codes, rounds: 1500, alphabet: "{}[],:\"0129-\n\\e", "codes") { bytes in
      let items = try ItemCodes.read(path: write(bytes, "x.jsonl"))
      #expect(items.idNumbers.count == items.count && items.codes.count == items.count)
    }
    let vocabulary = try TokenVocabulary(levelSizes: [2, 1])
    let tokenizer = """
      {"added_tokens": [{"id": 0, "content": "a", "special": true}, {"id": 3, "content": "x\\"y"}],
       "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "c": 2}, "merges": ["a b"]}}
      """
    try survives(tokenizer, rounds: 1500, alphabet: "{}[],:\"0129-\n\\e", "tokenizer.json") { bytes in
      let report = try TokenizerJSON.merge(
        vocabulary, into: write(bytes, "t.json"), output: folder.file("out.json"), existing: .keep)
      // What is published is JSON, and has every token.
      let merged = try Data(contentsOf: URL(fileURLWithPath: folder.file("out.json")))
      _ = try JSONSerialization.jsonObject(with: merged)
      #expect(report.ids.count == vocabulary.count && Set(report.ids).count == vocabulary.count)
    }
  }
}
