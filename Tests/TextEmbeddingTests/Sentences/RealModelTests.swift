import Formats
import Foundation
import TestSupport
import Testing
import Vectors

@testable import TextEmbedding

/// Models with real weights, on real items.
@Suite(.enabled(if: EncoderModels.areReady)) struct RealModelTests {
  private static let items = "amazon-industrial-and-scientific/items.parquet"
  private let pool = ThreadPool(threads: 2)

  /// Without optimization the products take a hundred times as long.
  private static func some(_ optimized: Int, _ debug: Int) -> Int {
    #if DEBUG
      return debug
    #else
      return optimized
    #endif
  }

  private func texts(_ template: String) throws -> [String] {
    let items = try TextItems.read(
      RealData.path(Self.items), template: try TextTemplate(template), pool: pool)
    return Array(items.texts)
  }

  private static func largest(_ a: Matrix, _ b: [Float]) -> Float {
    #expect(a.values.count == b.count)
    return zip(a.values.array, b).map { abs($0 - $1) }.max() ?? .infinity
  }

  private static func floats(_ path: String) throws -> [Float] {
    try NPYArray(path: path).numbers().floats().array
  }

  @Test(.enabled(if: EncoderModels.haveLibrary && RealData.has(items)))
  func miniLMIsWhatSentenceTransformersGives() throws {
    let folder = try TemporaryFolder()
    let titles = try texts("{title}").prefix(Self.some(1000, 12))
    let texts = titles + ["", "  ", "x", String(repeating: "word ", count: Self.some(400, 20))]
    try JSONEncoder().encode(Array(texts)).write(to: URL(fileURLWithPath: folder.file("texts.json")))
    try Python.run(
      EncoderModels.importing + """
        import json, numpy as np
        from sentence_transformers import SentenceTransformer
        model = SentenceTransformer(sys.argv[1], device="cpu")
        np.save(sys.argv[3], model.encode(json.load(open(sys.argv[2])), show_progress_bar=False))
        """, EncoderModels.miniLM, folder.file("texts.json"), folder.file("theirs.npy"))
    let encoder = try SentenceEncoder(opening: EncoderModels.miniLM, pool: pool)
    #expect(encoder.maximumLength == 256 && encoder.dimension == 384 && encoder.isNormalized && encoder.notes.isEmpty)
    let (vectors, report) = try encoder.embed(Array(texts), pool: pool)
    #expect(Self.largest(vectors, try Self.floats(folder.file("theirs.npy"))) <= 1e-5)
    #expect(report.truncated == Self.some(1, 0))
  }

  @Test(.enabled(if: RealData.has(items))) func miniLMIsWhatTheDataHold() throws {
    let texts = try texts(TextItems.standard)
    let rows = Array(stride(from: 0, to: texts.count, by: Self.some(9, 1200)))
    let encoder = try SentenceEncoder(opening: EncoderModels.miniLM, pool: pool)
    let (vectors, _) = try encoder.embed(rows.map { texts[$0] }, pool: pool)
    let stored = try NPYArray(path: RealData.path("amazon-industrial-and-scientific/embeddings.npy")).numbers().matrix()
    #expect(Self.largest(vectors, stored.gathered(rows).values.array) <= 1e-5)
  }

  @Test(.enabled(if: EncoderModels.haveLibrary && RealData.has(items)))
  func wordLlamaIsWhatSentenceTransformersGives() throws {
    let folder = try TemporaryFolder()
    let texts =
      try texts(TextItems.standard).prefix(Self.some(3686, 300)) + ["", "日本語 🦆 naïve\tx\n", "<s> hello </s>"]
    try JSONEncoder().encode(Array(texts)).write(to: URL(fileURLWithPath: folder.file("texts.json")))
    let path = try EncoderModels.makeWordLlama(in: folder.path)
    try Python.run(
      EncoderModels.importing + """
        import json, numpy as np
        from sentence_transformers import SentenceTransformer
        model = SentenceTransformer(sys.argv[1], device="cpu").float()
        np.save(sys.argv[3], model.encode(json.load(open(sys.argv[2])), show_progress_bar=False))
        """, path, folder.file("texts.json"), folder.file("theirs.npy"))
    let encoder = try SentenceEncoder(opening: path, pool: pool)
    #expect(encoder.family == "static" && encoder.dimension == 256 && encoder.maximumLength == nil)
    let (vectors, _) = try encoder.embed(Array(texts), pool: pool)
    #expect(Self.largest(vectors, try Self.floats(folder.file("theirs.npy"))) <= 1e-5)
  }

  @Test(.enabled(if: Python.has("tokenizers"))) func tokensOfRealTokenizers() throws {
    let folder = try TemporaryFolder()
    let files = [EncoderModels.miniLM + "/tokenizer.json", EncoderModels.wordLlamaTokenizer]
    try Python.run(
      TokenizerCases.texts + """

        import json, sys
        from tokenizers import Tokenizer
        ids = []
        for path in sys.argv[2:4]:
            t = Tokenizer.from_file(path)
            t.no_truncation()
            t.no_padding()
            ids.append([t.encode(text).ids for text in texts])
        json.dump({"files": sys.argv[2:4], "texts": texts, "ids": ids, "plainIDs": ids}, open(sys.argv[1], "w"))
        """, folder.file("cases.json"), files[0], files[1])
    let cases = try JSONDecoder().decode(
      TokenizerCases.self, from: Data(contentsOf: URL(fileURLWithPath: folder.file("cases.json"))))
    for (file, ids) in zip(cases.files, cases.ids) {
      let tokenizer = try TextTokenizer(file: file)
      for (text, expected) in zip(cases.texts, ids) {
        #expect(tokenizer.encode(text) == expected, "\(file): \"\(text.prefix(60))\"")
      }
    }
    // The vocabulary alone says the same, and a limit leaves the end of the text out, not the special tokens.
    let whole = try TextTokenizer(file: files[0])
    let vocabulary = try TextTokenizer(vocabulary: EncoderModels.miniLM + "/vocab.txt", configuration: nil)
    for text in cases.texts { #expect(whole.encode(text) == vocabulary.encode(text), "\"\(text.prefix(60))\"") }
    let long = whole.encode("one two three four five six")
    #expect(whole.encode("one two three four five six", limit: 5) == Array(long.prefix(4)) + [102])
  }
}
