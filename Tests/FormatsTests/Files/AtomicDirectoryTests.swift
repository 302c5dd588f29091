import Foundation
import TestSupport
import Testing
import Vectors

@testable import Formats

@Suite struct AtomicDirectoryTests {
  private struct Interrupted: Error {}

  private let kind = DirectoryKind("a model") { directory in
    try FileSystem.names(in: directory).first { !["config.json", "model.bin", "more"].contains($0) }
  }

  private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

  @Test func createsThenReplacesTheWhole() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("model")
    try AtomicDirectory.write(to: path, replacing: kind) { staged in
      try staged.write("1", to: "config.json")
      try staged.write("model.bin") { try $0.write([1, 2, 3]) }
      try FileManager.default.createDirectory(atPath: staged.file("more"), withIntermediateDirectories: false)
      try staged.write("deep", to: "more/deep.txt")
    }
    #expect(try text(path + "/more/deep.txt") == "deep")
    try AtomicDirectory.write(to: path + "/", replacing: kind) { staged in
      #expect(try text(path + "/config.json") == "1")
      try staged.write("2", to: "config.json")
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: path) == ["config.json"])
    #expect(try text(path + "/config.json") == "2")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["model"])
  }

  @Test func aThrowLeavesTheOldOne() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("model")
    try AtomicDirectory.write(to: path, replacing: kind) { try $0.write("1", to: "config.json") }
    #expect(throws: Interrupted.self) {
      try AtomicDirectory.write(to: path, replacing: kind) { staged in
        try staged.write("2", to: "config.json")
        throw Interrupted()
      }
    }
    #expect(try text(path + "/config.json") == "1")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["model"])
  }

  @Test func refusesToReplaceADirectoryOfOtherThings() throws {
    let folder = try TemporaryFolder()
    try AtomicFile.write("dear", to: folder.file("diary.txt"))
    let error = #expect(throws: InputError.self) {
      try AtomicDirectory.write(to: folder.path, replacing: kind) { try $0.write("1", to: "config.json") }
    }
    #expect(error?.kind == .cannotCreate)
    #expect(error?.found == "a directory that also holds diary.txt")
    #expect(try text(folder.file("diary.txt")) == "dear")
    let file = #expect(throws: InputError.self) {
      try AtomicDirectory.write(to: folder.file("diary.txt"), replacing: kind) { _ in }
    }
    #expect(file?.found == "a file")
  }

  @Test func recoversFromAKillBetweenTwoRenames() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("model")
    try AtomicDirectory.write(to: folder.file(".model.semid-previous"), replacing: kind) { staged in
      try staged.write("1", to: "config.json")
    }
    try AtomicDirectory.recover(path)
    #expect(try text(path + "/config.json") == "1")
    try AtomicDirectory.recover(path)
    #expect(try text(path + "/config.json") == "1")
    try AtomicDirectory.recover(folder.file("never-there"))
    #expect(!FileManager.default.fileExists(atPath: folder.file("never-there")))
  }

  @Test func publishesInTwoStepsWhereNamesCannotBeExchanged() throws {
    let folder = try TemporaryFolder()
    for name in ["model", "next"] {
      try AtomicDirectory.write(to: folder.file(name), replacing: kind) { try $0.write(name, to: "config.json") }
    }
    try AtomicDirectory.publish(folder.file("next"), as: folder.file("model"), source: "model") { _, _ in false }
    #expect(try text(folder.file("model/config.json")) == "next")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["model"])
    // The second rename fails: the old directory comes back.
    #expect(throws: InputError.self) {
      try AtomicDirectory.publish(folder.file("gone"), as: folder.file("model"), source: "model") { _, _ in false }
    }
    #expect(try text(folder.file("model/config.json")) == "next")
  }

  @Test func clearsAwayWhatAKilledWriterLeft() throws {
    let folder = try TemporaryFolder()
    let stale = folder.file(".model.abc.semid-tmp")
    try FileManager.default.createDirectory(atPath: stale + "/deep", withIntermediateDirectories: true)
    try "half".write(toFile: stale + "/deep/x", atomically: false, encoding: .utf8)
    try AtomicDirectory.write(to: folder.file("model"), replacing: kind) { try $0.write("1", to: "config.json") }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["model"])
  }
}
