import Foundation
import TestSupport
import Testing
import Tokenizers
import Vectors

@testable import Retrieval

/// What is no part of an index stays as it is, whatever is built or changed there; what killed writers have left goes.
@Suite struct ForeignFileTests {
  static let segment = "s-mwzh6fpb-1o1z1k6s5fpx8"
  static let fingerprint = String(repeating: "0123456789abcdef", count: 4)
  static let array = "\u{1}not read\u{1}"

  /// Files of somebody's own, by path.
  struct Layout: CustomTestStringConvertible, Sendable {
    var files: [String: String]
    var testDescription: String { files.keys.sorted().joined(separator: ", ") }
  }

  static let layouts = [
    ["models/v1/weights.bin": "1", "models/v2/weights.bin": "2"], ["models/notes.txt": "notes"],
    ["models/\(fingerprint)/config.json": #"{"model_type": "t5"}"#, "models/\(fingerprint)/model.safetensors": "w"],
    ["models/\(fingerprint)/config.json": #"{"format": "swift-semantic-id", "fingerprint": "another"}"#],
    ["models/\(fingerprint)": "a file"], ["models/.\(fingerprint).semid-tmp/config.json": "{}"],
    ["models/.\(fingerprint).1a.semid-tmp/diary.txt": "monday"],
    ["segments/recordings/one.wav": "RIFF"], ["segments/codes.npy": array], ["segments/s-1/codes.npy": array],
    ["segments/s-1-2/codes.npy": array], ["segments/d-2024-10.npy": array], ["segments/d-20241010-000001.npy": array],
    ["segments/\(segment)/notes.txt": "notes"], ["segments/\(segment)/deeper/codes.npy": array],
    ["segments/\(segment)/level0.codes.npy.bak": array], ["segments/\(segment)": "a file"],
    ["segments/d-mwzh6fvl-28gn1j2en1nst.npy": "no array"], ["segments/d-mwzh6fvl-28gn1j2en1nst.npy/x": "1"],
    ["segments/.\(segment).x.semid-tmp/mine": "1"], ["segments/.other.x.semid-tmp/codes.npy": array],
    ["segments/.lock/mine": "1"], ["notes.txt": "notes"], [".manifest.json.bak": "{}"], [".manifest.json.1.swp": "{}"],
    ["segments.old/\(segment)/codes.npy": array],
  ].map(Layout.init)

  /// What no index can stand beside.
  static let layoutsOfOthers =
    [
      ["manifest.json": #"{"format": "another program", "version": 3}"#], ["manifest.json": "[]"],
      ["manifest.json": "", "segments/x.npy": ""], ["manifest.json/x": "1"], ["segments": "a file"],
      ["models": "a file"],
    ].map(Layout.init)

  private func lay(_ layout: Layout, at path: String) throws {
    for (name, text) in layout.files {
      let file = URL(fileURLWithPath: path + "/" + name)
      // Where an index has an entry of that name, somebody's takes its place.
      var parent = file
      while parent.path.count > path.count {
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: parent.path, isDirectory: &isFolder)
        if exists, parent == file || !isFolder.boolValue { try FileManager.default.removeItem(at: parent) }
        parent.deleteLastPathComponent()
      }
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
  }

  private func contents(count: Int = 30) throws -> IndexContents {
    var catalogue = RandomCatalogue(seed: 90)
    let codes = try catalogue.codes(count: count, levelSizes: [4, 4])
    let books = try catalogue.codebooks(levelSizes: [4, 4], dimension: 4)
    let model = try RQKMeans(codebooks: books)
    return IndexContents(
      codes: codes, vectors: catalogue.vectors(codes, books), ids: StringColumn((0..<count).map { "item \($0)" }),
      tokenizer: model)
  }

  /// Every verb that writes, those that fail for another reason too.
  private func writers(_ path: String) throws -> [(String, () throws -> Void)] {
    let contents = try contents()
    var twice = contents
    twice.ids = StringColumn((0..<30).map { "item \($0 / 2)" })
    return [
      ("check", { try IndexBuilder.check(path) }), ("build", { try IndexBuilder().build(contents, at: path) }),
      ("build of equal ids", { try IndexBuilder().build(twice, at: path) }),
      ("build for FAISS", { try IndexBuilder(faiss: "no such thing").build(contents, at: path) }),
      ("update", { try LiveIndex(opening: path).update(IndexChanges(deleted: ["item 3"])) }),
      ("compact", { try LiveIndex(opening: path).compact() }),
    ]
  }

  private func expectUntouched(_ path: String) throws {
    let before = try FolderSnapshot(path)
    for (verb, write) in try writers(path) {
      #expect(throws: InputError.self, "\(verb)") { try write() }
      #expect(try FolderSnapshot(path) == before, "\(verb)")
    }
  }

  @Test(arguments: layouts + layoutsOfOthers) func aFolderWithoutAnIndex(_ layout: Layout) throws {
    let folder = try TemporaryFolder()
    try lay(layout, at: folder.path)
    try expectUntouched(folder.path)
  }

  @Test(arguments: layouts) func aFolderWithAnIndex(_ layout: Layout) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("index")
    try IndexBuilder().build(contents(), at: path)
    try lay(layout, at: path)
    try expectUntouched(path)
    let error = #expect(throws: InputError.self) { try LiveIndex(opening: path) }
    #expect(error?.found?.contains("no part of an index") == true && error?.remedy?.contains("move that away") == true)
    // Who reads is not kept from it.
    #expect(try SemanticIndex(opening: path).search([1, 2, 3, 4]).hits.count == 10)
  }

  @Test func somebodysFileInASegmentThatIsNamed() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("index")
    let manifest = try IndexBuilder().build(contents(), at: path)
    try lay(Layout(files: ["segments/\(manifest.segments[0].name)/notes.txt": "notes"]), at: path)
    try expectUntouched(path)
  }

  /// A file that comes while a writer is at work survives, and the writer goes on.
  @Test func whatComesLaterStays() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("index")
    let manifest = try IndexBuilder().build(contents(), at: path)
    let live = try LiveIndex(opening: path)
    let first = manifest.segments[0].name
    try lay(
      Layout(files: ["segments/\(first)/notes.txt": "notes", "models/v1/x": "1", "segments/one.wav": "RIFF"]), at: path)
    try live.update(IndexChanges(deleted: (0..<20).map { "item \($0)" }))
    #expect(live.current.count == 10 && live.current.segments[0].name != first)
    for (file, text) in ["segments/\(first)/notes.txt": "notes", "models/v1/x": "1", "segments/one.wav": "RIFF"] {
      #expect(FileManager.default.contents(atPath: path + "/" + file) == Data(text.utf8))
    }
  }

