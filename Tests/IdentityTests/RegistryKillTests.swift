import Foundation
import TestSupport
import Testing
import Vectors

@testable import Identity

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Processes that write one registry, and that are killed while they do.
///
/// The processes are this test program again, with one test chosen, `addsUntilKilled`, which environment variables turn
/// on.
@Suite struct RegistryKillTests {
  private static let pathVariable = "SEMID_TEST_REGISTRY"
  private static let rowsVariable = "SEMID_TEST_REGISTRY_ROWS"
  private static let program = CommandLine.arguments[0]
  static let target = ProcessInfo.processInfo.environment[pathVariable]
  static let isParent = target == nil && FileManager.default.isExecutableFile(atPath: program)

  private static func catalogue() throws -> Catalogue {
    try Catalogue(items: 4000, levelSizes: [16, 16, 64], distinct: 3000, seed: 77)
  }

  private static func child(_ path: String, rows: Range<Int>) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = ["--testing-library", "swift-testing", "--filter", "addsUntilKilled"]
    process.environment = ProcessInfo.processInfo.environment.merging(
      [pathVariable: path, rowsVariable: "\(rows.lowerBound) \(rows.upperBound)"]) { $1 }
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    return process
  }

  /// Adds ten items at a time, and appends each generation to a file beside once it is published.
  @Test(.enabled(if: target != nil)) func addsUntilKilled() throws {
    let path = try #require(Self.target)
    let bounds = ProcessInfo.processInfo.environment[Self.rowsVariable]?.split(separator: " ").compactMap { Int($0) }
    let rows = try #require(bounds.flatMap { $0.count == 2 ? $0[0]..<$0[1] : nil })
    let catalogue = try Self.catalogue()
    let log = open(path + ".log", O_WRONLY | O_APPEND | O_CREAT, 0o644)
    let registry = try Registry(opening: path)
    let parent = getppid()
    for first in stride(from: rows.lowerBound, to: rows.upperBound, by: 10) where getppid() == parent {
      let generation = try registry.register(
        catalogue.selecting(Array(first..<min(rows.upperBound, first + 10)))
      ).generation
      let line = "\(generation.number) \(generation.digest)\n"
      #expect(line.withCString { write(log, $0, strlen($0)) } == line.utf8.count)
    }
    try registry.close()
  }

  private static func reported(_ path: String) -> [String] {
    ((try? String(contentsOfFile: path + ".log", encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
  }

  @Test(.enabled(if: isParent)) func noKillLosesAGeneration() async throws {
    let folder = try TemporaryFolder()
    let path = folder.file("ids.db")
    let catalogue = try Self.catalogue()
    var random = CounterRandom(seed: 1)
    var published: [[UInt8]: [UInt16]] = [:]
    var interrupted = 0
    for round in 0..<15 {
      let lines = Self.reported(path).count
      let process = try Self.child(path, rows: 0..<4000)
      // The first kills fall into the making of the file.
      let deadline = Date(timeIntervalSinceNow: 60)
      while round > 3, Self.reported(path).count < lines + 3, process.isRunning, Date() < deadline { usleep(300) }
      usleep(UInt32(round > 3 ? random.below(20_000) : 3000 + round * 12_000))
      if process.isRunning { interrupted += 1 }
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      guard FileManager.default.fileExists(atPath: path) else { continue }
      let registry = try Registry(opening: path)
      try registry.verify()
      let generations = Dictionary(
        uniqueKeysWithValues: try registry.generations().map { ($0.number, "\($0.number) \($0.digest)") })
      // Everything that was reported is there, and is what was reported.
      for line in Self.reported(path) {
        let number = Int(line.split(separator: " ")[0]) ?? 0
        #expect(generations[number] == line, "round \(round)")
      }
      guard !generations.isEmpty else { continue }
      let now = try registry.published()
      #expect(published.allSatisfy { now[$0.key] == $0.value }, "round \(round)")
      published = now
    }
    #expect(interrupted > 5)
    let registry = try Registry(opening: path)
    #expect(try registry.register(catalogue).codes.uses.values.allSatisfy { $0 == 1 })
    try registry.verify()
  }

  @Test(.enabled(if: isParent)) func processesTakeTurns() async throws {
    let folder = try TemporaryFolder()
    let path = folder.file("ids.db")
    // Two of them add the same items.
    let processes = try [0..<300, 200..<500, 200..<500, 600..<900].map { try Self.child(path, rows: $0) }
    for process in processes {
      process.waitUntilExit()
      #expect(process.terminationReason == .exit && process.terminationStatus == 0)
    }
    let registry = try Registry(opening: path, access: .read)
    try registry.verify()
    let snapshot = try registry.snapshot()
    #expect(snapshot.ids.count == 800 && snapshot.codes.uses.values.allSatisfy { $0 == 1 })
    #expect(try registry.generations().count == Set(Self.reported(path)).count)
  }

  /// A power cut that tears the log at any byte leaves a whole number of generations.
  @Test func aTornLogEndsWithAWholeGeneration() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("ids.db")
    let catalogue = try Self.catalogue()
    let registry = try Registry(opening: path)
    for first in stride(from: 0, to: 200, by: 20) {
      _ = try registry.register(catalogue.selecting(Array(first..<first + 20)))
    }
    let digests = try registry.generations().map(\.digest)
    let database = try Data(contentsOf: URL(fileURLWithPath: path))
    let log = try Data(contentsOf: URL(fileURLWithPath: path + "-wal"))
    #expect(log.count > 10_000)
    var random = CounterRandom(seed: 3)
    var seen: Set<Int> = []
    for round in 0..<40 {
      let copy = folder.file("copy.db")
      for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: copy + suffix) }
      try database.write(to: URL(fileURLWithPath: copy))
      var torn = Data(log.prefix(random.below(log.count + 1)))
      // What the disk had not written may be anything.
      if round % 2 == 0 { torn += (0..<5000).map { _ in UInt8(random.below(256)) } }
      try torn.write(to: URL(fileURLWithPath: copy + "-wal"))
      let opened: Registry
      do {
        opened = try Registry(opening: copy, access: .update)
      } catch let error as InputError where error.kind == .malformed && round % 2 < 2 {
        // So early in the log that not even the tables were published.
        #expect(error.description.contains("empty"))
        continue
      }
      try opened.verify()
      let generations = try opened.generations().map(\.digest)
      #expect(generations == Array(digests.prefix(generations.count)))
      seen.insert(generations.count)
      try opened.close()
    }
    #expect(seen.count > 3)
    try registry.close()
  }
}
