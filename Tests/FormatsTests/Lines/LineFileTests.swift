import Foundation
import TestSupport
import Testing
import Vectors

@testable import Formats

@Suite struct LineFileTests {
  /// All lines with their numbers, and the account.
  private func read(_ file: LineFile, threads: Int = 2) throws -> (lines: [(Int, String)], account: LineFile.Account) {
    var all: [(Int, String)] = []
    let account = try file.read(pool: ThreadPool(threads: threads)) { block in
      var lines: [String] = []
      let count = block.forEachLine { lines.append(String(decoding: $1, as: UTF8.self)) }
      return (lines, count)
    } merge: { lines, first in
      all += lines.enumerated().map { (first + $0, $1) }
    }
    return (all, account)
  }

  @Test(arguments: [1, 2, 3, 7, 64, 1 << 20], [1, 4]) func blocksOfAnySize(blockBytes: Int, threads: Int) throws {
    let folder = try TemporaryFolder()
    var random = CounterRandom(seed: UInt64(blockBytes))
    let lines = (0..<200).map { _ in String(repeating: "x", count: random.below(random.below(40) + 1)) + "é" }
    let joined = lines.joined(separator: "\n")
    let cases: [(String, String, [String])] = [
      ("ended", joined + "\n", lines), ("open", joined, lines),
      ("returns", lines.joined(separator: "\r\n") + "\r\n", lines), ("marked", "\u{FEFF}" + joined, lines),
      ("blank", "\n\n" + joined + "\n\n", ["", ""] + lines + [""]), ("empty", "", []),
    ]
    for (name, text, expected) in cases {
      let path = folder.file(name)
      try AtomicFile.write(text, to: path)
      var file = LineFile(path)
      file.blockBytes = blockBytes
      let (found, account) = try read(file, threads: threads)
      #expect(found.map(\.1) == expected, "\(name)")
      #expect(found.map(\.0) == expected.indices.map { $0 + 1 }, "\(name)")
      #expect(account.lines == expected.count && account.bytes == text.utf8.count)
      #expect(try account.sha256 == SHA256.hexDigest(ofFile: path))
      // Behind a header lines keep their numbers.
      file.skipsFirstLine = true
      #expect(try read(file, threads: threads).lines.map(\.1).dropFirst() == expected.dropFirst(), "\(name)")
    }
  }

  @Test func theFirstLineThatSaysSomething() throws {
    let folder = try TemporaryFolder()
    try AtomicFile.write("\n \r\nfirst\nsecond\n", to: folder.file("a"))
    #expect(try LineFile(folder.file("a")).firstLine() == Array("first".utf8))
    try AtomicFile.write("", to: folder.file("b"))
    #expect(try LineFile(folder.file("b")).firstLine() == nil)
  }

  /// What stands before the damage is merged, and then the error comes.
  @Test(.enabled(if: Python.isReady)) func damagedGzip() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("x.gz")
    try Python.run(
      """
      import gzip, random, sys
      random.seed(1)
      text = "".join(f"{n} {random.random()}\\n" for n in range(20000)).encode()
      data = gzip.compress(text)
      open(sys.argv[1], "wb").write(data)
      open(sys.argv[1] + ".cut.gz", "wb").write(data[:-9000])
      open(sys.argv[1] + ".trailing.gz", "wb").write(data + b"no gzip")
      open(sys.argv[1] + ".padded.gz", "wb").write(data + gzip.compress(b"last\\n") + bytes(700000))
      """, path)
    #expect(try read(LineFile(path)).lines.count == 20_000)
    #expect(try read(LineFile(path + ".padded.gz")).lines.map(\.1).last == "last")
    for damaged in [".cut.gz", ".trailing.gz"] {
      var file = LineFile(path + damaged)
      file.blockBytes = 1024
      var lines = 0
      let error = #expect(throws: InputError.self) {
        try file.read(pool: ThreadPool(threads: 3)) {
          (0, $0.forEachLine { _, _ in })
        } merge: { _, first in
          lines = first
        }
      }
      #expect(try #require(error).description.contains("expected a gzip file"))
      #expect(lines > 1000)
    }
  }
}
