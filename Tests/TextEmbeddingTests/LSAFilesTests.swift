import Foundation
import TestSupport
import Testing
import Vectors

@testable import TextEmbedding

struct LSAFilesTests {
  private let pool = ThreadPool(threads: 2)
  private let texts = ["red apple pie", "red car", "blue car wash", "apple tart", "Café crème", "café noir"]

  private func fitted() throws -> LSAEmbedder {
    var options = LSAOptions()
    options.dimension = 4
    options.characterGrams = nil
    options.minimumTexts = 1
    return try LSAEmbedder.fit(texts: texts, options: options, pool: pool)
  }

  @Test func comesBackToTheBit() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("model")
    for grams in [nil, 2...3] {
      var options = LSAOptions()
      options.dimension = 5
      options.characterGrams = grams
      options.seed = .max
      let embedder = try LSAEmbedder.fit(texts: texts, options: options, pool: pool)
      try embedder.write(to: path)
      let opened = try LSAEmbedder(opening: path)
      #expect(opened.options == options)
      #expect(opened.singularValues == embedder.singularValues)
      #expect(opened.explainedEnergy == embedder.explainedEnergy && opened.corpusSize == texts.count)
      let queries = texts + ["unknown words", ""]
      #expect(
        try opened.embed(texts: queries, pool: pool).values.array
          == embedder.embed(texts: queries, pool: pool).values.array)
    }
  }

  @Test func otherFilesAreRefused() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("model")
    #expect(throws: InputError.self) { try LSAEmbedder(opening: path) }
    try fitted().write(to: path)
    let json = try String(contentsOfFile: path + "/config.json", encoding: .utf8)
    for (old, new) in [
      ("\"lsa\"", "\"rq-kmeans\""), ("\"corpusSize\" : 6", "\"corpusSize\" : 7"),
      ("\"dimension\" : 4", "\"dimension\" : 5"), ("\"dimension\" : 4", "\"dimension\" : 0"),
      ("\"hashBits\" : 20", "\"hashBits\" : 10"), ("\"hashBits\" : 20", "\"hashBits\" : 63"), ("{", "["),
      ("\"version\" : 1", "\"version\" : 2"),
    ] {
      #expect(json.contains(old))
      let range = try #require(json.range(of: old))
      try json.replacingCharacters(in: range, with: new)
        .write(toFile: path + "/config.json", atomically: true, encoding: .utf8)
      #expect(throws: InputError.self, "\(old) → \(new)") { try LSAEmbedder(opening: path) }
    }
  }

  @Test func damagedWeightsAreRefused() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("model")
    try fitted().write(to: path)
    let weights = path + "/model.safetensors"
    let whole = try Data(contentsOf: URL(fileURLWithPath: weights))
    for position in stride(from: 0, to: whole.count, by: 37) {
      var damaged = whole
      damaged[position] ^= 0x41
      try damaged.write(to: URL(fileURLWithPath: weights))
      #expect(throws: InputError.self, "byte \(position)") { try LSAEmbedder(opening: path) }
    }
    try whole.prefix(whole.count - 5).write(to: URL(fileURLWithPath: weights))
    #expect(throws: InputError.self) { try LSAEmbedder(opening: path) }
  }

  @Test(.enabled(if: Python.isReady))
  func safetensorsReadsIt() throws {
    let folder = try TemporaryFolder()
    let embedder = try fitted()
    try embedder.write(to: folder.file("model"))
    let output = try Python.run(
      """
      import sys, numpy as np
      from safetensors.numpy import load_file
      t = load_file(sys.argv[1])
      print(t["projection"].shape, t["projection"].dtype, t["buckets"].dtype, bool(np.all(np.diff(t["buckets"]) > 0)))
      """, folder.file("model/model.safetensors"))
    #expect(output == "(\(embedder.vocabularySize), 4) float32 int32 True\n")
  }
}
