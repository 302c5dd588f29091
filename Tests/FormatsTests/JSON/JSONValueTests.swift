import Foundation
import Testing

@testable import Formats

@Suite struct JSONValueTests {
  private func read(_ text: String) throws -> JSONValue {
    try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
  }

  @Test(arguments: [
    "null", "true", "0", "-3", "18446744073709551615", "0.0001", "1e-08", "\"é\\\"\"", "[1,[],{\"a\":null}]",
    #"{"a":{"b":[0.2,1]},"c":false}"#,
  ]) func whatIsReadIsWrittenAgain(text: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    #expect(String(decoding: try encoder.encode(read(text)), as: UTF8.self) == text)
  }

  @Test func numbersKeepTheirKind() throws {
    #expect(try read("1") == .int(1) && read("1.5") == .double(1.5) && read("true") == .bool(true))
    #expect(try read("9223372036854775808") == .unsigned(1 << 63))
  }

  @Test func membersAreLaidOver() throws {
    let base = try read(#"{"a": {"x": 1, "y": 2}, "b": [1, 2], "c": 3}"#)
    let other = try read(#"{"a": {"y": 5, "z": null}, "b": [9]}"#)
    #expect(try base.overlaid(by: other) == read(#"{"a": {"x": 1, "y": 5, "z": null}, "b": [9], "c": 3}"#))
    #expect(base.overlaid(by: .int(1)) == .int(1))
  }

  @Test func missingMembersAreNamed() throws {
    let some = try read(#"{"a": {"x": 1}, "b": 2}"#)
    #expect(try read(#"{"a": {"x": 7, "n": null}}"#).memberMissing(in: some) == nil)
    #expect(try read(#"{"a": {"x": 7, "q": 1}}"#).memberMissing(in: some) == ["a", "q"])
    #expect(try read(#"{"z": 1, "b": 1}"#).memberMissing(in: some) == ["z"])
    #expect(try read(#"{"b": {"inner": 1}}"#).memberMissing(in: some) == ["b"])
  }
}
