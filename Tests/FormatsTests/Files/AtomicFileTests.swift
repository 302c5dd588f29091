import Foundation
import TestSupport
import Testing
import Vectors

@testable import Formats

@Suite struct AtomicFileTests {
  private struct Interrupted: Error {}

  @Test func replacesAndKeepsPermissions() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.txt")
    try AtomicFile.write("old", to: path)
    try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
    try AtomicFile.write("new", to: path)
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "new")
    #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o640)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a.txt"])
  }

  @Test func aThrowLeavesTheOldFileAndNothingElse() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.txt")
    try AtomicFile.write("old", to: path)
    #expect(throws: Interrupted.self) {
      try AtomicFile.write(to: path) { writer in
        try writer.write(String(repeating: "x", count: 3 << 20))
        throw Interrupted()
      }
    }
    #expect(throws: Interrupted.self) {
      try AtomicFile.write(toPath: path) { temporary in
        try "half".write(toFile: temporary, atomically: true, encoding: .utf8)
        throw Interrupted()
      }
    }
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a.txt"])
  }

  @Test func writesThroughALibraryThatTakesAPath() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("b.txt")
    try AtomicFile.write(toPath: path) { try "made".write(toFile: $0, atomically: true, encoding: .utf8) }
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "made")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["b.txt"])
  }

  /// Pieces of every size around the buffer's, then a header rewritten.
  @Test func streamsPiecesOfAnySize() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("c.bin")
    var random = CounterRandom(seed: 1)
    var expected: [UInt8] = []
    try AtomicFile.write(to: path) { writer in
      for size in [0, 1, 7, 1 << 20, (1 << 20) - 1, (1 << 20) + 1, 3 << 20, 5, 1 << 19, 1 << 19, 1 << 19] {
        let piece = (0..<size).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        try writer.write(piece)
        expected += piece
      }
      try writer.pad(to: 64)
      expected += [UInt8](repeating: 0, count: (64 - expected.count % 64) % 64)
      #expect(writer.position == expected.count)
      try writer.rewrite([1, 2, 3, 4], at: 8)
      expected.replaceSubrange(8..<12, with: [1, 2, 3, 4])
      try writer.write([9])
      expected.append(9)
    }
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data(expected))
  }

  @Test func followsSymbolicLinks() throws {
    let folder = try TemporaryFolder()
    try AtomicFile.write("old", to: folder.file("real.txt"))
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("link.txt"), withDestinationPath: folder.file("real.txt"))
    try AtomicFile.write("new", to: folder.file("link.txt"))
    #expect(try String(contentsOfFile: folder.file("real.txt"), encoding: .utf8) == "new")
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder.file("link.txt")).hasSuffix("real.txt"))
  }

  @Test func namesWhatStandsInTheWay() throws {
    let folder = try TemporaryFolder()
    try AtomicFile.write("x", to: folder.file("file"))
    let file = #expect(throws: InputError.self) { try AtomicFile.write("x", to: folder.file("file/a.txt")) }
    #expect(file?.kind == .cannotCreate)
    let directory = #expect(throws: InputError.self) { try AtomicFile.write("x", to: folder.path) }
    #expect(directory?.kind == .cannotCreate)
    #expect(directory?.found == "a directory")
  }

  #if os(Linux)
    @Test func aFullDiskIsAnError() throws {
      let error = #expect(throws: InputError.self) { try AtomicFile.write("x", to: "/dev/full") }
      #expect(error?.kind == .io)
      #expect(error?.description.contains("No space left") == true)
      let pipe = #expect(throws: InputError.self) {
        try AtomicFile.write(to: "/dev/null") { writer in
          try writer.write([1, 2, 3])
          try writer.rewrite([1], at: 0)
        }
      }
      #expect(pipe?.found == "a pipe or device")
    }
  #endif

  @Test func clearsAwayWhatAKilledWriterLeft() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.txt")
    try "half".write(toFile: folder.file(".a.txt.abc.semid-tmp"), atomically: false, encoding: .utf8)
    try "another's".write(toFile: folder.file(".b.txt.abc.semid-tmp"), atomically: false, encoding: .utf8)
    try AtomicFile.write(to: path) { writer in
      // A living writer's file is locked: the inner one leaves it alone.
      try AtomicFile.write("inner", to: path)
      try writer.write("outer")
    }
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "outer")
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == [".b.txt.abc.semid-tmp", "a.txt"])
  }
}
