import Foundation
import TestSupport
import Testing
import Tokenizers
import Vectors

@testable import Retrieval

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// `kill -9` in the middle of additions, deletions and compactions: the state last published opens each time.
///
/// The process that is killed is this test program again, with one test chosen, `updatesUntilKilled`, which an
/// environment variable turns on.
@Suite struct UpdateKillTests {
  static let variable = "SEMID_TEST_UPDATE_UNTIL_KILLED"
  static let target = ProcessInfo.processInfo.environment[variable]

  private static let sizes = [8, 16]

  /// Items of generation g are ten, `g/0` to `g/9`; when it comes, generation g − 30 goes.
  private static func items(_ generation: Int, _ codebooks: Codebooks) throws -> IndexChanges.Items {
    var catalogue = RandomCatalogue(seed: UInt64(7000 + generation))
    let codes = try catalogue.codes(count: 10, levelSizes: sizes)
    return .init(
      ids: StringColumn(ids(generation)), vectors: catalogue.vectors(codes, codebooks), codes: codes)
  }

  private static func ids(_ generation: Int) -> [String] { (0..<10).map { "\(generation)/\($0)" } }

  private static func codebooks() throws -> Codebooks {
    var catalogue = RandomCatalogue(seed: 70)
    return try catalogue.codebooks(levelSizes: sizes, dimension: 12)
  }

  private static func last(_ index: SemanticIndex) -> Int {
    index.rows.compactMap { Int(index.id(ofRow: $0).prefix { $0 != "/" }) }.max() ?? -1
  }

  @Test(.enabled(if: target != nil)) func updatesUntilKilled() throws {
    let path = try #require(Self.target)
    let codebooks = try Self.codebooks()
    let parent = getppid()
    let live = try LiveIndex(opening: path)
    var generation = Self.last(live.current) + 1
    // What a killed writer had published without saying so is said now.
    try AtomicText.write("\(generation - 1)", to: path + ".published")
    _ = FileManager.default.createFile(atPath: path + ".started", contents: nil)
    while getppid() == parent {
      try live.update(
        IndexChanges(
          added: Self.items(generation, codebooks), deleted: generation >= 30 ? Self.ids(generation - 30) : []))
      // What is published, the parent may expect.
      try AtomicText.write("\(generation)", to: path + ".published")
      if generation % 7 == 0 { try live.compact() }
      generation += 1
    }
  }

  private enum AtomicText {
    static func write(_ text: String, to path: String) throws {
      try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    }
  }

  @Test(.enabled(if: target == nil && FileManager.default.isExecutableFile(atPath: program)))
  func theStateLastPublishedOpensAfterEveryKill() async throws {
    let folder = try TemporaryFolder()
    let path = folder.file("index")
    let codebooks = try Self.codebooks()
    let first = try Self.items(0, codebooks)
    try IndexBuilder().build(
      IndexContents(codes: #require(first.codes), vectors: first.vectors, ids: first.ids, codebooks: codebooks),
      at: path)
    var random = CounterRandom(seed: 71)
    var generations: [Int] = []
    for round in 0..<16 {
      try? FileManager.default.removeItem(atPath: path + ".started")
      let process = Process()
      process.executableURL = URL(fileURLWithPath: Self.program)
      process.arguments = ["--testing-library", "swift-testing", "--filter", "updatesUntilKilled"]
      process.environment = ProcessInfo.processInfo.environment.merging([Self.variable: path]) { $1 }
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      try process.run()
      let deadline = Date(timeIntervalSinceNow: 60)
      while !FileManager.default.fileExists(atPath: path + ".started"), process.isRunning, Date() < deadline {
        usleep(500)
      }
      #expect(process.isRunning, "the writer ended before it was killed")
      usleep(UInt32(random.below(400_000)))
      #expect(kill(process.processIdentifier, SIGKILL) == 0)
      process.waitUntilExit()

      let index = try SemanticIndex(opening: path)
      try index.verify()
      let last = Self.last(index)
      let said = (try? String(contentsOfFile: path + ".published", encoding: .utf8)).flatMap(Int.init) ?? 0
      // A writer killed before it could say what it had published, twice in a row, leaves the word one behind again.
      let published = max(said, generations.last ?? 0)
      // Whole generations: the last one published, or the one that was about to be.
      #expect(last == published || last == published + 1, "kill \(round)")
      let expected = (max(0, last - 29)...max(last, 0)).flatMap(Self.ids)
      #expect(Set(index.rows.map(index.id(ofRow:))) == Set(expected) && index.count == expected.count, "kill \(round)")
      generations.append(last)
    }
    #expect((generations.last ?? 0) > 5)
    // The next writer clears away what the killed ones left.
    let live = try LiveIndex(opening: path)
    let names = try FileManager.default.contentsOfDirectory(atPath: path + "/segments")
    let parts = live.current.manifest.segments
    #expect(Set(names) == Set(parts.map(\.name) + parts.compactMap { $0.deleted.map { $0.name + ".npy" } } + [".lock"]))
    print("generations found after the kills: \(generations)")
  }

  /// This test program.
  private static let program = CommandLine.arguments[0]
}
