import Foundation
import TestSupport
import Testing
import Vectors

@testable import Formats

/// Pipes, sockets, devices and directories in the place of files: an error at once, no waiting.
@Suite struct SpecialFileTests {
  @Test func readersDoNotWaitForPipes() throws {
    let folder = try TemporaryFolder()
    let readers: [(name: String, read: @Sendable (String) throws -> Void)] = [
      ("a.npy", { _ = try NPYArray(path: $0) }), ("a.npz", { _ = try NPZFile(path: $0) }),
      ("a.safetensors", { _ = try SafetensorsFile(path: $0) }), ("a.pt", { _ = try TorchFile(path: $0) }),
      ("a.parquet", { _ = try ParquetFile(path: $0) }), ("a.h5", { _ = try HDF5File(path: $0) }),
      ("a.json", { _ = try JSONFile.decode(JSONValue.self, path: $0) }),
      ("a.txt", { _ = try Identifiers.read(path: $0) }),
      ("b.npy", { _ = try EmbeddingSet(opening: $0) }), ("b.parquet", { _ = try EmbeddingSet(opening: $0) }),
      ("b.h5", { _ = try EmbeddingSet(opening: $0) }), ("c.json", { _ = try SHA256.hexDigest(ofFile: $0) }),
    ]
    for (name, read) in readers {
      let path = folder.file(name)
      try #require(mkfifo(path, 0o600) == 0)
      let pipe = #expect(throws: InputError.self, "\(name)") { try within(seconds: 60) { try read(path) } }
      #expect(pipe?.found == "a pipe", "\(name)")
      #expect(pipe?.source == path)
      unlink(path)
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
      #expect(throws: InputError.self, "\(name), a directory") { try read(path) }
    }
    let device = #expect(throws: InputError.self) { _ = try MappedFile(path: "/dev/zero") }
    #expect(device?.found == "a device")
  }
}
