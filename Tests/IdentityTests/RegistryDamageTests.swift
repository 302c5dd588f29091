import Foundation
import GRDB
import TestSupport
import Testing
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
    let database = try DatabaseQueue(path: path)
    try database.write { try $0.execute(sql: "PRAGMA user_version = 2") }
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

  /// A change behind our back that SQLite itself finds nothing wrong with.
  @Test(arguments: [
    "UPDATE assignment SET code = x'000100010001' WHERE item = (SELECT min(item) FROM assignment)",
    "DELETE FROM assignment WHERE item = (SELECT max(item) FROM assignment)",
    "UPDATE assignment SET until = 2 WHERE item = (SELECT max(item) FROM assignment)",
    "UPDATE assignment SET code = x'FFFF00010001' WHERE item = (SELECT min(item) FROM assignment)",
    "UPDATE generation SET model = 'x'", "DELETE FROM generation WHERE number = 2",
    "UPDATE generation SET level_sizes = '0'", "CREATE TRIGGER t AFTER INSERT ON generation BEGIN SELECT 1; END",
  ]) func tamperingIsFound(sql: String) throws {
    let folder = try TemporaryFolder()
    let (path, _) = try Self.registry(in: folder)
    let database = try DatabaseQueue(path: path)
    try database.write { try $0.execute(sql: sql) }
    try database.close()
    #expect(Self.open(path) == .malformed)
  }
}
