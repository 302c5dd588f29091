import Foundation
import SemanticID

/// Text that a verb reads: a file, or standard input.
enum TextInput {
  /// - Parameter path: nil or `-`: standard input.
  static func read(_ path: String?) throws -> Data {
    guard let path, path != "-" else {
      do {
        return try FileHandle.standardInput.readToEnd() ?? Data()
      } catch {
        throw InputError(.io, "standard input", found: error.localizedDescription)
      }
    }
    let file = try MappedFile(path: path)
    // The bytes are there for as long as the file is.
    return withExtendedLifetime(file) { Data(file.bytes) }
  }

  /// The lines of a text, without their ends, and their numbers from 1.
  static func lines(_ text: Data, _ body: (Int, String) throws -> Void) rethrows {
    var number = 0
    var start = text.startIndex
    while start < text.endIndex {
      number += 1
      let end = text[start...].firstIndex(of: UInt8(ascii: "\n")) ?? text.endIndex
      var line = text[start..<end]
      if line.last == UInt8(ascii: "\r") { line.removeLast() }
      try body(number, String(decoding: line, as: UTF8.self))
      start = end == text.endIndex ? end : end + 1
    }
  }

  /// The texts of a JSON object: a string, or a list of strings, at `field`.
  static func texts(_ line: String, field: String, source: String, number: Int) throws -> [String] {
    func fault(_ found: String) -> InputError {
      InputError(
        .malformed, source, at: "line \(number)",
        expected: "an object with a string, or a list of strings, \"\(field)\"",
        found: found)
    }
    guard let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] else {
      throw fault("no object")
    }
    switch object[field] {
    case let text as String: return [text]
    case let texts as [String]: return texts
    case nil: throw fault("none of that name")
    default: throw fault("another value")
    }
  }
}
