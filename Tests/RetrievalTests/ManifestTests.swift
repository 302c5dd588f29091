import Foundation
import TestSupport
import Testing
import Tokenizers
import Vectors

@testable import Retrieval

/// A manifest says what it was written to say, or is refused.
@Suite struct ManifestTests {
  /// Two segments, deletions, attributes and a model.
  static func build(at path: String, seed: UInt64 = 95) throws -> IndexManifest {
    var catalogue = RandomCatalogue(seed: seed)
    let codes = try catalogue.codes(count: 60, levelSizes: [4, 4])
    let books = try catalogue.codebooks(levelSizes: [4, 4], dimension: 4)
    let vectors = catalogue.vectors(codes, books)
    let ids = StringColumn((0..<60).map { "item \($0)" })
    var contents = IndexContents(codes: codes, vectors: vectors, ids: ids, tokenizer: try RQKMeans(codebooks: books))
    contents.attributes = AttributeUpdateTests.table(
      Array(ids), (0..<60).map { $0 % 7 == 0 ? nil : Int64($0) }, (0..<60).map { "b\($0 % 5)" })
    try IndexBuilder().build(contents, at: path)
    let live = try LiveIndex(opening: path, options: .init(merging: nil))
    try live.update(
      IndexChanges(
        added: .init(ids: StringColumn(["a", "b"]), vectors: vectors[rows: 0..<2], codes: codes.gathered(0..<2)),
        deleted: ["item 3", "item 5"]))
    return live.current.manifest
  }

  private func text(_ path: String) throws -> [UInt8] {
    [UInt8](try #require(FileManager.default.contents(atPath: path + "/manifest.json")))
  }

  @Test func itIsWrittenWithADigestOfItself() throws {
    let folder = try TemporaryFolder()
    let manifest = try Self.build(at: folder.path)
    let bytes = try text(folder.path)
    var lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    let line = lines.remove(at: 1)
    var digest = SHA256()
    digest.update(Array(lines.joined(separator: "\n").utf8))
    #expect(line == "  \"digest\" : \"\(digest.hexDigest())\",")
    #expect(manifest.version == 5 && manifest.hasDigest)
    #expect(manifest.modelFiles?.keys.sorted() == ["config.json", "model.safetensors"])
    #expect(try IndexManifest(bytes, source: "it") == manifest)
    #expect(throws: InputError.self) { try IndexManifest(bytes + [0x0A], source: "it") }
    #expect(throws: InputError.self) { try IndexManifest(Array(lines.joined(separator: "\n").utf8), source: "it") }
  }

  @Test func noBitOfItFlipsUnseen() throws {
    let folder = try TemporaryFolder()
    _ = try Self.build(at: folder.path)
    var bytes = try text(folder.path)
    var random = CounterRandom(seed: 96)
    // All of its head, where the version and the digest stand, and what is said of deleted items; some of the rest.
    let text = String(decoding: bytes, as: UTF8.self)
    let deleted = try #require(text.range(of: "\"deleted\""))
    let start = text.utf8.distance(from: text.utf8.startIndex, to: deleted.lowerBound)
    let places = Array(0..<600) + Array(start..<start + 300) + (0..<200).map { _ in random.below(bytes.count) }
    for place in places {
      for bit in 0..<8 {
        bytes[place] ^= 1 << UInt8(bit)
        #expect(throws: InputError.self, "byte \(place), bit \(bit)") { try IndexManifest(bytes, source: "it") }
        bytes[place] ^= 1 << UInt8(bit)
      }
    }
    _ = try IndexManifest(bytes, source: "it")
  }

  /// The same manifest, as the program before wrote it: no digest, no files of the model.
  private func earlier(_ text: [UInt8]) throws -> String {
    var manifest = try #require(try JSONSerialization.jsonObject(with: Data(text)) as? [String: Any])
    manifest["digest"] = nil
    manifest["modelFiles"] = nil
    manifest["version"] = 4
    return String(
      decoding: try JSONSerialization.data(withJSONObject: manifest, options: [.sortedKeys, .prettyPrinted]),
      as: UTF8.self)
  }

  @Test func earlierVersionsHaveTheirKeysAndNoOthers() throws {
    let folder = try TemporaryFolder()
    _ = try Self.build(at: folder.path)
    let text = try earlier(text(folder.path))
    let read = try IndexManifest(Array(text.utf8), source: "it")
    #expect(read.version == 4 && !read.hasDigest && read.modelFiles == nil && read.segments.count == 2)
    func expectRefusal(_ truth: String, _ lie: String, _ place: String? = nil) {
      let changed = text.replacing(truth, with: lie, maxReplacements: 1)
      #expect(changed != text, "\(truth)")
      let error = #expect(throws: InputError.self, "\(lie)") { try IndexManifest(Array(changed.utf8), source: "it") }
      if let place { #expect(error?.place == place, "\(error?.description ?? "")") }
    }
    // One bit of the version, one bit of a key at each level, keys that a later version has, and keys that come twice.
    expectRefusal("\"version\" : 4", "\"version\" : 5", "digest")
    expectRefusal(
      "\"version\" : 4", "\"version\" : 4, \"digest\" : \"\(String(repeating: "0", count: 64))\"", "key digest")
    expectRefusal("\"version\" : 4", "\"version\" : 4, \"modelFiles\" : {}", "key modelFiles")
    expectRefusal("\"version\" : 4", "\"version\" : 4, \"version\" : 4", "key version")
    for key in ["deleted", "attributes", "faiss", "metric", "cells", "textBytes", "sha256", "hasTokenizer", "model"] {
      for bit in 0..<5 {
        var bytes = Array(key.utf8)
        bytes[bytes.count - 1] ^= 1 << UInt8(bit)
        expectRefusal("\"\(key)\"", "\"\(String(decoding: bytes, as: UTF8.self))\"")
      }
    }
    expectRefusal("\"deleted\"", "\"deletee\"", "key segments.0.deletee")
    expectRefusal("\"count\" : 2,", "\"count\" : 2, \"count\" : 2,")
  }

  @Test func sizesThatCannotBeAddedUp() throws {
    let folder = try TemporaryFolder()
    _ = try Self.build(at: folder.path)
    let text = try earlier(text(folder.path))
    for bytes in ["-1", "9223372036854775807", "9223372036854775808", "1e300"] {
      let changed = text.replacing(/"bytes" : [0-9]+/, with: "\"bytes\" : \(bytes)")
      #expect(throws: InputError.self) { try IndexManifest(Array(changed.utf8), source: "it") }
    }
  }
}
