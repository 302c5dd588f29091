import Formats
import Foundation
import TestSupport
import Testing
import Vectors

@testable import Retrieval

@Suite struct RoaringBitmapTests {
  private static func rows(_ path: String, below bound: Int = .max) throws -> [Int] {
    var rows: [Int] = []
    try RoaringBitmap.read(path: path, below: bound) { rows.append($0) }
    return rows
  }

  /// Lists, runs and bit sets, of 32 and 64 bits, as pyroaring writes them.
  private static let script = """
    import sys, pyroaring as p
    r = range
    sets = [[], [0], [5, 70000, 4000000000], list(r(3, 9000, 2)), list(r(100, 80000)),
      list(r(5000)) + list(r(65536, 65536 * 3)) + [1 << 20] + list(r((1 << 21) + 1, (1 << 21) + 20001, 2))]
    for i, s in enumerate(sets):
      for kind, name in [(p.BitMap, "32"), (p.BitMap64, "64")]:
        for run in (False, True):
          b = kind(s + [1 << 33, (5 << 32) + 7] if name == "64" and i == 4 else s)
          if run: b.run_optimize()
          open("%s/%d-%s-%d.roaring" % (sys.argv[1], i, name, run), "wb").write(b.serialize())
    """

  private static let sets: [[Int]] = [
    [], [0], [5, 70000, 4_000_000_000], Array(stride(from: 3, to: 9000, by: 2)), Array(100..<80000),
    Array(0..<5000) + Array(65536..<65536 * 3) + [1 << 20]
      + Array(stride(from: (1 << 21) + 1, to: (1 << 21) + 20001, by: 2)),
  ]

  @Test(.enabled(if: Python.isReady)) func readsWhatPyroaringWrites() throws {
    let folder = try TemporaryFolder()
    try Python.run(Self.script, folder.path)
    for (number, set) in Self.sets.enumerated() {
      for name in ["32-0", "32-1", "64-0", "64-1"] {
        let path = folder.file("\(number)-\(name).roaring")
        let expected = number == 4 && name.hasPrefix("64") ? set + [1 << 33, 5 << 32 + 7] : set
        #expect(try Self.rows(path) == expected, "\(path)")
        guard let last = expected.last else { continue }
        #expect(try Self.rows(path, below: last + 1) == expected)
        let error = try #require(throws: InputError.self) { try Self.rows(path, below: last) }
        #expect(error.kind == .mismatch && error.found == "\(last)" && error.source == path)
      }
    }
  }

  @Test(.enabled(if: Python.isReady)) func damagedBitmapsAreRefusedOrWhole() throws {
    let folder = try TemporaryFolder()
    try Python.run(Self.script, folder.path)
    var random = CounterRandom(seed: 70)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    #expect(names.count == 24)
    for name in names {
      let whole = [UInt8](try #require(FileManager.default.contents(atPath: folder.file(name))))
      func read(_ bytes: [UInt8]) throws {
        var (last, ascends) = (-1, true)
        try RoaringBitmap.read(Buffer(bytes), source: name, below: 1 << 40) { row in
          ascends = ascends && row > last && row < 1 << 40
          last = row
        }
        #expect(ascends)
      }
      try read(whole)
      for length in Set([0, 1, 3, 4, 7, 8, 12, whole.count / 2, whole.count - 1]) where length < whole.count {
        #expect(throws: InputError.self, "\(name), \(length)") { try read(Array(whole.prefix(length))) }
      }
      #expect(throws: InputError.self, "\(name)") { try read(whole + [0]) }
      for _ in 0..<60 {
        var damaged = whole
        // Most of what counts stands at the beginning.
        damaged[random.below(random.below(2) == 0 ? min(64, whole.count) : whole.count)] ^= UInt8(1 + random.below(255))
        do { try read(damaged) } catch is InputError {}
      }
    }
  }

  @Test(.enabled(if: Python.isReady)) func listsOfItemsBecomeFilters() throws {
    let index = try BuiltIndex(seed: 71, count: 300).index
    let folder = try TemporaryFolder()
    try Python.run(
      "import sys, pyroaring; open(sys.argv[1], 'wb').write(pyroaring.BitMap([3, 4, 299]).serialize())",
      folder.file("rows.roaring"))
    let expected = try index.filter(rows: [3, 4, 299])
    #expect(try index.filter(list: folder.file("rows.roaring")).filter == expected)
    try AtomicFile.write("item 3\nitem 299\nitem 4\nno item\n", to: folder.file("ids.txt"))
    let (filter, unknown) = try index.filter(list: folder.file("ids.txt"))
    #expect(filter == expected && unknown == 1)
    try Identifiers.write(StringColumn(["item 4", "item 3", "item 299"]), json: folder.file("ids.json"))
    #expect(try index.filter(list: folder.file("ids.json")).filter == expected)
    #expect(throws: InputError.self) { try index.filter(list: folder.file("none.roaring")) }
    let small = try BuiltIndex(seed: 72, count: 299).index
    #expect(throws: InputError.self) { try small.filter(list: folder.file("rows.roaring")) }
  }
}
