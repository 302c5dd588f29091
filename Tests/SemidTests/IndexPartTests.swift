import ArgumentParser
import Foundation
import SemanticID
import TestSupport
import Testing

@testable import semid

/// `index build --part`: every item is in one part, and a part knows of its items what the whole index does.
@Suite struct IndexPartTests {
  /// The first eight bytes of the digests, worked out with `sha256sum`; the tests of the Python package have the same.
  private static let hashes: [(id: String, word: UInt64)] = [
    ("item-0", 0x69b6_5bbe_d30c_a00a), ("item-1", 0x5990_8df5_0572_502c), ("ü", 0x6074_74ca_475a_9724),
  ]

  @Test func thePartIsWhatEverybodyComputes() {
    for (id, word) in Self.hashes {
      for parts in [1, 2, 7, 4_096] {
        var id = id
        #expect(id.withUTF8 { ItemPart.number(ofID: $0, parts: parts) } == Int(word % UInt64(parts)))
      }
    }
  }

  @Test(arguments: ["", "0/4", "5/4", "1", "1/0", "-1/4", "+1/4", "1/4/2", " 1/4", "1/99999999999999999999"])
  func whatIsNoPart(_ text: String) {
    #expect(throws: InputError.self) { try ItemPart(text) }
    #expect(throws: (any Error).self) {
      try Semid.parseAsRoot(["index", "build", "a.npy", "-m", "model", "-o", "out", "--part", text])
    }
  }

  private static func run(_ arguments: [String]) async throws {
    var command = try Semid.parseAsRoot(["index", "build"] + arguments + ["--quiet"])
    var asynchronous = try #require(command as? any AsyncParsableCommand)
    try await asynchronous.run()
    command = asynchronous
  }

  @Test func partsAreTheWholeIndex() async throws {
    let folder = try Workplace.full()
    try AtomicFile.write(
      "id,price\n" + (0..<64).map { "item_\($0),\($0 % 10)\n" }.joined(), to: folder.file("prices.csv"))
    let common = [folder.file("a.npy"), "-m", folder.file("model"), "--attributes", folder.file("prices.csv")]
    try await Self.run(common + ["-o", folder.file("whole")])
    let whole = try SemanticIndex(opening: folder.file("whole"))
    var seen: [String] = []
    for number in 1...3 {
      let path = folder.file("part-\(number)")
      try await Self.run(common + ["--part", "\(number)/3", "-o", path])
      let part = try SemanticIndex(opening: path)
      #expect(part.levelSizes == whole.levelSizes && part.manifest.model == whole.manifest.model)
      let filter = try part.filter(where: AttributePredicate(parsing: "price < 3"))
      let allowed = try Set(part.rows(prefix: [UInt16](), filter: filter).map { part.id(ofRow: $0) })
      for row in 0..<part.count {
        let id = part.id(ofRow: row)
        seen.append(id)
        var text = id
        #expect(text.withUTF8 { ItemPart.number(ofID: $0, parts: 3) } == number - 1)
        let own = try #require(whole.row(id: id))
        #expect(part.idText(ofRow: row) == whole.idText(ofRow: own))
        #expect(try part.vector(ofRow: row) == whole.vector(ofRow: own))
        let price = try #require(Int(id.dropFirst(5))) % 10
        #expect(allowed.contains(id) == (price < 3))
      }
    }
    #expect(seen.sorted() == (0..<64).map { "item_\($0)" }.sorted())
  }

  /// Codes alone, of items that are known by their rows: sizes stay those of all, and rows become ids.
  @Test func partsOfCodesAlone() async throws {
    let folder = try Workplace.full()
    var seen: [String] = []
    for number in 1...2 {
      let path = folder.file("part-\(number)")
      try await Self.run(
        ["--codes", folder.file("codes.npy"), "--part", "\(number)/2", "-o", path])
      let part = try SemanticIndex(opening: path)
      #expect(part.levelSizes.count == 3)
      seen += (0..<part.count).map { part.id(ofRow: $0) }
    }
    #expect(seen.sorted() == (0..<64).map { String($0) }.sorted())
  }

  @Test func aPartWithoutItems() async throws {
    let folder = try Workplace.full()
    await #expect {
      for number in 1...64 {
        try await Self.run([
          folder.file("a.npy"), "-m", folder.file("model"), "--part", "\(number)/4096", "-o", folder.file("part"),
        ])
      }
    } throws: {
      ($0 as? InputError)?.remedy == "use fewer parts"
    }
  }
}
