import Foundation
import TestSupport
import Testing
import Tokenizers
import Vectors

@testable import Identity

extension Registry {
  func register(_ catalogue: Catalogue, capacity: Int? = nil) throws -> Registration {
    try register(ids: catalogue.ids, vectors: catalogue.vectors, tokenizer: catalogue.model, capacity: capacity)
  }

  /// ID of each item, as published last.
  func published() throws -> [[UInt8]: [UInt16]] {
    let snapshot = try snapshot()
    return Dictionary(
      uniqueKeysWithValues: snapshot.ids.indices.map { index in
        (snapshot.ids.withUTF8(at: index) { Array($0) }, snapshot.codes[index])
      })
  }
}

@Suite struct RegistryTests {
  @Test func askingTwiceGivesTheSame() throws {
    let folder = try TemporaryFolder()
    let catalogue = try Catalogue(items: 300, levelSizes: [8, 8, 16], distinct: 200, seed: 1)
    let path = folder.file("ids.db")
    let registry = try Registry(opening: path)
    let first = try registry.register(catalogue)
    #expect(first.added == 300 && first.known == 0 && first.generation.number == 1 && first.displaced > 0)
    #expect(first.codes.uses.values.allSatisfy { $0 == 1 })
    let second = try registry.register(catalogue)
    #expect(second.added == 0 && second.known == 300 && second.generation == first.generation)
    #expect(second.codes.values.array == first.codes.values.array)
    try registry.close()
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["ids.db"])
    let again = try Registry(opening: path, access: .read)
    #expect(try again.snapshot().codes.count == 300)
    try again.verify()
    try again.close()
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["ids.db"])
  }

  @Test func aShuffledCatalogueWithNewItemsMovesNothing() throws {
    let all = try Catalogue(items: 660, levelSizes: [8, 8, 16], distinct: 500, seed: 2)
    let registry = try Registry()
    let before = try registry.register(all.selecting(Array(0..<600)))
    let published = try registry.published()
    let (shuffled, rows) = all.shuffled(seed: 3)
    let after = try registry.register(shuffled)
    #expect(after.known == 600 && after.added == 60 && after.generation.number == 2)
    for (index, row) in rows.enumerated() where row < 600 { #expect(after.codes[index] == before.codes[row]) }
    #expect(after.codes.uses.values.allSatisfy { $0 == 1 })
    #expect(try registry.published().filter { published[$0.key] != nil } == published)
    let diff = RegistryDiff(from: try registry.snapshot(generation: 1), to: try registry.snapshot())
    #expect(diff.kept == 600 && diff.moved.isEmpty && diff.new.count == 60 && diff.gone.isEmpty)
    try registry.verify()
  }

  @Test func theOrderOfRowsDoesNotMatter() throws {
    let all = try Catalogue(items: 240, levelSizes: [4, 8, 8], distinct: 150, seed: 4)
    let first = try Registry()
    _ = try first.register(all.selecting(Array(0..<120)))
    _ = try first.register(all)
    let second = try Registry()
    _ = try second.register(all.selecting(Array(0..<120).reversed()))
    _ = try second.register(all.shuffled(seed: 1).catalogue)
    #expect(try first.published() == second.published())
    #expect(try first.generations().map(\.digest) == second.generations().map(\.digest))
  }

  /// A small addition asks for the IDs of its prefixes only, and gets what it would get from all of them.
  @Test func smallAdditionsSeeWhatMatters() throws {
    let all = try Catalogue(items: 400, levelSizes: [6, 6, 16], distinct: 300, seed: 6)
    let registry = try Registry()
    let held = try registry.register(all.selecting(Array(0..<390)))
    let sorted = (0..<390).map { held.codes[$0] }.sorted { $0.lexicographicallyPrecedes($1) }
    let occupied = OccupiedIDs(levels: 3, values: sorted.flatMap { $0 }, total: 390)
    let new = all.selecting(Array(390..<400))
    let expected = try MinimumDistortion(
      options: CollisionOptions(), tokenizer: all.model, pool: ThreadPool(threads: 1)
    ).resolve(new.codes, of: new.vectors, ids: new.ids, occupied: occupied, source: "items")
    #expect(try registry.register(new).codes.values.array == expected.codes.values.array)
  }

  @Test func tombstonesKeepTheirIDs() throws {
    // As many items as there are IDs: nothing is free but what is released.
    let all = try Catalogue(items: 17, levelSizes: [4, 4], distinct: 5, seed: 7)
    let items = all.selecting(Array(0..<16))
    let late = all.selecting([16])
    let registry = try Registry()
    let first = try registry.register(items)
    let gone = StringColumn([items.ids[3], items.ids[9]])
    let removal = try registry.remove(gone)
    #expect(removal.removed == 2 && removal.released == 0 && removal.generation.items == 14)
    #expect(removal.generation.held == 16)
    #expect(try registry.remove(gone).generation == removal.generation)
    #expect(try registry.lookup(gone).map { $0?.removed } == [2, 2])
    // Tombstones are not reissued.
    #expect(throws: InputError.self) { try registry.register(late) }
    #expect(try registry.generations().count == 2)
    // The old ID comes back with the item.
    let back = try registry.register(items)
    #expect(back.restored == 2 && back.added == 0 && back.known == 14)
    #expect(back.codes.values.array == first.codes.values.array)
    #expect(try registry.published().count == 16)
    // A released ID is free for others; its item then gets another.
    _ = try registry.remove(StringColumn([items.ids[3]]))
    let release = try registry.remove(StringColumn([items.ids[3]]), releasing: true)
    #expect(release.removed == 0 && release.alreadyRemoved == 1 && release.released == 1)
    let newcomer = try registry.register(late)
    #expect(newcomer.codes[0] == first.codes[3])
    #expect(throws: InputError.self) { try registry.register(items) }
    _ = try registry.remove(late.ids, releasing: true)
    #expect(try registry.register(items).codes.values.array == first.codes.values.array)
    // The past is still there.
    #expect(try registry.lookup(late.ids, generation: newcomer.generation.number)[0]?.codes == first.codes[3])
    #expect(try registry.lookup(late.ids, generation: 1) == [nil])
    try registry.verify()
  }

  @Test func aReleasedItemMovesWhenItsIDIsTaken() throws {
    let all = try Catalogue(items: 12, levelSizes: [4, 8], distinct: 1, seed: 8)
    let registry = try Registry()
    let first = try registry.register(all.selecting([0, 1, 2]))
    let removed = all.selecting([0])
    _ = try registry.remove(removed.ids, releasing: true)
    let other = try registry.register(all.selecting([3]))
    #expect(other.codes[0] == first.codes[0])
    let again = try registry.register(removed)
    #expect(again.added == 1 && again.restored == 0 && again.codes[0] != first.codes[0])
    let diff = RegistryDiff(from: try registry.snapshot(generation: 1), to: try registry.snapshot())
    #expect(diff.kept == 2 && diff.moved.count == 1 && diff.new.count == 1 && diff.gone.isEmpty)
    #expect(diff.keptAtLevel == [3, 2] && diff.movedAtLevel == [0, 1])
    let second = RegistryDiff(from: try registry.snapshot(generation: 1), to: try registry.snapshot(generation: 2))
    #expect(second.gone.count == 1 && second.kept == 2)
    try registry.verify()
  }

  @Test func anotherModelIsRefused() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("ids.db")
    let catalogue = try Catalogue(items: 20, levelSizes: [4, 8], seed: 9)
    let other = try Catalogue(items: 20, levelSizes: [4, 8], seed: 10)
    let registry = try Registry(opening: path)
    _ = try registry.register(catalogue)
    try registry.close()
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    let again = try Registry(opening: path)
    let error = #expect(throws: InputError.self) { try again.register(other) }
    #expect(error?.kind == .mismatch && error?.description.contains(catalogue.model.fingerprint) == true)
    try again.close()
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == bytes)
  }

  @Test func badInputChangesNothing() throws {
    let catalogue = try Catalogue(items: 20, levelSizes: [4, 8], seed: 9)
    let registry = try Registry()
    _ = try registry.register(catalogue.selecting(Array(0..<10)))
    let before = try registry.published()
    func refused(_ ids: [String], _ vectors: Matrix) -> String {
      do {
        _ = try registry.register(ids: StringColumn(ids), vectors: vectors, tokenizer: catalogue.model)
        return "none"
      } catch { return "\(error)" }
    }
    let two = catalogue.vectors[rows: 0..<2]
    #expect(refused(["x", "x"], two).contains("row 1") && refused(["x", "x"], two).contains("row 0"))
    #expect(refused([], catalogue.vectors[rows: 0..<0]).contains("at least one"))
    #expect(refused(["x"], two).contains("2 ids"))
    #expect(refused(["x", ""], two).contains("empty"))
    #expect(refused(["x"], Matrix(rows: 1, columns: 3, values: [1, 2, 3])).contains("dimension 6"))
    let bad = Matrix(rows: 2, columns: 6, values: [1, 2, 3, 4, 5, 6, 1, 2, .nan, 4, 5, 6])
    #expect(refused([catalogue.ids[0], "x"], bad).contains("row 1, column 2"))
    #expect(throws: InputError.self) { try registry.register(catalogue, capacity: 0) }
    #expect(throws: InputError.self) { try registry.remove(StringColumn([catalogue.ids[0], "never there"])) }
    #expect(throws: InputError.self) { try registry.remove(StringColumn([String]())) }
    #expect(throws: InputError.self) { try registry.snapshot(generation: 2) }
    #expect(throws: InputError.self) { try Registry().snapshot() }
    #expect(try registry.published() == before && registry.generations().count == 1)
  }

  @Test func idsAreBytes() throws {
    let long = String(repeating: "x", count: 70_000)
    let names = ["é", "e\u{301}", "\u{0}", "a\u{0}b", "a", "👩‍🚀", "a'b\"c;--", long, "10", "9"]
    var catalogue = try Catalogue(items: names.count, levelSizes: [4, 16], distinct: 1, seed: 11)
    catalogue.ids = StringColumn(names)
    let folder = try TemporaryFolder()
    let path = folder.file("with 'quotes' and ü.db")
    let registry = try Registry(opening: path)
    let registration = try registry.register(catalogue)
    try registry.close()
    let again = try Registry(opening: path, access: .read)
    let found = try again.lookup(catalogue.ids)
    for (row, name) in names.enumerated() {
      let entry = try #require(found[row])
      #expect(Array(entry.item.utf8) == Array(name.utf8) && entry.codes == registration.codes[row])
    }
    #expect(try again.snapshot().ids.count == names.count)
    try again.verify()
  }

  @Test func capacityMayGrow() throws {
    let catalogue = try Catalogue(items: 60, levelSizes: [4, 8], distinct: 4, seed: 12)
    let registry = try Registry()
    _ = try registry.register(catalogue.selecting(Array(0..<32)))
    #expect(throws: InputError.self) { try registry.register(catalogue) }
    let grown = try registry.register(catalogue, capacity: 2)
    #expect(grown.generation.capacity == 2 && grown.codes.uses.values.max() == 2)
    #expect(throws: InputError.self) { try registry.register(catalogue, capacity: 1) }
    #expect(try registry.register(catalogue).generation == grown.generation)
    let entries = try registry.items(withPrefix: grown.codes[0])
    #expect(entries.count == grown.codes.uses[grown.codes[0]] && entries.map(\.item).contains(catalogue.ids[0]))
    try registry.verify()
  }

  @Test func lookUpByPrefix() throws {
    let catalogue = try Catalogue(items: 120, levelSizes: [4, 300, 8], seed: 13)
    let registry = try Registry()
    let codes = try registry.register(catalogue).codes
    for prefix in [[], [2], [3], codes[5], Array(codes[7][..<2])] as [[UInt16]] {
      let expected = (0..<120).filter { codes[$0].starts(with: prefix) }
      let found = try registry.items(withPrefix: prefix)
      #expect(Set(found.map(\.item)) == Set(expected.map { catalogue.ids[$0] }))
      #expect(found.map(\.codes) == expected.map { codes[$0] }.sorted { $0.lexicographicallyPrecedes($1) })
      #expect(try registry.items(withPrefix: prefix, limit: 3) == Array(found.prefix(3)))
    }
    #expect(try registry.lookup(StringColumn(["nobody"])) == [nil])
    #expect(CodeKey.range([1, .max, .max]) == (CodeKey.data([1, .max, .max]), CodeKey.data([2])))
    #expect(CodeKey.range([.max]).to == nil)
  }
}
