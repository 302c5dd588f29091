import Formats
import Foundation

/// JSON that may stand inside an element `script`, whatever texts it holds.
enum ScriptData {
  /// `text` as a string of JSON. It has no `<`, so that nothing in it can end the element or begin a comment.
  static func string(_ text: String) -> String {
    let json = jsonString(text)
    return json.utf8.contains(UInt8(ascii: "<")) ? json.replacingOccurrences(of: "<", with: "\\u003c") : json
  }

  static func list(_ elements: some Sequence<String>) -> String { "[" + elements.joined(separator: ",") + "]" }

  static func strings(_ texts: some Sequence<String>) -> String { list(texts.map(string)) }

  static func object(_ members: KeyValuePairs<String, String>) -> String {
    "{" + members.map { "\(string($0.key)):\($0.value)" }.joined(separator: ",") + "}"
  }

  /// Numbers as the base64 of their bytes, little-endian.
  static func numbers<Value: FixedWidthInteger & BitwiseCopyable>(_ values: some Sequence<Value>) -> String {
    let bytes = values.map(\.littleEndian)
    return "\"" + bytes.withUnsafeBytes { Data($0).base64EncodedString() } + "\""
  }

  /// The first `length` characters, and `…` where there are more.
  static func clipped(_ text: String, to length: Int) -> String {
    guard text.utf8.count > length, text.unicodeScalars.count > length else { return text }
    return String(String.UnicodeScalarView(text.unicodeScalars.prefix(length))) + "…"
  }
}
