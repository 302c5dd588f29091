import Foundation
import TestSupport
import Testing
import Vectors

@testable import TextEmbedding

/// What is damaged or not supported ends in an error that says where.
struct HostileTokenizerTests {
  private func open(_ json: String) throws -> TextTokenizer {
    try Array(json.utf8).withUnsafeBytes { try TextTokenizer(json: $0, source: "tokenizer.json") }
  }

  private static let model = #""model":{"type":"WordPiece","unk_token":"[UNK]","vocab":{"[UNK]":0,"a":1}}"#

  @Test(arguments: [
    "", "[]", "{", "{}", #"{"model":{}}"#, #"{"model":{"type":"WordPiece","vocab":{}}}"#,
    #"{"model":{"type":"WordPiece","vocab":{"a":1}}}"#, #"{"model":{"type":"Morse","vocab":{"a":1}}}"#,
    #"{"model":{"type":"WordPiece","vocab":{"[UNK]":99999999999}}}"#,
    #"{"model":{"type":"WordPiece","vocab":{"[UNK]":-1}}}"#,
    #"{"model":{"type":"Unigram","unk_id":5,"vocab":[["a",-1.0]]}}"#,
    #"{"model":{"type":"Unigram","unk_id":0,"vocab":[["a"]]}}"#,
    #"{"model":{"type":"Unigram","unk_id":0,"vocab":[["a",1e999]]}}"#,
    #"{"model":{"type":"BPE","vocab":{"a":0},"merges":["a b"]}}"#,
    #"{"model":{"type":"BPE","vocab":{"a":0},"merges":[["a"]]}}"#,
    #"{"model":{"type":"BPE","vocab":{"a":0},"merges":["a"],"unk_token":"x"}}"#,
  ]) func models(json: String) {
    #expect(throws: InputError.self) { try open(json) }
  }

  @Test(arguments: [
    #""normalizer":{"type":"Rot13"}"#, #""normalizer":{}"#, #""normalizer":[]"#,
    #""normalizer":{"type":"Replace","pattern":{"Regex":"("},"content":""}"#,
    #""normalizer":{"type":"Precompiled","precompiled_charsmap":"!"}"#,
    #""normalizer":{"type":"Precompiled","precompiled_charsmap":"////////"}"#,
    #""normalizer":{"type":"Precompiled","precompiled_charsmap":"AAA="}"#,
    #""pre_tokenizer":{"type":"Split","pattern":{"String":" "},"behavior":"Sideways"}"#,
    #""pre_tokenizer":{"type":"Metaspace","replacement":"ab"}"#,
    #""post_processor":{"type":"BertProcessing","sep":["a"],"cls":["a",1]}"#,
    #""post_processor":{"type":"TemplateProcessing","single":[],"special_tokens":{}}"#,
    #""post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"x"}},{"Sequence":{"id":"A"}}],"special_tokens":{}}"#,
    #""added_tokens":[{"content":"x"}]"#, #""added_tokens":[{"id":-3,"content":"x"}]"#,
  ]) func parts(json: String) throws {
    #expect(throws: InputError.self) { try open("{\(json),\(Self.model)}") }
    let deep = String(repeating: #"{"type":"Sequence","normalizers":["#, count: 40)
    let end = String(repeating: "]}", count: 40)
    #expect(throws: InputError.self) { try open(#"{"normalizer":\#(deep)\#(end),\#(Self.model)}"#) }
  }

  /// Every prefix of a good file, and every byte of it changed: an error, or a tokenizer that works.
  @Test func damage() throws {
    let json = """
      {"added_tokens":[{"id":3,"content":"<s>","special":true}],"normalizer":{"type":"Sequence","normalizers":[{"type":"NFKC"},\
      {"type":"Replace","pattern":{"Regex":" {2,}"},"content":" "}]},"pre_tokenizer":{"type":"Metaspace"},\
      "post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>"}},{"Sequence":{"id":"A"}}],\
      "special_tokens":{"<s>":{"ids":[3]}}},"model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],["▁a",-1.5],["b",-2]]}}
      """
    let bytes = Array(json.utf8)
    #expect(try open(json).encode("a b  ab") == [3, 1, 0, 2, 1, 2].map { Int32($0) })
    var random = CounterRandom(seed: 3, stream: 0)
    for round in 0..<3000 {
      var damaged = bytes
      if round < bytes.count {
        damaged.removeLast(bytes.count - round)
      } else {
        for _ in 0..<(1 + round % 3) {
          damaged[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next() % 128)
        }
      }
      do {
        let tokenizer = try damaged.withUnsafeBytes { try TextTokenizer(json: $0, source: "x") }
        _ = tokenizer.encode("a b <s> ab naïve", limit: 4)
      } catch is InputError {}
    }
  }
}
