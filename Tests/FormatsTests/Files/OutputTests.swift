import Foundation
import TestSupport
import Testing
import Vectors

@testable import Formats

/// What is looked at before a verb works: where it will write.
@Suite struct OutputTests {
  private let kind = DirectoryKind("a thing of ours", files: ["a": { try text($0) == "ours" }])

  private static func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

  private func refusal(_ outputs: [Output], reading inputs: [String] = []) -> InputError? {
    #expect(throws: InputError.self) { try Output.check(outputs, reading: inputs) }
  }

  @Test func anInputIsKnownUnderEveryName() throws {
    let folder = try TemporaryFolder()
    let files = FileManager.default
    let input = folder.file("a.npy")
    try AtomicFile.write("x", to: input)
    try files.createDirectory(atPath: folder.file("sub"), withIntermediateDirectories: false)
    try files.createSymbolicLink(atPath: folder.file("link"), withDestinationPath: input)
    try files.linkItem(atPath: input, toPath: folder.file("hard"))
    for path in ["a.npy", "./a.npy", "sub/../a.npy", "link", "hard"] {
      #expect(refusal([.file(folder.file(path))], reading: [input])?.kind == .usage, "\(path)")
      #expect(refusal([.file(input)], reading: [folder.file(path)])?.kind == .usage, "\(path)")
    }
    try Output.check([.file(folder.file("b.npy"))], reading: [input])
    // A link whose file is not there yet leads to that file.
    try files.createSymbolicLink(atPath: folder.file("to come"), withDestinationPath: "sub/later.npy")
    try Output.check([.file(folder.file("to come"))], reading: [input])
    try AtomicFile.write("through", to: folder.file("to come"))
    #expect(try Self.text(folder.file("sub/later.npy")) == "through")
    #expect(try files.destinationOfSymbolicLink(atPath: folder.file("to come")) == "sub/later.npy")
  }

