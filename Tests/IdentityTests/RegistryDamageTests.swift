import Foundation
import GRDB
import TestSupport
import Testing
import Tokenizers
import Vectors

@testable import Identity

@Suite struct RegistryDamageTests {
  private static func registry(in folder: TemporaryFolder) throws -> (path: String, bytes: Data) {
    let path = folder.file("ids.db")
    let all = try Catalogue(items: 300, levelSizes: [8, 8, 16], seed: 1)
    let registry = try Registry(opening: path)
    _ = try registry.register(all.selecting(Array(0..<250)))
    _ = try registry.register(all)
    _ = try registry.remove(all.ids.gathered([1, 2, 3]))
    try registry.close()
    return (path, try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  private static func open(_ path: String, _ access: Registry.Access = .update) -> InputError.Kind? {
    do {
      let registry = try Registry(opening: path, access: access)
      defer { try? registry.close() }
      try registry.verify()
      _ = try registry.snapshot()
      _ = try registry.items()
      return nil
    } catch let error as InputError {
      return error.kind
    } catch {
      Issue.record("not an InputError: \(error)")
      return nil
    }
  }

  @Test func whatIsNoRegistryIsRefused() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("file")
    #expect(Self.open(path) == .missing && Self.open(path, .read) == .missing)
    #expect(!FileManager.default.fileExists(atPath: path))
    #expect(Self.open(folder.path) != nil && Self.open(folder.path, .create) != nil)
    #expect(Self.open(folder.file("no/folder/ids.db"), .create) == .cannotCreate)
    for text in ["not a database, but long enough to look at", String(repeating: "\u{0}", count: 5000)] {
      try text.write(toFile: path, atomically: false, encoding: .utf8)
      #expect(Self.open(path, .create) == .malformed && Self.open(path, .read) == .malformed)
      #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
    }
    try FileManager.default.removeItem(atPath: path)
    let foreign = try DatabaseQueue(path: path)
    try foreign.write {
      try $0.execute(sql: "CREATE TABLE generation (number INTEGER); INSERT INTO generation VALUES (1)")
    }
    try foreign.close()
    let before = try Data(contentsOf: URL(fileURLWithPath: path))
    for access in [Registry.Access.create, .update, .read] { #expect(Self.open(path, access) == .malformed) }
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
  }

  @Test func anEmptyFileIsFilledAndNotRead() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("ids.db")
    _ = FileManager.default.createFile(atPath: path, contents: nil)
    #expect(Self.open(path, .read) == .malformed)
    let registry = try Registry(opening: path)
    _ = try registry.register(Catalogue(items: 3, levelSizes: [4, 4], seed: 1))
    try registry.verify()
  }

  @Test func anotherVersionIsRefused() throws {
    let folder = try TemporaryFolder()
    let (path, _) = try Self.registry(in: folder)
    let database = try DatabaseQueue(path: RegistryPages.uri(path))
    try database.write { try $0.execute(sql: "PRAGMA user_version = 4") }
    try database.close()
    #expect(Self.open(path) == .unsupported)
  }

  /// Whatever bytes are cut off or changed: an error, or a registry that is whole; never a crash.
  @Test func damageIsFound() throws {
    let folder = try TemporaryFolder()
    let (path, bytes) = try Self.registry(in: folder)
    #expect(Self.open(path) == nil)
    var random = CounterRandom(seed: 5)
    var found = 0
    let url = URL(fileURLWithPath: path)
    for round in 0..<60 {
      try bytes.prefix(random.below(bytes.count)).write(to: url)
      let kind = Self.open(path)
      #expect(kind != nil, "cut, round \(round)")
      try? FileManager.default.removeItem(atPath: path + "-wal")
      try? FileManager.default.removeItem(atPath: path + "-shm")
    }
    for _ in 0..<200 {
      var damaged = bytes
      for _ in 0..<1 + random.below(8) {
        damaged[random.below(2) == 0 ? random.below(300) : random.below(bytes.count)] = UInt8(random.below(256))
      }
      try damaged.write(to: url)
      if Self.open(path) != nil { found += 1 }
      try? FileManager.default.removeItem(atPath: path + "-wal")
      try? FileManager.default.removeItem(atPath: path + "-shm")
    }
    #expect(found > 100)
  }

  /// A change behind our back that SQLite itself finds nothing wrong with, and whose pages have the right checksums.
  @Test(arguments: [
    "UPDATE assignment SET code = x'000100010001' WHERE item = (SELECT min(item) FROM assignment)",
    "DELETE FROM assignment WHERE item = (SELECT max(item) FROM assignment)",
    "UPDATE assignment SET until = 2 WHERE item = (SELECT max(item) FROM assignment)",
    "UPDATE assignment SET code = x'FFFF00010001' WHERE item = (SELECT min(item) FROM assignment)",
    "UPDATE generation SET model = 'x'", "DELETE FROM generation WHERE number = 2",
    "UPDATE generation SET level_sizes = '0'", "CREATE TRIGGER t AFTER INSERT ON generation BEGIN SELECT 1; END",
    "UPDATE generation SET released = 1 WHERE number = 2", "UPDATE generation SET created = '2001-02-03T04:05:06Z'",
    "UPDATE generation SET created = 'yesterday' WHERE number = 1",
    "UPDATE generation SET created = '2999-01-01T00:00:00Z'",
    "UPDATE generation SET added = added - 1, restored = restored + 1 WHERE number = 2",
    "UPDATE generation SET removed = 2, released = 1 WHERE number = 3", "DELETE FROM seal",
    "UPDATE seal SET digest = ''",
    "DELETE FROM seal WHERE number = 2", "INSERT INTO seal VALUES (4, '')", "DROP TABLE seal",
    "PRAGMA user_version = 1",
    "UPDATE assignment SET since = -9223372036854775808 WHERE item = (SELECT min(item) FROM assignment)",
    "UPDATE assignment SET until = 9223372036854775807 WHERE item = (SELECT min(item) FROM assignment)",
    "UPDATE generation SET number = 9223372036854775807 WHERE number = 3",
    "UPDATE generation SET items = 9223372036854775807", "UPDATE generation SET capacity = 9223372036854775807",
  ]) func tamperingIsFound(sql: String) throws {
    let folder = try TemporaryFolder()
    let (path, _) = try Self.registry(in: folder)
    let database = try DatabaseQueue(path: RegistryPages.uri(path))
    try database.write { try $0.execute(sql: sql) }
    try database.close()
    #expect(Self.open(path) == .malformed)
  }

  /// A registry from before seals: it opens, is whole, and is raised by the first generation that is added.
  @Test func aRegistryWithoutSealsStaysGood() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("old.db")
    try Self.makeOld(path, version: 1, of: Self.registry(in: folder).path)
    let before = try Data(contentsOf: URL(fileURLWithPath: path))
    #expect(Self.open(path, .read) == nil)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    let registry = try Registry(opening: path)
    let generations = try registry.generations()
    try registry.verify()
    _ = try registry.remove(
      Catalogue(items: 300, levelSizes: [8, 8, 16], seed: 1).ids.gathered([4, 5]), releasing: true)
    try registry.verify()
    #expect(try registry.generations().dropLast() == generations[...])
    try registry.close()
    // What was added is sealed, what was there is not.
    let expected: [(Int, InputError.Kind?)] = [(1, nil), (4, .malformed)]
    for (number, kind) in expected {
      let database = try DatabaseQueue(path: path)
      let sql = "UPDATE generation SET created = '2001-02-03T04:05:06Z' WHERE number = ?"
      try database.write { try $0.execute(sql: sql, arguments: [number]) }
      try database.close()
      #expect(Self.open(path) == kind)
    }
  }

