import Foundation
import TestSupport
import Testing
import Tokenizers
import Vectors

@testable import Retrieval

/// An index that holds a symbolic link is refused by whoever reads or writes; what the link points to stays as it is.
@Suite struct IndexLinkTests {
  /// Two segments, deletions and a model.
  private static func build(at path: String) throws -> IndexManifest {
    var catalogue = RandomCatalogue(seed: 91)
    let codes = try catalogue.codes(count: 40, levelSizes: [4, 4])
    let books = try catalogue.codebooks(levelSizes: [4, 4], dimension: 4)
    let vectors = catalogue.vectors(codes, books)
    try IndexBuilder().build(
      IndexContents(
        codes: codes, vectors: vectors, ids: StringColumn((0..<40).map { "item \($0)" }),
        tokenizer: RQKMeans(codebooks: books)), at: path)
    let live = try LiveIndex(opening: path, options: .init(merging: nil))
    try live.update(
      IndexChanges(
        added: .init(ids: StringColumn(["a", "b"]), vectors: vectors[rows: 0..<2], codes: codes.gathered(0..<2)),
        deleted: ["item 3", "item 5"]))
    return live.current.manifest
  }

  /// Everything that opens an index.
  private static func expectRefusal(_ path: String, _ place: String) throws {
    var catalogue = RandomCatalogue(seed: 92)
    let contents = IndexContents(codes: try catalogue.codes(count: 9, levelSizes: [4]))
    let verbs: [(String, () throws -> Void)] = [
      ("open", { _ = try SemanticIndex(opening: path) }), ("change", { _ = try LiveIndex(opening: path) }),
      ("build", { try IndexBuilder().build(contents, at: path) }), ("check", { try IndexBuilder.check(path) }),
    ]
    for (verb, body) in verbs {
      let error = #expect(throws: InputError.self, "\(verb), \(place)") { try body() }
      #expect(error?.found == "a symbolic link", "\(verb), \(place): \(error?.description ?? "")")
      #expect(error?.source == path + "/" + place, "\(verb), \(place): \(error?.description ?? "")")
    }
  }

  @Test func everyEntryThatIsALink() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("index")
    let outside = folder.file("outside")
    let manifest = try Self.build(at: path)
    let first = manifest.segments[0]
    let model = try #require(manifest.model)
    let marks = try #require(first.deleted).name
    for place in [
      "manifest.json", "segments", "segments/.lock", "segments/\(first.name)", "segments/\(first.name)/codes.npy",
      "segments/\(first.name)/vectors.faiss", "segments/\(marks).npy", "models", "models/\(model)",
      "models/\(model)/config.json", "models/\(model)/model.safetensors",
    ] {
      try FileManager.default.moveItem(atPath: path + "/" + place, toPath: outside)
      try FileManager.default.createSymbolicLink(atPath: path + "/" + place, withDestinationPath: outside)
      let before = try FolderSnapshot(folder.path)
      try Self.expectRefusal(path, place)
      #expect(try FolderSnapshot(folder.path) == before, "\(place)")
      try FileManager.default.removeItem(atPath: path + "/" + place)
      try FileManager.default.moveItem(atPath: outside, toPath: path + "/" + place)
    }
    try SemanticIndex(opening: path).verify()
  }

  @Test func everyLinkThatIsAdded() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("index")
    let manifest = try Self.build(at: path)
    let first = manifest.segments[0].name
    let model = try #require(manifest.model)
    // Names that writers give: what is behind them would be swept away.
    let home = folder.file("home")
    try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
    try Data("1".utf8).write(to: URL(fileURLWithPath: home + "/codes.npy"))
    for place in [
      "notes", ".manifest.json.1a.semid-tmp", "segments/home", "segments/\(EntryName.new(.segment))",
      "segments/.\(EntryName.new(.segment)).1a.semid-tmp", "segments/\(EntryName.new(.marks)).npy",
      "segments/\(first)/more", "models/v1", "models/\(String(repeating: "a", count: 64))",
      "models/\(model)/history.jsonl",
    ] {
      for target in [home, "/nowhere", home + "/codes.npy"] {
        try FileManager.default.createSymbolicLink(atPath: path + "/" + place, withDestinationPath: target)
        let before = try FolderSnapshot(folder.path)
        try Self.expectRefusal(path, place)
        #expect(try FolderSnapshot(folder.path) == before, "\(place)")
        try FileManager.default.removeItem(atPath: path + "/" + place)
      }
    }
    try SemanticIndex(opening: path).verify()
  }

  @Test func anIndexMayBeReachedThroughALink() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(atPath: folder.file("real"), withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(atPath: folder.file("above"), withDestinationPath: folder.file("real"))
    _ = try Self.build(at: folder.file("above/index"))
    let link = folder.file("link")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: folder.file("real/index"))
    for path in [folder.file("above/index"), link] {
      let live = try LiveIndex(opening: path)
      try live.update(IndexChanges(deleted: [path == link ? "item 7" : "item 9"]))
      try live.current.verify()
      try SemanticIndex(opening: path).verify()
    }
    _ = try Self.build(at: link)
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == folder.file("real/index"))
    #expect(try SemanticIndex(opening: folder.file("real/index")).count == 40)
  }

  /// A pipe in the place of a file is refused, and not waited for.
  @Test func pipesAreNotWaitedFor() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("index")
    let manifest = try Self.build(at: path)
    for place in ["manifest.json", "segments/\(manifest.segments[0].name)/codes.npy"] {
      try FileManager.default.moveItem(atPath: path + "/" + place, toPath: folder.file("aside"))
      #expect(mkfifo(path + "/" + place, 0o600) == 0)
      #expect(throws: InputError.self) { try SemanticIndex(opening: path) }
      #expect(throws: InputError.self) { try LiveIndex(opening: path) }
      try FileManager.default.removeItem(atPath: path + "/" + place)
      try FileManager.default.moveItem(atPath: folder.file("aside"), toPath: path + "/" + place)
    }
  }
}
