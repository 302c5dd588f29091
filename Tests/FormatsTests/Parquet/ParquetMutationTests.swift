import Foundation
import TestSupport
import Testing
import Vectors

@testable import Formats

/// Damaged files: read or refused, nothing else.
@Suite(.enabled(if: Python.isReady)) struct ParquetMutationTests {
  private static let script = """
    r = np.random.default_rng(1)
    write({
      "v": pa.array(list(r.random((60, 4)).astype("f4")), pa.list_(pa.float32())), "w": lists(pa.float16(), 6, of=np.tile(x, (2, 1))[:60]),
      "id": ["n%d" % i for i in range(60)], "k": pa.array(["a", "b", "c"] * 20).dictionary_encode(),
      "n": np.arange(60), "u": pa.array(np.arange(60), pa.uint8()), "f": r.random(60),
      "bytes": pa.array([v.astype("f4").tobytes() for v in r.random((60, 3))], pa.binary(12)),
      "struct": pa.array([{"embedding": [1, 2, i]} for i in range(60)], pa.struct([("embedding", pa.list_(pa.int16()))])),
    }, row_group_size=25, OPTIONS)
    """

  /// Reads all there is; true when nothing was refused.
  private static func reads(_ path: String) throws -> Bool {
    var whole = true
    func attempt(_ body: () throws -> Void) throws {
      do { try body() } catch is InputError { whole = false }
    }
    try attempt {
      let file = try ParquetFile(path: path, options: .init(maximumBytes: 1 << 30))
      for column in file.columns {
        switch column.kind {
        case .vector, .bytes: try attempt { _ = try file.matrix(column.name).values.array.count }
        case .string: try attempt { for text in try file.strings(column.name) { _ = text.utf8.count } }
        case .integer: try attempt { _ = try file.integers(column.name) }
        case .float: try attempt { _ = try file.floats(column.name) }
        case .boolean, .time, .list, .other: break
        }
        if ![.vector, .bytes, .other].contains(column.kind) {
          try attempt { _ = try file.optionalColumn(column.name).present.array.count }
        }
      }
    }
    return whole
  }

  @Test(arguments: ["compression='none'", "compression='zstd', data_page_version='2.0'", "use_dictionary=False"])
  func survivesDamage(options: String) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("m.parquet")
    try ParquetReadingTests.make(path, Self.script.replacingOccurrences(of: "OPTIONS", with: options))
    #expect(try Self.reads(path))
    let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    var random = CounterRandom(seed: 5)
    var refused = 0
    for _ in 0..<500 {
      var bytes = whole
      for _ in 0...Int(random.next() % 4) {
        // Half of the blows fall on the metadata at the end.
        let tail = random.next() % 2 == 0 ? bytes.count : min(bytes.count, 3000)
        let position = bytes.count - 1 - Int(random.next() % UInt64(tail))
        bytes[position] =
          random.next() % 2 == 0
          ? UInt8(truncatingIfNeeded: random.next()) : bytes[position] ^ (1 << (random.next() % 8))
      }
      if random.next() % 8 == 0 { bytes.removeLast(Int(random.next() % UInt64(bytes.count))) }
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      if try !Self.reads(path) { refused += 1 }
    }
    print("Parquet, \(options): \(refused) of 500 damaged files refused")
    #expect(refused > 0)
  }
}
