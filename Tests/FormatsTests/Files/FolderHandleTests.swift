import Foundation
import Synchronization
import TestSupport
import Testing
import Vectors

@testable import Formats

@Suite struct FolderHandleTests {
  private func write(_ text: String, _ path: String) throws {
    try FileManager.default.createDirectory(
      at: URL(fileURLWithPath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
  }

  private func text(_ file: MappedFile) -> String {
    withExtendedLifetime(file) { String(decoding: file.bytes, as: UTF8.self) }
  }

  @Test func entriesAreWhatTheyAre() throws {
    let folder = try TemporaryFolder()
    try write("1", folder.file("file"))
    try write("2", folder.file("inner/file"))
    try FileManager.default.createSymbolicLink(atPath: folder.file("link"), withDestinationPath: "inner")
    try FileManager.default.createSymbolicLink(atPath: folder.file("loose"), withDestinationPath: "nowhere")
    #expect(mkfifo(folder.file("pipe"), 0o600) == 0)
    let handle = try FolderHandle(opening: folder.path)
    #expect(
      try handle.entries().map { [$0.name, "\($0.kind)"] } == [
        ["file", "file"], ["inner", "folder"], ["link", "link"], ["loose", "link"], ["pipe", "other"],
      ])
    #expect(try handle.entries().count == 5 && handle.kind(of: "none") == nil)
    #expect(try text(handle.map("file")) == "1")
    #expect(try text(handle.folder("inner").map("file")) == "2")
    for name in ["link", "loose"] {
      #expect(throws: FolderHandle.link(folder.file(name))) { try handle.folder(name) }
      #expect(throws: FolderHandle.link(folder.file(name))) { try handle.map(name) }
      #expect(throws: FolderHandle.link(folder.file(name))) { try handle.openLock(name) }
    }
    #expect(throws: InputError.self) { try handle.map("inner") }
    #expect(throws: InputError.self) { try handle.map("pipe") }
    #expect(throws: InputError.self) { try handle.folder("file") }
    let missing = #expect(throws: InputError.self) { try handle.map("none") }
    #expect(missing?.kind == .missing)
    // The folder itself may be reached through a link.
    #expect(try FolderHandle(opening: folder.file("link")).entries().map(\.name) == ["file"])
  }

  @Test func whatIsReachedThroughAHandleIsInTheFolderThatWasOpened() throws {
    let folder = try TemporaryFolder()
    try write("first", folder.file("a/file"))
    let handle = try FolderHandle(opening: folder.file("a"))
    try FileManager.default.moveItem(atPath: folder.file("a"), toPath: folder.file("b"))
    try write("second", folder.file("a/file"))
    #expect(try text(handle.map("file")) == "first")
    handle.removeFile("file")
    #expect(try FolderSnapshot(folder.path).paths == ["/a", "/a/file", "/b"])
  }

  @Test func parentsAreMadeAndBroughtToTheDisk() throws {
    let folder = try TemporaryFolder()
    var synchronized: [String] = []
    let made = try FolderHandle.make(folder.file("a/b//c/")) { synchronized.append($0) }
    func plain(_ path: String) -> String { NSString(string: path).standardizingPath }
    #expect(made.map(plain) == ["a", "a/b", "a/b/c"].map { plain(folder.file($0)) })
    #expect(synchronized.map(plain) == ["", "a", "a/b"].map { plain(folder.file($0)) })
    #expect(try FolderHandle.make(folder.file("a/b/c")).isEmpty)
    try write("1", folder.file("a/file"))
    FolderHandle.remove(made)
    #expect(try FolderSnapshot(folder.path).paths == ["/a", "/a/file"])
    #expect(throws: InputError.self) { try FolderHandle.make(folder.file("a/file/b")) }
    // What cannot be kept is not left behind.
    let before = try FolderSnapshot(folder.path)
    #expect(throws: InputError.self) {
      try FolderHandle.make(folder.file("a/x/y")) { throw InputError(.io, $0, found: "no") }
    }
    #expect(try FolderSnapshot(folder.path) == before)
  }

