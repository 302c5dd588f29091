import Foundation
import TestSupport
import Testing
import Vectors

@testable import Formats

#if os(Linux)
  /// Writers killed (`SIGKILL`) at many moments of their work: what they published is whole, old or new.
  @Suite struct KillTests {
    private static let names: Set<String> = ["a", "b", "c"]
    private static let kind = DirectoryKind(
      "three files", files: ["a": { _ in true }, "b": { _ in true }, "c": { _ in true }])

    /// Has a process of its own die after `delay` microseconds, whatever it does then.
    private static func dieAfter(microseconds delay: Int) {
      Thread.detachNewThread {
        usleep(UInt32(delay))
        kill(getpid(), SIGKILL)
      }
    }

    @Test func aDirectoryIsOldOrNew() async throws {
      let folder = try TemporaryFolder()
      let path = folder.file("model")
      try AtomicDirectory.write(to: path, replacing: Self.kind) { staged in
        for name in Self.names { try staged.write("0", to: name) }
      }
      for round in 0..<20 {
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String, round = round as Int] in
          KillTests.dieAfter(microseconds: 500 + round * 777)
          for version in 1... {
            try AtomicDirectory.write(to: path, replacing: KillTests.kind) { staged in
              for name in KillTests.names { try staged.write(String(repeating: "\(version),", count: 5000), to: name) }
            }
          }
        }
        try AtomicDirectory.recover(path)
        let texts = try Self.names.map { try String(contentsOfFile: path + "/" + $0, encoding: .utf8) }
        #expect(Set(texts).count == 1, "round \(round): files of different versions")
        #expect(texts[0] == "0" || texts[0].split(separator: ",").count == 5000)
      }
      // Nothing that the killed left outlives the next writer.
      try AtomicDirectory.write(to: path, replacing: Self.kind) { try $0.write("last", to: "a") }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["model"])
    }

    @Test func aFileIsOldOrNew() async throws {
      let folder = try TemporaryFolder()
      let path = folder.file("codes.npy")
      try NPY.write([Int32](repeating: 0, count: 300_000), to: path)
      for round in 0..<8 {
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String, round = round as Int] in
          KillTests.dieAfter(microseconds: 500 + round * 1777)
          for version in 1... { try NPY.write([Int32](repeating: Int32(version), count: 300_000), to: path) }
        }
        let values = try NPYArray(path: path).integers(as: Int32.self)
        #expect(values.count == 300_000 && Set(values.array).count == 1)
      }
      try NPY.write([Int32(1)], to: path)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["codes.npy"])
    }
  }
#endif