  @Test func whatKilledWritersLeaveIsSwept() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("index")
    let left = Layout(files: [
      "segments/\(Self.segment)/codes.npy": "x",
      "segments/.\(EntryName.new(.segment)).1a.semid-tmp/level3.codes.npy": "",
      "segments/.\(EntryName.new(.segment)).zz.semid-tmp/vectors.faiss": "",
      "segments/\(EntryName.new(.marks)).npy": "\u{93}NUMPY",
      "segments/.\(EntryName.new(.marks)).npy.9.semid-tmp": "", ".manifest.json.3w5.semid-tmp": "{",
      "models/.\(Self.fingerprint).abc.semid-tmp/config.json": "{",
    ])
    func layLeft() throws {
      try lay(left, at: path)
      let marks = try #require(left.files.keys.first { $0.hasPrefix("segments/d-") })
      try Data([0x93] + Array("NUMPY".utf8)).write(to: URL(fileURLWithPath: path + "/" + marks))
    }
    // Of a first build that was killed, and of later ones.
    try layLeft()
    for round in 0..<3 {
      if round < 2 {
        try IndexBuilder().build(contents(), at: path)
      } else {
        try LiveIndex(opening: path).update(IndexChanges(deleted: ["item 3"]))
      }
      let index = try SemanticIndex(opening: path)
      let named = index.manifest.segments.flatMap {
        [$0.name] + [$0.deleted.map { $0.name + ".npy" }].compactMap { $0 }
      }
      let model = try #require(index.manifest.model)
      #expect(
        Set(try FileManager.default.contentsOfDirectory(atPath: path)) == ["manifest.json", "segments", "models"])
      #expect(Set(try FileManager.default.contentsOfDirectory(atPath: path + "/segments")) == Set(named + [".lock"]))
      #expect(try FileManager.default.contentsOfDirectory(atPath: path + "/models") == [model])
      try index.verify()
      try layLeft()
    }
  }

  @Test func aDamagedIndexIsBuiltOver() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("index")
    try IndexBuilder().build(contents(), at: path)
    let file = path + "/manifest.json"
    let text = try String(contentsOfFile: file, encoding: .utf8)
    for damaged in [String(text.dropLast(100)), text.replacing("\"version\" : ", with: "\"version\" : 7")] {
      try damaged.write(toFile: file, atomically: true, encoding: .utf8)
      let before = try FolderSnapshot(path)
      #expect(throws: InputError.self) { try LiveIndex(opening: path) }
      #expect(try FolderSnapshot(path) == before)
      try IndexBuilder().build(contents(), at: path)
      try SemanticIndex(opening: path).verify()
      #expect(try FileManager.default.contentsOfDirectory(atPath: path + "/segments").count == 2)
    }
  }

  @Test func aBuildThatFailsLeavesNothing() throws {
    let folder = try TemporaryFolder()
    let contents = try contents()
    let empty = folder.file("empty")
    try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: true)
    for path in [folder.file("new/deeper/index"), folder.file("index/"), empty] {
      let before = try FolderSnapshot(folder.path)
      #expect(throws: InputError.self) { try IndexBuilder(faiss: "no such thing").build(contents, at: path) }
      #expect(try FolderSnapshot(folder.path) == before)
      try IndexBuilder().build(contents, at: path)
      try SemanticIndex(opening: path).verify()
    }
  }

  @Test func namesOfWriters() {
    for kind in [EntryName.Kind.segment, .marks] {
      let name = EntryName.new(kind)
      #expect(EntryName.isOurs(name, kind) && !EntryName.isOurs(name, kind == .marks ? .segment : .marks))
      #expect(name.utf8.count == 2 + 8 + 1 + 13 && name != EntryName.new(kind))
    }
    // Of earlier programs.
    #expect(EntryName.isOurs("s-mwzh6fpb-1o1z1k6s5fpx8", .segment))
    #expect(EntryName.isOurs("d-mwzh6fvs-1zyo2g1xjzss", .marks))
    for name in [
      "s-1-2", "d-2024-10", "d-20241010-000001", "s-mwzh6fpb-", "s-mwzh6fpb", "s-mwzh6fpb-1o1z1k6s5fpx8-1", "s--1", "",
      "s-MWZH6FPB-1o1z1k6s5fpx8", "s-mwzh6fpb-+1z1k6s5fpx8", "s-mwzh6fpb-1o1z1k6s5fpx8.npy", "S-mwzh6fpb-1o1z1k6s5fpx8",
      "s-zzzzzzzzzzzzz-1o1z1k6s5fpx8",
    ] { #expect(!EntryName.isOurs(name, .segment) && !EntryName.isOurs(name, .marks), "\(name)") }
    for name in [
      "codes.npy", "level0.list-nodes.npy", "level12.norms.npy", "attribute3.values.offsets.npy", "vectors.faiss",
    ] { #expect(SegmentFile.isOurs(name), "\(name)") }
    for name in [
      "", "notes.npy", "level.codes.npy", "level01.codes.npy", "level-1.codes.npy", "level0.codes", "codes.npy ",
      "../codes.npy", "level99999999999999999999.codes.npy", "attribute0.codes.npy", "level٣.codes.npy",
    ] { #expect(!SegmentFile.isOurs(name), "\(name)") }
  }
}