  @Test func addedRestoredAndReleasedAreWhatTheRowsSay() throws {
    let all = try Catalogue(items: 120, levelSizes: [4, 8, 8], distinct: 60, seed: 9)
    let registry = try Registry()
    var random = CounterRandom(seed: 10)
    _ = try registry.register(all.selecting(Array(0..<80)))
    for round in 0..<30 {
      let some = Array(Set((0..<12).map { _ in random.below(120) })).sorted()
      let there = try some.filter { try registry.lookup(all.ids.gathered([$0]))[0] != nil }
      if round % 2 == 0, !there.isEmpty {
        _ = try registry.remove(all.ids.gathered(there), releasing: round % 4 == 0)
      } else {
        _ = try registry.register(all.selecting(some))
      }
      try registry.verify()
    }
    let generations = try registry.generations()
    #expect(generations.contains { $0.restored > 0 && $0.added > 0 } && generations.contains { $0.released > 0 })
    #expect(zip(generations, generations.dropFirst()).allSatisfy { $0.created <= $1.created })
  }

  /// All that a registry answers, or the error.
  private static func answers(_ path: String) throws -> [String] {
    let registry = try Registry(opening: path, access: .read)
    defer { try? registry.close() }
    let generations = try registry.generations()
    let ids = StringColumn(["item 0-0", "item 7919-1", "nothing"])
    var answers = generations.map { "\($0)" }
    for number in generations.map(\.number) {
      let snapshot = try registry.snapshot(generation: number)
      answers.append("\(snapshot.ids.indices.map { snapshot.ids[$0] }) \(snapshot.codes.values.array)")
    }
    answers.append("\(try registry.lookup(ids)) \(try registry.lookup(ids, generation: 1))")
    answers.append("\(try registry.items()) \(try registry.items(withPrefix: [3], limit: 5))")
    return answers
  }

