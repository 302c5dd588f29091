import Foundation
import Formats
import TestSupport
import Testing
import Vectors

@testable import Tokenizers

/// A model is written over a model of ours, and over nobody else's.
@Suite struct ModelOwnershipTests {
  private static func model() throws -> RQKMeans {
    try RQKMeans(codebooks: Codebooks(levels: [Matrix(rows: 2, columns: 2, values: [0, 1, 2, 3])]))
  }

  private static func contents(_ folder: String) throws -> [String: Data] {
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
    return try Dictionary(
      uniqueKeysWithValues: names.map { ($0, try Data(contentsOf: URL(fileURLWithPath: folder + "/" + $0))) })
  }

  private func expectRefused(_ folder: String, _ write: (String) throws -> Void) throws {
    let before = try Self.contents(folder)
    let error = #expect(throws: InputError.self) { try write(folder) }
    #expect(error?.kind == .cannotCreate)
    #expect(error?.remedy != nil)
    #expect(try Self.contents(folder) == before)
  }

  /// What `save_pretrained` of transformers leaves: the same names.
  @Test func aHuggingFaceModelIsKept() throws {
    let folder = try TemporaryFolder()
    let theirs = folder.file("bert")
    try AtomicFile.write(#"{"architectures": ["BertModel"], "model_type": "bert"}"#, to: theirs + "/config.json")
    var weights = SafetensorsWriter(metadata: ["format": "pt"])
    weights.add("embeddings.weight", Matrix(rows: 1, columns: 2, values: [1, 2]))
    try weights.write(to: theirs + "/model.safetensors")
    try expectRefused(theirs) { try Self.model().write(to: $0) }
    // One file of theirs beside one of ours is enough.
    try Self.model().write(to: folder.file("ours"))
    for (mine, other) in [("config.json", "model.safetensors"), ("model.safetensors", "config.json")] {
      let mixed = folder.file("mixed " + mine)
      try FileManager.default.createDirectory(atPath: mixed, withIntermediateDirectories: false)
      try FileManager.default.copyItem(atPath: folder.file("ours/" + mine), toPath: mixed + "/" + mine)
      try FileManager.default.copyItem(atPath: theirs + "/" + other, toPath: mixed + "/" + other)
      try expectRefused(mixed) { try Self.model().write(to: $0) }
    }
    // A history of another program, under the name of ours.
    try AtomicFile.write("{\"loss\": 1}\n", to: folder.file("ours/history.jsonl"))
    try expectRefused(folder.file("ours")) { try Self.model().write(to: $0) }
  }

  @Test func ourOwnIsReplaced() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("model")
    try Self.model().write(to: path)
    let other = try RQKMeans(codebooks: Codebooks(levels: [Matrix(rows: 2, columns: 2, values: [4, 5, 6, 7])]))
    try other.write(to: path)
    #expect(try RQKMeans(opening: path).fingerprint == other.fingerprint)
    try other.writeSemanticID(to: folder.file("converted"))
    try Self.model().writeSemanticID(to: folder.file("converted"))
    #expect(try RQKMeans(opening: folder.file("converted")).codebooks.levels[0].values.array == [0, 1, 2, 3])
    // One form does not replace the other.
    try expectRefused(path) { try other.writeSemanticID(to: $0) }
    try expectRefused(folder.file("converted")) { try other.write(to: $0) }
  }

  /// The package semantic-id writes the same keys, by Python's `json.dump`.
  @Test func aModelOfThePackageIsKept() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("theirs")
    try Self.model().writeSemanticID(to: path)
    let text = try String(contentsOfFile: path + "/metadata.json", encoding: .utf8)
    try AtomicFile.write(text.replacingOccurrences(of: "\" : ", with: "\": "), to: path + "/metadata.json")
    try expectRefused(path) { try Self.model().writeSemanticID(to: $0) }
    #expect(try RQKMeans(opening: path).levelSizes == [2])
    // Codebooks alone may be anybody's.
    unlink(path + "/metadata.json")
    try expectRefused(path) { try Self.model().writeSemanticID(to: $0) }
  }
}
