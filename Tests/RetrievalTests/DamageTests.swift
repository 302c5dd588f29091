import Foundation
import TestSupport
import Testing
import Vectors

@testable import Retrieval

/// Whatever is done to the files of an index, opening it, searching it or verifying it says so in an error.
@Suite struct DamageTests {
  /// Opens, uses and verifies an index.
  private func use(_ path: String, _ queries: Matrix) throws {
    let index = try SemanticIndex(opening: path)
    _ = try index.search(queries, options: SearchOptions(k: 5, candidates: 50, scan: 100))
    _ = try index.search(queries[rows: 0..<3], options: .unlimited(k: 5))
    _ = try index.exactSearch(queries[rows: 0..<3], k: 5)
    for row in 0..<index.count {
      _ = index.row(id: index.id(ofRow: row))
      _ = index.rows(prefix: index.trie.codes(ofRow: row))
      _ = index.lists.items(level: 1, code: index.trie.codes(ofRow: row)[1])
    }
    try index.verify()
  }

  private func segmentFiles(_ index: SemanticIndex) -> (folder: String, names: [String]) {
    let segment = index.manifest.segments[0]
    return (IndexDirectory.folder(index.path, segment: segment.name), segment.files.keys.sorted())
  }

  @Test(arguments: ["Flat", "SQ8"])
  func everyFileIsMissedAndMeasured(_ faiss: String) throws {
    let built = try BuiltIndex(seed: 30, faiss: faiss, count: 120, levelSizes: [4, 6, 8], dimension: 8)
    let (folder, names) = segmentFiles(built.index)
    #expect(names.count == (faiss == "Flat" ? 31 : 29))
    for name in names {
      let file = folder + "/" + name
      let whole = try #require(FileManager.default.contents(atPath: file))
      func expectRefusal(_ data: Data?) throws {
        try FileManager.default.removeItem(atPath: file)
        if let data { try data.write(to: URL(fileURLWithPath: file)) }
        #expect(throws: InputError.self, "\(name), \(data?.count ?? -1) bytes") {
          try SemanticIndex(opening: built.index.path)
        }
      }
      try expectRefusal(whole + Data([0]))
      for length in [0, 1, 10, whole.count / 2, whole.count - 1] { try expectRefusal(whole.prefix(length)) }
      try expectRefusal(nil)
      try whole.write(to: URL(fileURLWithPath: file))
    }
    try use(built.index.path, built.queries)
  }

  /// A header one byte longer than it need be is good .npy, and leaves the floats in the blocks where none can be read.
  @Test func blocksThatAreNotAlignedAreRefused() throws {
    let built = try BuiltIndex(seed: 33, count: 300)
    let file = segmentFiles(built.index).folder + "/" + SegmentFile.sketchBlocks
    var bytes = [UInt8](try #require(FileManager.default.contents(atPath: file)))
    bytes[8] += 1
    bytes.insert(UInt8(ascii: " "), at: 9 + Int(bytes[8]) - 1)
    try Data(bytes).write(to: URL(fileURLWithPath: file))
    #expect(throws: InputError.self) { try SemanticIndex(opening: built.index.path) }
  }

  @Test(arguments: ["Flat", "SQ8"])
  func everyBitThatFlipsIsFound(_ faiss: String) throws {
    let built = try BuiltIndex(seed: 31, faiss: faiss, count: 120, levelSizes: [4, 6, 8], dimension: 8)
    var random = CounterRandom(seed: 32)
    let (folder, names) = segmentFiles(built.index)
    for name in names {
      let file = folder + "/" + name
      let whole = try #require(FileManager.default.contents(atPath: file))
      for _ in 0..<30 {
        var bytes = [UInt8](whole)
        bytes[random.below(bytes.count)] ^= 1 << UInt8(random.below(8))
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        // Opening may find it; verifying must; and nothing between may leave its array.
        #expect(throws: InputError.self, "\(name)") { try use(built.index.path, built.queries) }
      }
      try whole.write(to: URL(fileURLWithPath: file))
    }
    try use(built.index.path, built.queries)
  }

  @Test func manifestsThatLieAreRefused() throws {
    let built = try BuiltIndex(seed: 33, count: 120, levelSizes: [4, 6, 8], dimension: 8)
    let path = built.index.path
    let file = path + "/manifest.json"
    let text = try String(contentsOfFile: file, encoding: .utf8)
    func expectRefusal(_ manifest: String, _ kind: InputError.Kind? = nil) throws {
      try manifest.write(toFile: file, atomically: true, encoding: .utf8)
      let error = #expect(throws: InputError.self) { try SemanticIndex(opening: path) }
      if let kind { #expect(error?.kind == kind) }
    }
    for length in stride(from: 0, to: text.utf8.count - 2, by: 37) {
      try expectRefusal(String(text.prefix(length)), .malformed)
    }
    let lies = [
      ("\"version\" : 5", "\"version\" : 1"), ("swift-semantic-id index", "something else"),
      ("\"dimension\" : 8", "\"dimension\" : 9"), ("\"dimension\" : 8", "\"dimension\" : -8"),
      ("\"dimension\" : 8", "\"dimension\" : 9223372036854775807"), ("\"count\" : 120", "\"count\" : 121"),
      ("\"count\" : 120", "\"count\" : 1152921504606846976"), ("\"count\" : 120", "\"count\" : -1"),
      ("\"metric\" : \"l2\"", "\"metric\" : \"l3\""), ("\"metric\" : \"l2\"", "\"metric\" : \"cosine\""),
      ("\"faiss\" : \"Flat\"", "\"faiss\" : \"SQ8\""), ("\"name\" : \"s-", "\"name\" : \"../s-"),
      ("\"idBytes\" : ", "\"idBytes\" : 1"), ("\"hasCodebooks\" : true", "\"hasCodebooks\" : 1"),
    ]
    for (truth, lie) in lies {
      let changed = text.replacingOccurrences(of: truth, with: lie)
      #expect(changed != text)
      try expectRefusal(changed)
      try expectRefusal(signedAnew(changed))
    }
    // Files outside the folder, and others than a segment has.
    for name in ["../../../other.npy", "/etc/passwd", "notes.npy", "level9.codes.npy"] {
      try expectRefusal(signedAnew(text.replacingOccurrences(of: "\"codes.npy\" :", with: "\"\(name)\" :")), .malformed)
      try expectRefusal(
        signedAnew(
          text.replacingOccurrences(
            of: "\"files\" : {",
            with: "\"files\" : {\"\(name)\" : {\"bytes\" : 1, "
              + "\"sha256\" : \"\(String(repeating: "0", count: 64))\"},")), .malformed)
    }
    try expectRefusal("[]", .malformed)
    try expectRefusal("", .malformed)
    try text.write(toFile: file, atomically: true, encoding: .utf8)
    try use(path, built.queries)
  }
}
