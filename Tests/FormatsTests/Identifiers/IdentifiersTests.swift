import Foundation
import TestSupport
import Testing
import Vectors

@testable import Formats

@Suite struct IdentifiersTests {
  private func json(_ text: String) throws -> [String] {
    Array(try Identifiers.read(json: Buffer(Array(text.utf8)), source: "ids.json"))
  }

  private func lines(_ text: String) throws -> [String] {
    Array(try Identifiers.read(lines: Buffer(Array(text.utf8)), source: "ids.txt"))
  }

  @Test func readsLists() throws {
    #expect(try json(#"["B01", "naïve", "\u00e9"]"#) == ["B01", "naïve", "é"])
    #expect(try json("[0, -7,123456789012345678901234567890]\n") == ["0", "-7", "123456789012345678901234567890"])
    #expect(try json(" [ ] ").isEmpty)
  }

  @Test func readsLines() throws {
    #expect(try lines("a\nb c\r\nd") == ["a", "b c", "d"])
    #expect(try lines("\u{FEFF}a\nb\n") == ["a", "b"])
    #expect(try lines("").isEmpty)
  }

  @Test func readsArraysOfStringsAndIntegers() throws {
    let folder = try TemporaryFolder()
    try NPY.write(StringColumn(["x", "日本"]), to: folder.file("text.npy"))
    try NPY.write([Int32(7), -1], to: folder.file("numbers.npy"))
    try NPY.write([UInt64.max], to: folder.file("large.npy"))
    #expect(try Array(Identifiers.read(path: folder.file("text.npy"))) == ["x", "日本"])
    #expect(try Array(Identifiers.read(path: folder.file("numbers.npy"))) == ["7", "-1"])
    #expect(try Array(Identifiers.read(path: folder.file("large.npy"))) == ["18446744073709551615"])
  }

  @Test func writesWhatItReads() throws {
    let folder = try TemporaryFolder()
    let ids = ["a\"b", "\u{1}", "naïve", "12", " "]
    try Identifiers.write(StringColumn(ids), json: folder.file("ids.json"))
    #expect(try Array(Identifiers.read(path: folder.file("ids.json"))) == ids)
    let theirs = try JSONDecoder().decode(
      [String].self, from: Data(contentsOf: URL(fileURLWithPath: folder.file("ids.json"))))
    #expect(theirs == ids)
  }

  @Test func namesBothRowsOfARepeatedId() throws {
    let error = #expect(throws: InputError.self) { try json(#"["a", "b", "c", "b", "a"]"#) }
    #expect(
      error?.description
        == "ids.json: row 3 (from 0): expected an id of its own, found \"b\", the id of row 1 too")
    let empty = #expect(throws: InputError.self) { try lines("a\n\nb") }
    #expect(empty?.description == "ids.txt: row 1 (from 0): expected an id, found an empty text")
    // Equal to the eye, not in bytes: two ids.
    #expect(try lines("\u{e9}\ne\u{301}").count == 2)
  }

  /// The table of rows against a dictionary.
  @Test func findsTheFirstRepetition() {
    var random = CounterRandom(seed: 9)
    for _ in 0..<200 {
      let ids = (0..<random.below(60)).map { _ in "\(random.below(900))" }
      var seen: [String: Int] = [:]
      var expected: (Int, Int)?
      for (row, id) in ids.enumerated() {
        if let other = seen[id] {
          expected = (row, other)
          break
        }
        seen[id] = row
      }
      do {
        try Identifiers.check(StringColumn(ids), source: "x")
        #expect(expected == nil)
      } catch let error as InputError {
        #expect(error.place == expected.map { "row \($0.0) (from 0)" })
        #expect(error.found?.hasSuffix("the id of row \(expected?.1 ?? -1) too") == true)
      } catch {
        Issue.record(error)
      }
    }
  }
}