  @Test func anOutputLiesApartFromDirectoriesThatAreRead() throws {
    let folder = try TemporaryFolder()
    let model = folder.file("model")
    try AtomicDirectory.write(to: model, replacing: kind) { try $0.write("ours", to: "a") }
    try FileManager.default.createSymbolicLink(atPath: folder.file("way"), withDestinationPath: model)
    for path in ["model/codes.npy", "model/new/codes.npy", "way/codes.npy", "way/../model/x"] {
      let refusal = refusal([.file(folder.file(path))], reading: [model])
      #expect(refusal?.found?.hasPrefix("a place in the input") == true, "\(path)")
    }
    for path in ["model", "model/", "way"] {
      #expect(refusal([.directory(folder.file(path), kind)], reading: [model])?.kind == .usage, "\(path)")
    }
    #expect(refusal([.directory(folder.file("model/inner"), kind)], reading: [model])?.kind == .usage)
    // The output would be replaced with the input in it.
    let anything = DirectoryKind("anything") { _ in nil }
    #expect(
      refusal([.directory(folder.path, anything)], reading: [model])?.found?.hasPrefix("a directory that holds") == true
    )
    try Output.check([.directory(folder.file("other"), kind)], reading: [model])
  }

  @Test func whatCannotBeWrittenIsToldFirst() throws {
    let folder = try TemporaryFolder()
    try AtomicFile.write("x", to: folder.file("file"))
    #expect(refusal([.file(folder.path)])?.found == "a directory")
    #expect(refusal([.file("")])?.kind == .usage)
    #expect(refusal([.directory(folder.file("file"), kind)])?.found == "a file")
    #expect(refusal([.file(folder.file("file/below"))])?.kind == .cannotCreate)
    #expect(refusal([.file(folder.file("a")), .file(folder.file("./a"))])?.found?.contains("same place") == true)
    try Output.check([.file(folder.file("new/deep/a"))])
    #expect(!FileManager.default.fileExists(atPath: folder.file("new")))
    try Output.check([.file("/dev/stdout"), .file("/dev/null")], reading: ["/dev/null"])
    if geteuid() != 0 {
      try FileManager.default.setAttributes([.posixPermissions: 0o500], ofItemAtPath: folder.path)
      #expect(refusal([.file(folder.file("new/a"))])?.kind == .cannotCreate)
      try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder.path)
    }
  }

  /// The names are right, the contents are another's.
  @Test func aDirectoryIsKnownByItsContents() throws {
    let folder = try TemporaryFolder()
    for (name, contents) in [("theirs", "theirs"), ("ours", "ours")] {
      try AtomicFile.write(contents, to: folder.file(name + "/a"))
    }
    for attempt in [
      { try Output.check([.directory($0, kind)]) },
      { path in try AtomicDirectory.write(to: path, replacing: kind) { try $0.write("new", to: "a") } },
    ] as [(String) throws -> Void] {
      let error = #expect(throws: InputError.self) { try attempt(folder.file("theirs")) }
      #expect(error?.kind == .cannotCreate && error?.found?.contains("a of another origin") == true)
      #expect(try Self.text(folder.file("theirs/a")) == "theirs")
    }
    try Output.check([.directory(folder.file("ours"), kind)])
    // A link is nothing that we write, whatever it points to.
    try AtomicFile.write("ours", to: folder.file("elsewhere"))
    try FileManager.default.createDirectory(atPath: folder.file("links"), withIntermediateDirectories: false)
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("links/a"), withDestinationPath: folder.file("elsewhere"))
    #expect(refusal([.directory(folder.file("links"), kind)])?.found?.contains("a, which is no file") == true)
    // Nor is a file of ours that lacks the one it belongs to.
    let marked = DirectoryKind("marked", files: ["a": { _ in true }, "mark": { _ in true }], marked: "mark")
    #expect(refusal([.directory(folder.file("ours"), marked)])?.found?.contains("without mark") == true)
  }

  /// Something is put into the directory after the last look at it, and before the names are exchanged.
  @Test func whatComesAtTheLastMomentIsKept() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("model")
    for exchange in [FileSystem.exchange, { _, _ in false }] as [(String, String) throws -> Bool] {
      try AtomicFile.write("ours", to: path + "/a")
      try AtomicFile.write("new", to: folder.file("next/a"))
      try AtomicFile.write("mine", to: path + "/notes")
      #expect(throws: InputError.self) {
        try AtomicDirectory.publish(folder.file("next"), as: path, source: path, exchange: exchange) {
          try kind.check(replacing: $0, source: path)
        }
      }
      #expect(try Self.text(path + "/notes") == "mine" && Self.text(path + "/a") == "ours")
      #expect(try Self.text(folder.file("next/a")) == "new")
    }
  }

  @Test func missingFoldersAreMade() throws {
    let folder = try TemporaryFolder()
    try AtomicFile.write("x", to: folder.file("a/b/c.txt"))
    #expect(try Self.text(folder.file("a/b/c.txt")) == "x")
    try AtomicDirectory.write(to: folder.file("d/e/model"), replacing: kind) { try $0.write("ours", to: "a") }
    try AtomicFile.write(toPath: folder.file("f/g.bin")) {
      try "y".write(toFile: $0, atomically: false, encoding: .utf8)
    }
    #expect(try Self.text(folder.file("f/g.bin")) == "y")
    struct Interrupted: Error {}
    // What fails leaves no folder behind, and takes none away that others use.
    #expect(throws: Interrupted.self) {
      try AtomicFile.write(to: folder.file("p/q/r")) { _ in throw Interrupted() }
    }
    #expect(throws: Interrupted.self) {
      try AtomicFile.write(toPath: folder.file("s/t")) { _ in throw Interrupted() }
    }
    #expect(throws: Interrupted.self) {
      try AtomicDirectory.write(to: folder.file("u/v"), replacing: kind) { _ in
        try AtomicFile.write("mine", to: folder.file("u/mine"))
        throw Interrupted()
      }
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["a", "d", "f", "u"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("u")) == ["mine"])
  }

  @Test func removingFollowsNoLinks() throws {
    let folder = try TemporaryFolder()
    try AtomicFile.write("mine", to: folder.file("home/deep/diary"))
    try AtomicFile.write("x", to: folder.file("old/in/x"))
    for (link, place) in [("old/home", "home"), ("old/in/deep", "home/deep"), ("old/in/diary", "home/deep/diary")] {
      try FileManager.default.createSymbolicLink(atPath: folder.file(link), withDestinationPath: folder.file(place))
    }
    FileSystem.remove(folder.file("old"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["home"])
    #expect(try Self.text(folder.file("home/deep/diary")) == "mine")
    try FileManager.default.createSymbolicLink(atPath: folder.file("link"), withDestinationPath: folder.file("home"))
    FileSystem.remove(folder.file("link"))
    #expect(try Self.text(folder.file("home/deep/diary")) == "mine")
  }

  @Test func aKeptFolderIsNewOrOurs() throws {
    let folder = try TemporaryFolder()
    let kept = try ScratchDirectory(keeping: folder.file("new/kept"))
    try AtomicFile.write("1", to: kept.path("vectors.npy"))
    #expect(try ScratchDirectory(keeping: folder.file("new/kept")).path("x") == kept.path("x"))
    let error = #expect(throws: InputError.self) { try ScratchDirectory(keeping: folder.path) }
    #expect(error?.found == "a folder that holds new")
    var path = ""
    do {
      let temporary = try ScratchDirectory(in: folder.file("place"))
      path = temporary.path("")
      try AtomicFile.write("1", to: temporary.path("deep/x"))
    }
    #expect(!FileManager.default.fileExists(atPath: path))
    #expect(FileManager.default.fileExists(atPath: folder.file("place")))
  }
}