  @Test func foldersThatHoldOtherFilesStay() throws {
    let folder = try TemporaryFolder()
    let handle = try FolderHandle(opening: folder.path)
    for (name, file) in [("good", "x.npy"), ("notes", "notes.txt"), ("deep", "x.npy/y.npy")] {
      try write("1", folder.file("\(name)/\(file)"))
    }
    try FileManager.default.createSymbolicLink(atPath: folder.file("link"), withDestinationPath: "good")
    try FileManager.default.createDirectory(atPath: folder.file("linked"), withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(atPath: folder.file("linked/x.npy"), withDestinationPath: "../good")
    let before = try FolderSnapshot(folder.path)
    for name in ["notes", "deep", "link", "linked", "none"] {
      #expect(!handle.removeFolder(name) { $0.hasSuffix(".npy") })
    }
    #expect(try FolderSnapshot(folder.path) == before)
    #expect(handle.removeFolder("good") { $0.hasSuffix(".npy") })
    #expect(handle.kind(of: "good") == nil)
  }

  @Test func removalTakesLinksAndNotWhatTheyPointTo() throws {
    let folder = try TemporaryFolder()
    try write("mine", folder.file("home/letter"))
    try write("1", folder.file("tree/a/b/c"))
    for name in ["tree/link", "tree/a/link", "link"] {
      try FileManager.default.createSymbolicLink(atPath: folder.file(name), withDestinationPath: folder.file("home"))
    }
    FileSystem.remove(folder.file("link"))
    FileSystem.remove(folder.file("tree"))
    FileSystem.remove(folder.file("none"))
    #expect(try FolderSnapshot(folder.path).paths == ["/home", "/home/letter"])
  }

  /// A folder whose place a link takes, again and again, while it is removed.
  @Test func removalNeverLeavesTheFolder() throws {
    let folder = try TemporaryFolder()
    for name in ["x.npy", "y.npy"] { try write("mine", folder.file("home/\(name)")) }
    try FileManager.default.createDirectory(atPath: folder.file("work"), withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(atPath: folder.file("link"), withDestinationPath: folder.file("home"))
    let before = try FolderSnapshot(folder.file("home"))
    let done = Atomic(false)
    let ended = DispatchSemaphore(value: 0)
    let paths = (work: folder.file("work/part"), link: folder.file("link"), aside: folder.file("aside"))
    Thread {
      while !done.load(ordering: .acquiring) {
        // The two change places in one step, and back.
        if (try? FileSystem.exchange(paths.work, paths.link)) == nil { continue }
        _ = try? FileSystem.exchange(paths.work, paths.link)
      }
      ended.signal()
    }.start()
    let handle = try FolderHandle(opening: folder.file("work"))
    for round in 0..<2000 {
      try? FileManager.default.createDirectory(atPath: paths.work, withIntermediateDirectories: false)
      if round % 2 == 0 {
        handle.removeFolder("part") { $0.hasSuffix(".npy") }
      } else {
        handle.removeTree("part")
      }
      if handle.kind(of: "part") == .link || !FileManager.default.fileExists(atPath: paths.link) {
        handle.removeFile("part")
        try? FileManager.default.createSymbolicLink(atPath: paths.link, withDestinationPath: folder.file("home"))
      }
    }
    done.store(true, ordering: .releasing)
    ended.wait()
    #expect(try FolderSnapshot(folder.file("home")) == before)
  }

  @Test func namesOfWhatIsInTheMaking() throws {
    let folder = try TemporaryFolder()
    for name in ["index.npy", "a", ".hidden", "a.b.c"] {
      let made = try TemporaryName(beside: folder.file(name), contents: .file)
      #expect(TemporaryName.target(of: FileSystem.split(made.path).name) == name)
      unlink(made.path)
    }
    for name in [
      "", "a", ".a.semid-tmp", ".a.x.tmp", "a.1.semid-tmp", "..1.semid-tmp", ".a.ABC.semid-tmp", ".a.-1.semid-tmp",
      ".a.01.semid-tmp",
    ] { #expect(TemporaryName.target(of: name) == nil, "\(name)") }
  }
}
