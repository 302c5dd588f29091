import Foundation
import SemanticID

/// Directories of text encoders, file by file.
extension FuzzTarget {
  static let encoders = [textTokenizer, characterMap, moduleList]

  private static let encoded = [
    "", "a b  ab <s> naïve ﬁ 日本 🦆\u{0301}", "don't 12\r\n x" + String(repeating: "ab", count: 40),
  ]

  /// What opens gives ids below the size that it claims.
  private static func encode(_ tokenizer: TextTokenizer) {
    for text in encoded {
      let ids = tokenizer.encode(text, limit: 20)
      precondition(ids.allSatisfy { $0 >= 0 && Int($0) < tokenizer.size }, "an id out of range")
      precondition(ids.count <= max(20, tokenizer.specialCount), "more ids than the limit")
    }
  }

  private static let textTokenizer = FuzzTarget("text-tokenizer") {
    [
      #"{"added_tokens":[{"id":3,"content":"<s>","special":true}],"normalizer":{"type":"Sequence","normalizers":[{"type":"NFKC"},{"type":"Replace","pattern":{"Regex":" {2,}"},"content":" "}]},"pre_tokenizer":{"type":"Metaspace"},"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>"}},{"Sequence":{"id":"A"}}],"special_tokens":{"<s>":{"ids":[3]}}},"model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],["▁a",-1.5],["b",-2]]}}"#,
      ###"{"normalizer":{"type":"BertNormalizer"},"pre_tokenizer":{"type":"BertPreTokenizer"},"post_processor":{"type":"BertProcessing","sep":["[SEP]",2],"cls":["[CLS]",1]},"model":{"type":"WordPiece","unk_token":"[UNK]","vocab":{"[UNK]":0,"[CLS]":1,"[SEP]":2,"a":3,"##b":4}}}"###,
      #"{"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"\\p{L}+|\\s+"},"behavior":"Isolated"},{"type":"ByteLevel","use_regex":false}]},"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2,"Ġ":3},"merges":["a b"],"byte_fallback":true,"unk_token":"a","fuse_unk":true}}"#,
    ].map { Array($0.utf8) }
  } run: { bytes in
    encode(try bytes.withUnsafeBytes { try TextTokenizer(json: $0, source: "tokenizer.json") })
  }

  /// The bytes of a precompiled map of characters, in a tokenizer around it.
  private static let characterMap = FuzzTarget("character-map") {
    // A root, a leaf for the letter a, and its text.
    var units = [UInt32](repeating: 0, count: 256)
    units[0] = 1 << 10
    units[1 ^ 0x61] = 0x61 | 1 << 8 | 2 << 10
    units[1 ^ 0x61 ^ 2] = 1 << 31
    let trie = units.flatMap { unit in (0..<4).map { UInt8(truncatingIfNeeded: unit >> (8 * UInt32($0))) } }
    let size = UInt32(trie.count)
    return [(0..<4).map { UInt8(truncatingIfNeeded: size >> (8 * UInt32($0))) } + trie + Array("bb".utf8) + [0]]
  } run: { bytes in
    let map = Data(bytes).base64EncodedString()
    let json =
      #"{"normalizer":{"type":"Precompiled","precompiled_charsmap":"\#(map)"},"model":{"type":"WordLevel","unk_token":"a","vocab":{"a":0}}}"#
    encode(try Array(json.utf8).withUnsafeBytes { try TextTokenizer(json: $0, source: "tokenizer.json") })
  }

  /// `modules.json`, beside nothing else: whatever it names is missing.
  private static let moduleList = FuzzTarget("encoder-modules") {
    [
      #"[{"idx":0,"name":"0","path":"","type":"sentence_transformers.models.Transformer"},{"idx":1,"name":"1","path":"1_Pooling","type":"sentence_transformers.models.Pooling"}]"#,
      #"[{"idx":0,"name":"0","path":"0_StaticEmbedding","type":"sentence_transformers.models.StaticEmbedding"}]"#,
    ].map { Array($0.utf8) }
  } run: { bytes in
    let folder = inMemory + "semid-fuzz-encoder-\(getpid())"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(fileURLWithPath: folder + "/modules.json"))
    defer { try? FileManager.default.removeItem(atPath: folder) }
    _ = try SentenceEncoder(opening: folder, pool: ThreadPool(threads: 1))
  }
}
