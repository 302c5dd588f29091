import Foundation
import TestSupport
import Testing
import Vectors

@testable import Formats

@Suite struct VecsFileTests {
  private func little(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  private func open(_ bytes: [UInt8], _ name: String) throws -> EmbeddingSet {
    let folder = try TemporaryFolder()
    try Data(bytes).write(to: URL(fileURLWithPath: folder.file(name)))
    return try EmbeddingSet(opening: folder.file(name))
  }

  @Test func everyTypeIsRead() throws {
    let rows: [[Int32]] = [[1, 2, 255], [4, 5, 6], [0, 0, 7]]
    let head = little(Int32(3))
    var floats: [UInt8] = []
    var bytes: [UInt8] = []
    var integers: [UInt8] = []
    for row in rows {
      floats += head
      bytes += head
      integers += head
      for value in row {
        floats += little(Float(value).bitPattern)
        bytes.append(UInt8(value))
        integers += little(-value)
      }
    }
    let expected: [Float] = [1, 2, 255, 4, 5, 6, 0, 0, 7]
    let set = try open(floats, "x.fvecs")
    #expect(set.vectors.values.array == expected)
    #expect(set.input.lines == ["vectors: x.fvecs, 3 × 3", "ids: row numbers"])
    #expect(try open(bytes, "x.bvecs").vectors.values.array == expected)
    let negative: [Float] = expected.map { -$0 }
    #expect(try open(integers, "x.ivecs").vectors.values.array == negative)
    #expect(try open(bytes, "x.bvecs").input.lines.first == "vectors: x.bvecs, 3 × 3, uint8")
  }

  @Test func filesThatAreNone() throws {
    let row = little(Int32(2)) + little(Int64(0))
    for (bytes, expected) in [
      ([], "expected a vector's length, 4 bytes, found 0 bytes"), (little(Int32(-1)) + row, "byte 0"),
      (little(Int32.max) + row, "byte 0: expected the length of a vector that the file has room for, found 2147483647"),
      (row + [1], "expected whole vectors of length 2, 12 bytes each, found 13 bytes"),
      (
        row + little(Int32(1)) + little(Int64(0)),
        "row 1 (from 0), byte 12: expected the length 2, as the first row has"
      ),
    ] as [([UInt8], String)] {
      let error = message { _ = try open(bytes, "x.fvecs") }
      #expect(error.contains(expected), "\(error)")
    }
    let error = message {
      let folder = try TemporaryFolder()
      try Data(row).write(to: URL(fileURLWithPath: folder.file("x.fvecs")))
      _ = try EmbeddingSet(opening: folder.file("x.fvecs"), options: .init(vectors: "emb"))
    }
    #expect(error.contains("leave out --vectors"))
  }

  @Test func mutationsNeverTrap() throws {
    let row: [UInt8] = little(Int32(3)) + [UInt8](repeating: 1, count: 12)
    let seed = [[UInt8]](repeating: row, count: 9).flatMap { $0 }
    var random = CounterRandom(seed: 3)
    for _ in 0..<3000 {
      var bytes = seed
      for _ in 0..<random.below(4) + 1 { bytes[random.below(bytes.count)] = UInt8(random.below(256)) }
      bytes.removeLast(random.below(3) == 0 ? random.below(bytes.count) : 0)
      for type in VecsFile.elementTypes.values {
        do { _ = try VecsFile.read(Buffer(bytes), elementType: type, source: "x") } catch is InputError {}
      }
    }
  }
}
