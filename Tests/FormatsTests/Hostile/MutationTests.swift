import Foundation
import TestSupport
import Testing
import Vectors

@testable import Formats

/// Valid files with bytes changed, cut off, doubled or moved: each reader succeeds or throws `InputError`, never crashes.
@Suite struct MutationTests {
  private static let rounds = 2000

  private func survives(_ seed: [UInt8], _ name: String, _ read: (Buffer<UInt8>) throws -> Void) throws {
    try read(Buffer(seed))
    var random = CounterRandom(seed: 77)
    for round in 0..<Self.rounds {
      var bytes = seed
      switch random.below(5) {
      case 0: bytes.removeLast(random.below(bytes.count) + 1)
      case 1: bytes.insert(contentsOf: bytes.prefix(random.below(40)), at: random.below(bytes.count))
      case 2: bytes.swapAt(random.below(bytes.count), random.below(bytes.count))
      default: break
      }
      for _ in 0..<random.below(6) where !bytes.isEmpty {
        // Headers lie at the front, the directory of an archive at the end: most changes go there.
        let reach = random.below(3) == 0 ? bytes.count : min(bytes.count, 150)
        let place = random.below(2) == 0 ? random.below(reach) : bytes.count - 1 - random.below(reach)
        switch random.below(3) {
        case 0: bytes[place] ^= 1 << UInt8(random.below(8))
        case 1: bytes[place] = UInt8(random.below(256))
        default: bytes[place] = [0, 0xFF, 0x7F, 0x80, 0x30, 0x39, 0x22, 0x5B, 0x7D][random.below(9)]
        }
      }
      do {
        try read(Buffer(bytes))
      } catch is InputError {
      } catch {
        Issue.record("\(name), round \(round): \(error)")
      }
    }
  }

  private func made(_ write: (String) throws -> Void) throws -> [UInt8] {
    let folder = try TemporaryFolder()
    try write(folder.file("seed"))
    return try [UInt8](Data(contentsOf: URL(fileURLWithPath: folder.file("seed"))))
  }

  private let matrix = Matrix(rows: 9, columns: 4, values: (0..<36).map(Float.init))

  @Test func npyNumbers() throws {
    try survives(try made { try NPY.write(matrix, to: $0) }, "npy") { bytes in
      let array = try NPYArray(bytes: bytes, source: "x")
      if (try? array.matrix()) == nil { _ = try array.integers(as: UInt16.self) }
    }
  }

  @Test func npyStrings() throws {
    try survives(try made { try NPY.write(StringColumn(["a", "日本", "naïve"]), to: $0) }, "npy strings") { bytes in
      _ = try Identifiers.read(NPYArray(bytes: bytes, source: "x"))
    }
  }

  @Test(arguments: [false, true]) func npz(deflated: Bool) throws {
    var writer = NPZWriter()
    writer.add("a", matrix)
    writer.add("b", Buffer<UInt16>([1, 2, 3]), shape: [3])
    try survives(try made { try writer.write(to: $0, deflated: deflated) }, "npz") { bytes in
      let file = try NPZFile(bytes: bytes, source: "x")
      for key in file.keys { _ = try file.array(key).numbers().floats() }
    }
  }

  @Test func safetensors() throws {
    var writer = SafetensorsWriter(metadata: ["a": "b"])
    writer.add("a", matrix)
    writer.add("b", Buffer<UInt16>([1, 2, 3]), shape: [3])
    try survives(try made { try writer.write(to: $0) }, "safetensors") { bytes in
      let file = try SafetensorsFile(bytes: bytes, source: "x")
      for name in file.names { _ = try file.tensor(name).floats() }
    }
  }

  @Test func textTables() throws {
    let text = "item_id,\"a \"\"b\"\"\",v0,v1,list\r\nx,\"y\nz\",1.5,-2,\"[1, 2e3]\"\n日本,,3,nan,[4 5]\n"
    try survives(Array(text.utf8), "csv") { bytes in
      let file = try CSVFile(bytes: bytes, source: "x")
      let texts = try file.strings(file.names[0])
      _ = try? file.matrix(of: file.names.filter { $0.hasPrefix("v") })
      _ = try? file.matrix("list")
      _ = try Identifiers.read(file)
      #expect(texts.count > 0 || file.firstRow.isEmpty)
    }
  }

  @Test func ids() throws {
    try survives(Array(#"["a", "b\u00e9", 12, "日本", -3]"#.utf8), "json") { bytes in
      _ = try Identifiers.read(json: bytes, source: "x")
    }
    try survives(Array("a\nb\r\n日本\n12".utf8), "lines") { _ = try Identifiers.read(lines: $0, source: "x") }
  }
}
