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

/// `kill -9` in the middle of a build over an existing index: the old index, or the new one, opens each time.
///
/// The process that is killed is this test program again, with one test chosen, `buildsUntilKilled`, which an
/// environment variable turns on.
@Suite struct KillTests {
  static let variable = "SEMID_TEST_BUILD_UNTIL_KILLED"
  static let target = ProcessInfo.processInfo.environment[variable]

  /// One of two catalogues that differ in size, model and dimension.
  private static func contents(_ which: Int) throws -> IndexContents {
    var catalogue = RandomCatalogue(seed: UInt64(50 + which))
    let sizes = [8, 16, 16]
    let codes = try catalogue.codes(count: 2000 + 1000 * which, levelSizes: sizes)
    let codebooks = try catalogue.codebooks(levelSizes: sizes, dimension: 16 + 8 * which)
    return IndexContents(
      codes: codes, vectors: catalogue.vectors(codes, codebooks),
      ids: StringColumn((0..<codes.count).map { "item \($0)" }), codebooks: codebooks, model: "model \(which)")
  }

  @Test(.enabled(if: target != nil)) func buildsUntilKilled() throws {
    let path = try #require(Self.target)
    let contents = try (0..<2).map(Self.contents)
    // Ends when the test that started it does, however that ends.
    let parent = getppid()
    var round = 0
    while getppid() == parent {
      try IndexBuilder().build(contents[round % 2], at: path)
      // Tells the parent that a build is behind us and the next begins.
      if round == 0 { _ = FileManager.default.createFile(atPath: path + ".started", contents: nil) }
      round += 1
    }
  }

  @Test(.enabled(if: target == nil && FileManager.default.isExecutableFile(atPath: program)))
  func theIndexOpensAfterEveryKill() async throws {
    let folder = try TemporaryFolder()
    let path = folder.file("index")
    try IndexBuilder().build(Self.contents(0), at: path)
    var random = CounterRandom(seed: 51)
    var seen: Set<String> = []
    for round in 0..<20 {
      try? FileManager.default.removeItem(atPath: path + ".started")
      let process = Process()
      process.executableURL = URL(fileURLWithPath: Self.program)
      process.arguments = ["--testing-library", "swift-testing", "--filter", "buildsUntilKilled"]
      process.environment = ProcessInfo.processInfo.environment.merging([Self.variable: path]) { $1 }
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      try process.run()
      let deadline = Date(timeIntervalSinceNow: 60)
      while !FileManager.default.fileExists(atPath: path + ".started"), process.isRunning, Date() < deadline {
        usleep(500)
      }
      #expect(process.isRunning, "the builder ended before it was killed")
      usleep(UInt32(random.below(80_000)))
      #expect(kill(process.processIdentifier, SIGKILL) == 0)
      process.waitUntilExit()
      #expect(process.terminationReason == .uncaughtSignal)

      let index = try SemanticIndex(opening: path)
      try index.verify()
      let which = index.manifest.model == "model 0" ? 0 : 1
      #expect(index.manifest.model == "model \(which)" && index.count == 2000 + 1000 * which, "kill \(round)")
      #expect(try index.search([Float](repeating: 0.5, count: 16 + 8 * which)).hits.count == 10)
      seen.insert(index.manifest.model ?? "")
    }
    // A last build clears away what the killed ones left.
    try IndexBuilder().build(Self.contents(1), at: path)
    let index = try SemanticIndex(opening: path, model: "model 1")
    let names = try FileManager.default.contentsOfDirectory(atPath: path + "/segments")
    #expect(Set(names) == [".lock", index.manifest.segments[0].name])
    #expect(try FileManager.default.contentsOfDirectory(atPath: path).sorted() == ["manifest.json", "segments"])
    print("indexes found after the kills: \(seen.sorted())")
  }

  /// This test program.
  private static let program = CommandLine.arguments[0]
}
