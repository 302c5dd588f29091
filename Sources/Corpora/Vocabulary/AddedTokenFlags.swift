import Formats
import Vectors

/// How a tokenizer finds an added token in text, and whether it is left out when special tokens are skipped.
struct AddedTokenFlags: Hashable, Sendable {
  var singleWord = false
  var lstrip = false
  var rstrip = false
  var normalized = false
  var special = false

  /// The members of an entry, in the order in which the libraries write them.
  private static var members: [(name: String, path: WritableKeyPath<AddedTokenFlags, Bool>)] {
    [
      ("single_word", \.singleWord), ("lstrip", \.lstrip), ("rstrip", \.rstrip), ("normalized", \.normalized),
      ("special", \.special),
    ]
  }

  /// The members as JSON, without the braces around them.
  private var json: String {
    Self.members.map { "\"\($0.name)\": \(self[keyPath: $0.path])" }.joined(separator: ", ")
  }

  /// An entry of the list `added_tokens` of a `tokenizer.json`.
  func addedToken(_ content: String, id: Int) -> String {
    "{\"id\": \(id), \"content\": \(jsonString(content)), \(json)}"
  }

  /// A member of the object `added_tokens_decoder` of a `tokenizer_config.json`.
  func decoderEntry(_ content: String, id: Int) -> String {
    "\"\(id)\": {\"content\": \(jsonString(content)), \(json)}"
  }

  /// Reads an entry of `added_tokens`: an object with a content, an id and flags.
  static func entry(_ scanner: inout JSONScanner) throws -> (content: String, id: Int, flags: AddedTokenFlags) {
    var id: Int?
    let (content, flags) = try members(of: &scanner) { key, scanner in
      guard key == "id" else { return false }
      id = try scanner.count()
      return true
    }
    guard let content, let id else { throw scanner.unexpected("an entry with id and content before this") }
    return (content, id, flags)
  }

  /// Reads an object with a content and flags; `other` reads a member of another name, or returns false.
  static func members(
    of scanner: inout JSONScanner, _ other: (String, inout JSONScanner) throws -> Bool
  ) throws -> (content: String?, flags: AddedTokenFlags) {
    var content: String?
    var flags = AddedTokenFlags()
    try scanner.object { key, scanner in
      if key == "content" {
        content = try scanner.string()
      } else if let member = members.first(where: { $0.name == key }) {
        // `true`, or anything else.
        flags[keyPath: member.path] = scanner.peek() == UInt8(ascii: "t")
        try scanner.skip()
      } else if try !other(key, &scanner) {
        try scanner.skip()
      }
    }
    return (content, flags)
  }
}
