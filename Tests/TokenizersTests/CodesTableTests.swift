import Foundation
import Formats
import TestSupport
import Testing
import Vectors

@testable import Tokenizers

@Suite struct CodesTableTests {
  private let values: [UInt16] = [0, 5, 1, 2, 3, 65_535]

  private func text(_ text: String, _ name: String = "codes.jsonl") throws -> String {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("semid-\(UUID().uuidString)-\(name)")
    try text.write(to: folder, atomically: true, encoding: .utf8)
    return folder.path
  }

  private func fault(_ path: String, _ sizes: [Int]? = nil) -> InputError? {
    do {
      _ = try CodesTable(opening: path, levelSizes: sizes).rectangular()
      return nil
    } catch { return error as? InputError }
  }

  @Test func everyFormHoldsTheSameCodes() throws {
    let folder = try TemporaryFolder()
    let codes = try Codes(levelSizes: [4, 65_536], values: Buffer(values))
    try codes.write(to: folder.file("a.npy"))
    try ParquetWriter.write(
      to: folder.file("a.parquet"), columns: [.string("item_id"), .int32("c1"), .int32("c2"), .string("tokens")]
    ) { writer in
      try writer.append([
        .strings(StringColumn(["x", "y", "z"])), .int32(Buffer([0, 1, 3])), .int32(Buffer([5, 2, 65_535])),
        .strings(StringColumn(["", "", ""])),
      ])
    }
    let lines = try text(
      """
      {"codes":[0,5],"item":"x","tokens":"<a_0><b_5>"}

      {"item":"y","codes":[1,2]}
      {"item":"z","codes":[3,65535]}
      """)
    defer { try? FileManager.default.removeItem(atPath: lines) }
    for path in [folder.file("a.npy"), folder.file("a.parquet"), lines] {
      let table = try CodesTable(opening: path, levelSizes: nil)
      #expect(table.codes.values.array == values && table.codes.levelSizes == [4, 65_536])
      #expect(table.ids.map(Array.init) == (path.hasSuffix("npy") ? nil : ["x", "y", "z"]))
      #expect(try CodesTable(opening: path, levelSizes: [4, 65_536]).codes.levelSizes == [4, 65_536])
      #expect(fault(path, [3, 65_536])?.place == "item 2, level 0")
      #expect(fault(path, [4, 4, 4])?.kind == .mismatch)
    }
  }

  @Test func badFilesAreRefused() throws {
    let folder = try TemporaryFolder()
    func jsonFault(_ lines: String) throws -> InputError? {
      let path = try text(lines)
      defer { try? FileManager.default.removeItem(atPath: path) }
      return fault(path)
    }
    #expect(try jsonFault("{\"codes\":[1]}\n{\"codes\":[1,2]}")?.place == "row 0 (from 0)")
    #expect(try jsonFault("{\"codes\":[]}")?.expected == "at least one code")
    #expect(try jsonFault("{\"codes\":[70000]}")?.found == "70000")
    #expect(try jsonFault("{\"codes\":[-1]}")?.found == "-1")
    #expect(try jsonFault("{\"codes\":\"a\"}")?.place?.hasPrefix("line 1") == true)
    #expect(try jsonFault("\n\n[1,2]")?.place?.hasPrefix("line 3") == true)
    #expect(try jsonFault("{\"codes\":[1]")?.kind == .malformed)
    // IDs that go on behind their codes are not what their codes alone say.
    #expect(try jsonFault("{\"codes\":[1]}\n{\"codes\":[1],\"suffix\":\"-1\"}")?.place == "line 2")
    try ParquetWriter.write(to: folder.file("d.parquet"), columns: [.int32("c1"), .string("suffix")]) { writer in
      try writer.append([.int32(Buffer([3, 3])), .strings(StringColumn(["", "-1"]))])
    }
    #expect(fault(folder.file("d.parquet"))?.place == "row 1 (from 0)")
    // A file of no lines holds the codes of no items.
    let empty = try text("\n")
    defer { try? FileManager.default.removeItem(atPath: empty) }
    #expect(try CodesTable(opening: empty, levelSizes: nil).codes.count == 0)
    #expect(fault(folder.file("codes.xml"))?.kind == .unsupported)
    #expect(fault(folder.file("codes.npy"))?.kind == .missing)
    try ParquetWriter.write(to: folder.file("b.parquet"), columns: [.string("item_id")]) { writer in
      try writer.append([.strings(StringColumn(["x"]))])
    }
    #expect(fault(folder.file("b.parquet"))?.found == "item_id: string")
    try ParquetWriter.write(to: folder.file("c.parquet"), columns: [.int32("c1")]) { writer in
      try writer.append([.int32(Buffer([-3]))])
    }
    #expect(fault(folder.file("c.parquet"))?.found == "-3")
  }

  @Test func damagedLinesAreReadOrRefused() throws {
    let folder = try TemporaryFolder()
    let whole = Array("{\"codes\":[0,5],\"item\":\"x\"}\n\n{\"item\":\"na\\u00efve\",\"codes\":[1,65535]}\n".utf8)
    let pieces = Array("{}[]\":,-0159eE.\\ \n\u{0}\u{FF}".utf8)
    var random = CounterRandom(seed: 9)
    var read = 0
    var refused = 0
    for _ in 0..<1500 {
      var bytes = whole
      for _ in 0...random.below(3) {
        let place = random.below(bytes.count)
        switch random.below(3) {
        case 0: bytes[place] = pieces[random.below(pieces.count)]
        case 1: bytes.insert(pieces[random.below(pieces.count)], at: place)
        default: bytes.remove(at: place)
        }
      }
      let path = folder.file("c.jsonl")
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      do {
        let table = try CodesTable(opening: path, pool: ThreadPool(threads: 1))
        #expect(table.codes.values.count == table.codes.count * table.codes.levels)
        #expect(table.ids.map { $0.count == table.codes.count } ?? true)
        read += 1
      } catch is InputError { refused += 1 }
    }
    #expect(read > 20 && refused > 500)
  }
}
