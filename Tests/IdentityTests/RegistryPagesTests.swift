import CRegistryPages
import Foundation
import GRDB
import TestSupport
import Testing
import Tokenizers
import Vectors

@testable import Identity

@Suite struct RegistryPagesTests {
  private let all: Catalogue
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    all = try Catalogue(items: 400, levelSizes: [8, 8, 16], seed: 1)
    folder = try TemporaryFolder()
    path = folder.file("ids.db")
  }

  /// A closed registry of three generations with free pages in it.
  private func make() throws {
    let registry = try Registry(opening: path)
    _ = try registry.register(all.selecting(Array(0..<200)))
    _ = try registry.register(all.selecting(Array(100..<300)))
    _ = try registry.remove(all.ids.gathered([1, 2, 3]))
    try registry.close()
    try onPages { database in
      try database.execute(sql: "CREATE TABLE more (x BLOB)")
      for _ in 0..<20 { try database.execute(sql: "INSERT INTO more VALUES (randomblob(3000))") }
      try database.execute(sql: "DROP TABLE more")
      #expect(try Int.fetchOne(database, sql: "PRAGMA freelist_count") ?? 0 > 10)
    }
  }

  private func onPages(_ path: String? = nil, _ body: (Database) throws -> Void) throws {
    let database = try DatabaseQueue(path: RegistryPages.uri(path ?? self.path))
    try database.writeWithoutTransaction(body)
    try database.close()
  }

  private func bytes(_ suffix: String = "") throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path + suffix)) }
  private func write(_ bytes: Data, _ suffix: String = "") throws {
    try bytes.write(to: URL(fileURLWithPath: path + suffix))
  }

  /// The error of a reading; nil for none.
  private func error(_ path: String? = nil, _ body: (Registry) throws -> Void = { try $0.verify() }) -> InputError? {
    do {
      let registry = try Registry(opening: path ?? self.path, access: .read)
      defer { try? registry.close() }
      try body(registry)
      return nil
    } catch let error as InputError {
      return error
    } catch {
      Issue.record("not an InputError: \(error)")
      return nil
    }
  }

  private func works(_ path: String? = nil, _ body: (Registry) throws -> Void) {
    let found = error(path, body)
    #expect(found == nil)
  }

  private func answers(_ registry: Registry) throws -> [String] {
    let ids = StringColumn([all.ids[0], all.ids[2], all.ids[150], "nothing"])
    return [
      "\(try registry.lookup(ids))", "\(try registry.snapshot(generation: 2).codes.values.array)",
      "\(try registry.items(withPrefix: [3]))", "\(try registry.generations())",
    ]
  }

  @Test func everyPlaceOfEveryPageIsChecked() throws {
    try make()
    let whole = try bytes()
    #expect(error() == nil && whole.count % 4096 == 0 && whole[20] == 8)
    var truth: [String] = []
    works { truth = try answers($0) }
    var random = CounterRandom(seed: 1)
    var failures = 0
    for page in 1...whole.count / 4096 {
      let inside = [0, 7, 2048, 4087, 4088, 4095] + (0..<3).map { _ in random.below(4096) }
      for place in page == 1 ? Array(0..<100) + inside : inside {
        var damaged = whole
        damaged[(page - 1) * 4096 + place] ^= 1 << UInt8(random.below(8))
        try write(damaged)
        let found = error()
        #expect(found?.kind == .malformed && found?.source == path, "page \(page), byte \(place)")
        // Not where the file is no longer one of SQLite's.
        if page > 1 || place >= 24 {
          #expect(
            found?.place == "page \(page)" && found?.expected?.contains("checksum") == true && found?.found != nil,
            "page \(page), byte \(place): \(found.map { "\($0)" } ?? "")")
        }
        guard page == 1 || place == inside.last else { continue }
        var answers: [String]?
        let reading = error { answers = try self.answers($0) }
        if reading == nil { #expect(answers == truth) } else { failures += 1 }
      }
    }
    #expect(failures > 100)
    try write(whole)
    #expect(error() == nil)
    try write(whole + Data(repeating: 0, count: 4096))
    #expect(error()?.expected?.contains("pages") == true)
    try write(whole.dropLast(4096))
    #expect(error()?.kind == .malformed)
  }

  /// What every one-bit change of a page does to its checksum, and a page in another's place.
  @Test func aChecksumTellsEveryBitAndEveryPlace() {
    var random = CounterRandom(seed: 2)
    var page = (0..<512).map { _ in UInt8(random.below(256)) }
    func sum(_ number: UInt64 = 7) -> UInt64 { semid_pages_checksum(page, 512, number) }
    let whole = sum()
    for bit in 0..<504 * 8 {
      page[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(sum() != whole)
      page[bit / 8] ^= 1 << UInt8(bit % 8)
    }
    #expect(sum() == whole && Set((1...1000).map { sum($0) }).count == 1000)
  }

  @Test(arguments: [512, 1024, 4096, 32_768, 65_536]) func pagesOfEverySize(size: Int) throws {
    #expect(semid_pages_register() == 0)
    try onPages { database in
      try database.execute(sql: "PRAGMA page_size = \(size)")
      try RegistryPages.reserve(database, source: path)
      try database.execute(sql: "CREATE TABLE t (x BLOB)")
      for _ in 0..<30 { try database.execute(sql: "INSERT INTO t VALUES (randomblob(\(size)))") }
    }
    let whole = try bytes()
    #expect(whole.count % size == 0 && whole.count > 20 * size)
    func rows() throws -> Int {
      var count = 0
      try onPages { count = try Data.fetchAll($0, sql: "SELECT x FROM t").count }
      return count
    }
    #expect(try rows() == 30)
    for place in [17 * size + 3, 16 * size - 1, size + 12] {
      var damaged = whole
      damaged[place] ^= 16
      try write(damaged)
      let error = #expect(throws: DatabaseError.self) { try rows() }
      #expect(error?.extendedResultCode == .SQLITE_IOERR_DATA)
      var fault = semid_page_fault()
      #expect(semid_pages_last_fault(path, &fault) == 1 && fault.page == UInt64(place / size + 1))
    }
  }

  /// Other programs can read a closed registry; what they write is told.
  @Test func otherProgramsReadIt() throws {
    try make()
    let plain = try DatabaseQueue(path: path)
    #expect(try plain.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM published") } == 297)
    #expect(try plain.read { try String.fetchOne($0, sql: "PRAGMA integrity_check") } == "ok")
    try plain.close()
    #expect(error() == nil)
    let writer = try DatabaseQueue(path: path)
    try writer.write { try $0.execute(sql: "UPDATE generation SET created = '2001-02-03T04:05:06Z'") }
    try writer.close()
    let found = error()
    #expect(found?.kind == .malformed && found?.place?.hasPrefix("page ") == true)
    #expect(found?.remedy?.contains("a program other than semid") == true)
  }

  /// SQLite's own copy has checksums of before; what is in it is whole, and can be copied.
  @Test func whatABackupWroteCanBeCopied() throws {
    try make()
    let (backup, copy) = (folder.file("backup.db"), folder.file("copy.db"))
    let (plain, other) = (try DatabaseQueue(path: path), try DatabaseQueue(path: backup))
    try plain.backup(to: other)
    try plain.close()
    try other.close()
    #expect(error(backup)?.remedy?.contains("--ignore-checksums") == true)
    let registry = try Registry(ignoringChecksumsOf: backup)
    try registry.copy(to: copy)
    let generations = try registry.generations()
    try registry.close()
    works(copy) { registry in
      try registry.verify()
      let (copied, hasChecksums) = (try registry.generations(), try registry.hasChecksums())
      #expect(copied == generations && copied.count == 3 && hasChecksums)
    }
    // What is not whole is not copied.
    let database = try DatabaseQueue(path: backup)
    try database.write { try $0.execute(sql: "UPDATE generation SET created = '2001-02-03T04:05:06Z'") }
    try database.close()
    let damaged = try Registry(ignoringChecksumsOf: backup)
    let found = #expect(throws: InputError.self) { try damaged.copy(to: folder.file("other.db")) }
    #expect(found?.kind == .malformed)
    try damaged.close()
  }

  /// More pages than SQLite holds in memory: others are written before the first.
  @Test(arguments: [0, 8]) func aLargeCopyHasAllChecksums(reserved: Int) throws {
    #expect(semid_pages_register() == 0)
    let copy = folder.file("copy.db")
    try onPages { database in
      if reserved > 0 { try RegistryPages.reserve(database, source: path) }
      try database.execute(sql: "CREATE TABLE t (x BLOB)")
      try database.inTransaction {
        for _ in 0..<2000 { try database.execute(sql: "INSERT INTO t VALUES (randomblob(4000))") }
        return .commit
      }
      try RegistryPages.reserve(database, source: path)
      try database.execute(sql: "VACUUM INTO ?", arguments: [RegistryPages.uri(copy, isNew: true)])
    }
    let bytes = try Data(contentsOf: URL(fileURLWithPath: copy))
    #expect(bytes.count > 2000 * 4096 && bytes[20] == 8)
    try onPages(copy) { database in
      let sum = try Int.fetchOne(database, sql: "SELECT sum(length(x)) FROM t")
      let check = try String.fetchOne(database, sql: "PRAGMA integrity_check")
      #expect(sum == 8_000_000 && check == "ok")
    }
  }

  @Test(arguments: [1, 2]) func registriesOfBeforeStayGood(version: Int) throws {
    try make()
    var truth: [String] = []
    works { truth = try answers($0) }
    let old = folder.file("old.db")
    try RegistryDamageTests.makeOld(old, version: version, of: path)
    let before = try Data(contentsOf: URL(fileURLWithPath: old))
    #expect(before[20] == 0)
    works(old) { registry in
      try registry.verify()
      let (answers, hasChecksums) = (try answers(registry), try registry.hasChecksums())
      #expect(answers == truth && !hasChecksums)
    }
    #expect(try Data(contentsOf: URL(fileURLWithPath: old)) == before)
    // Written, they stay without.
    let registry = try Registry(opening: old)
    _ = try registry.register(all)
    try registry.verify()
    let generations = try registry.generations()
    #expect(generations.count == 4)
    // A copy has checksums, unless it is of version 1 still.
    let copy = folder.file("copy.db")
    try registry.copy(to: copy)
    try registry.close()
    #expect(try Data(contentsOf: URL(fileURLWithPath: old))[20] == 0)
    works(copy) { registry in
      let (copied, hasChecksums) = (try registry.generations(), try registry.hasChecksums())
      #expect(copied == generations && hasChecksums)
    }
    #expect(error(copy) == nil)
    let plain = try DatabaseQueue(path: old)
    #expect(try plain.read { try Int.fetchOne($0, sql: "PRAGMA user_version") } == 2)
    try plain.close()
  }

  @Test func aCopyBesideAWriterIsWhole() throws {
    try make()
    let writer = try Registry(opening: path)
    _ = try writer.register(all)
    let copy = folder.file("copy.db")
    let reader = try Registry(opening: path, access: .read)
    try reader.copy(to: copy)
    let generations = try writer.generations()
    works(copy) { registry in
      let copied = try registry.generations()
      #expect(copied == generations)
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(names.filter { $0.contains("copy") } == ["copy.db"])
    let again = #expect(throws: InputError.self) { try reader.copy(to: copy) }
    #expect(again?.kind == .cannotCreate)
    try reader.close()
    try writer.close()
    // Of a damaged one there is no copy.
    var damaged = try bytes()
    damaged[2 * 4096 + 4090] ^= 1
    try write(damaged)
    let other = folder.file("other.db")
    let refused = error { try $0.copy(to: other) }
    #expect(refused?.kind == .malformed)
    #expect(!FileManager.default.fileExists(atPath: other))
  }

  /// No false alarm while somebody writes, takes the log into the file, and closes.
  @Test func verifyBesideAWriter() async throws {
    let path = path
    let all = all
    try Registry(opening: path).close()
    let writing = Task.detached {
      for round in 0..<40 {
        let registry = try Registry(opening: path)
        for first in 0..<4 {
          _ = try registry.register(all.selecting(Array((round * 10 + first * 2)..<(round * 10 + first * 2 + 2))))
        }
        if round % 3 == 0 {
          try registry.database.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_checkpoint") }
        }
        try registry.close()
      }
    }
    let watching = Task.detached { () -> Int in
      var rounds = 0
      while !Task.isCancelled {
        let reader = try Registry(opening: path, access: .read)
        try reader.verify()
        try reader.verify()
        try reader.close()
        rounds += 1
      }
      return rounds
    }
    try await writing.value
    watching.cancel()
    let rounds = try await watching.value
    #expect(rounds > 3)
    print("verified \(rounds) times beside a writer")
    works { registry in
      let count = try registry.generations().count
      #expect(count == 160)
    }
  }

  /// A log that a killed process left is not cut off where it is damaged.
  @Test func aDamagedLogIsTold() throws {
    let registry = try Registry(opening: path)
    for first in stride(from: 0, to: 100, by: 20) {
      _ = try registry.register(all.selecting(Array(first..<first + 20)))
    }
    let (database, log) = (try bytes(), try bytes("-wal"))
    let frames = (log.count - 32) / 4120
    #expect(frames > 15)
    // SQLite reads from it, and verify sees all that it reads.
    #expect(error() == nil)
    for frame in [1, 5, frames] {
      var damaged = log
      damaged[32 + (frame - 1) * 4120 + 2000] ^= 2
      try write(damaged, "-wal")
      let found = #expect(throws: InputError.self) { try registry.verify() }
      #expect(found?.source == path + "-wal" && found?.place == "frame \(frame)")
    }
    try write(log, "-wal")
    try registry.verify()
    try registry.close()
    // A process that was killed: the file and the log.
    let last = (0..<frames).last { log[32 + $0 * 4120 + 7] != 0 && $0 < frames - 1 } ?? 0
    var random = CounterRandom(seed: 4)
    for round in 0..<200 {
      for suffix in ["-shm", "-wal"] { try? FileManager.default.removeItem(atPath: path + suffix) }
      try write(database)
      var damaged = log
      let byte = round < 32 ? round : random.below(32 + (last + 1) * 4120)
      damaged[byte] ^= 1 << UInt8(random.below(8))
      try write(damaged, "-wal")
      for access in [Registry.Access.read, .update] {
        let found = #expect(throws: InputError.self) { try Registry(opening: path, access: access) }
        #expect(found?.kind == .malformed && found?.source == path + "-wal", "byte \(byte)")
      }
      #expect(try bytes() == database && bytes("-wal") == damaged)
    }
    // Behind, it may as well have been cut off.
    try write(log.dropLast(1), "-wal")
    #expect(error() == nil)
    try write(database)
    try write(log, "-wal")
    works { registry in
      let count = try registry.generations().count
      #expect(count == 5)
    }
  }

  /// A process that is killed while it writes the file itself, as before a log is set up: its journal brings back what
  /// was there, with the right checksums.
  @Test func aJournalIsRolledBack() throws {
    try make()
    let copy = folder.file("copy.db")
    try onPages { database in
      _ = try String.fetchOne(database, sql: "PRAGMA journal_mode = DELETE")
      try database.execute(sql: "PRAGMA cache_size = 5; BEGIN")
      defer { try? database.execute(sql: "ROLLBACK") }
      try database.execute(sql: "UPDATE assignment SET code = CAST(code || x'00000000' AS BLOB)")
      for suffix in ["", "-journal"] { try FileManager.default.copyItem(atPath: path + suffix, toPath: copy + suffix) }
    }
    let changed = try Data(contentsOf: URL(fileURLWithPath: copy))
    #expect(try changed != bytes())
    #expect(error(copy) == nil)
    #expect(!FileManager.default.fileExists(atPath: copy + "-journal"))
    #expect(error() == nil)
  }

  /// A page that was half written when its process was killed, and that the log has.
  @Test func aPageThatTheLogBringsIsNotDamage() throws {
    try make()
    let registry = try Registry(opening: path)
    _ = try registry.register(all)
    var database = try bytes()
    let log = try bytes("-wal")
    let page = log[32..<36].reduce(0) { $0 << 8 | Int($1) }
    database.replaceSubrange((page - 1) * 4096 + 512..<page * 4096, with: log[32 + 24 + 512..<32 + 24 + 4096])
    let copy = folder.file("copy.db")
    try database.write(to: URL(fileURLWithPath: copy))
    try log.write(to: URL(fileURLWithPath: copy + "-wal"))
    try registry.close()
    #expect(error(copy) == nil)
    works(copy) { registry in
      let count = try registry.generations().count
      #expect(count == 4)
    }
  }
}