  /// A flipped bit anywhere in the file is found by `verify`, and other readings fail or answer right.
  @Test func everyFlippedBitIsFound() throws {
    let folder = try TemporaryFolder()
    let (path, bytes) = try Self.registry(in: folder)
    let truth = try Self.answers(path)
    var random = CounterRandom(seed: 11)
    var answered = 0
    for round in 0..<500 {
      var flipped = bytes
      let byte = random.below(bytes.count)
      flipped[byte] ^= 1 << UInt8(random.below(8))
      try flipped.write(to: URL(fileURLWithPath: path))
      defer { for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) } }
      #expect(Self.verify(path) == .malformed, "byte \(byte)")
      guard round % 5 == 0 else { continue }
      do {
        #expect(try Self.answers(path) == truth)
        answered += 1
      } catch is InputError {}
    }
    print("of 100 registries with one flipped bit, \(answered) answer everything, and right")
  }

  private static func verify(_ path: String) -> InputError.Kind? {
    do {
      let registry = try Registry(opening: path, access: .read)
      defer { try? registry.close() }
      try registry.verify()
      return nil
    } catch let error as InputError {
      return error.kind
    } catch {
      Issue.record("not an InputError: \(error)")
      return nil
    }
  }

  /// A registry as semid wrote it before pages had checksums.
  static func makeOld(_ path: String, version: Int, of new: String) throws {
    let database = try DatabaseQueue(path: path)
    try database.writeWithoutTransaction { database in
      try database.execute(sql: "ATTACH ? AS new", arguments: [new])
      let objects = try Row.fetchAll(
        database, sql: "SELECT type, name, sql FROM new.sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid")
      try database.inTransaction {
        for object in objects {
          let (type, name, sql): (String, String, String) = (object[0], object[1], object[2])
          if version == 1, name == "seal" { continue }
          try database.execute(sql: sql)
          if type == "table" { try database.execute(sql: "INSERT INTO main.\(name) SELECT * FROM new.\(name)") }
        }
        try database.execute(
          sql: "PRAGMA application_id = \(RegistrySchema.applicationID); PRAGMA user_version = \(version)")
        return .commit
      }
      try database.execute(sql: "DETACH new")
      _ = try String.fetchOne(database, sql: "PRAGMA journal_mode = WAL")
    }
    try database.close()
  }
}
