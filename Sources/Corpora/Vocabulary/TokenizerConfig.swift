import Formats
import Vectors

/// What a `tokenizer_config.json`, or a `special_tokens_map.json`, says about tokens.
struct TokenizerConfig {
  /// A list or an object, and where its next entry goes.
  struct Place {
    /// The byte behind the last entry, or behind the opening bracket.
    var insertion: Int
    var isEmpty = true
  }

  /// A member of `added_tokens_decoder`.
  struct Entry {
    var id: Int
    var content: TokenText
    var flags: AddedTokenFlags
  }

  let file: MappedFile
  var source: String { file.path }
  /// Members of `added_tokens_decoder`, by ascending id.
  private(set) var decoder: [Entry] = []
  /// `added_tokens_decoder`; nil where there is none, so that only `tokenizer.json` tells which tokens are added.
  private(set) var decoderPlace: Place?
  /// Tokens that have a role (`eos_token`), and further special ones, by the member that names them.
  private(set) var named: [(member: String, token: String)] = []
  /// `additional_special_tokens`, or `extra_special_tokens` of transformers 5, where it is a list.
  private(set) var specialsPlace: Place?
  private(set) var root: Place

  /// - Throws: `InputError` when the file is no such object.
  init(_ file: MappedFile) throws {
    self.file = file
    defer { withExtendedLifetime(file) {} }
    var scanner = JSONScanner(bytes: file.bytes, source: file.path)
    guard scanner.peek() == UInt8(ascii: "{") else { throw scanner.unexpected("an object") }
    root = Place(insertion: scanner.position + 1)
    try scanner.object { key, scanner in
      try readMember(key, &scanner)
      root = Place(insertion: scanner.position, isEmpty: false)
    }
    try scanner.end()
    decoder.sort { $0.id < $1.id }
  }

  private mutating func readMember(_ key: String, _ scanner: inout JSONScanner) throws {
    let first = scanner.peek()
    switch key {
    case "added_tokens_decoder" where first == UInt8(ascii: "{"):
      var place = Place(insertion: scanner.position + 1)
      try scanner.object { id, scanner in
        let (content, flags) = try AddedTokenFlags.members(of: &scanner) { _, _ in false }
        guard let number = Int(id), number >= 0, let content else {
          throw scanner.unexpected("an entry with an id and a content before this")
        }
        decoder.append(Entry(id: number, content: TokenText(content), flags: flags))
        place = Place(insertion: scanner.position, isEmpty: false)
      }
      decoderPlace = place
    case "additional_special_tokens" where first == UInt8(ascii: "["),
      "extra_special_tokens" where first == UInt8(ascii: "["):
      var place = Place(insertion: scanner.position + 1)
      try scanner.array { _, scanner in
        if let token = try Self.token(&scanner) { named.append((key, token)) }
        place = Place(insertion: scanner.position, isEmpty: false)
      }
      specialsPlace = place
    case "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token":
      if let token = try Self.token(&scanner) { named.append((key, token)) }
    default: try scanner.skip()
    }
  }

  /// A token's text, or an object with it as content; nil for anything else.
  private static func token(_ scanner: inout JSONScanner) throws -> String? {
    switch scanner.peek() {
    case UInt8(ascii: "\""): return try scanner.string()
    case UInt8(ascii: "{"): return try AddedTokenFlags.members(of: &scanner) { _, _ in false }.content
    default:
      try scanner.skip()
      return nil
    }
  }

  /// Adds special tokens to the list of them. Makes the list where there is none.
  func add(specials: [String], to insertions: inout JSONInsertions) {
    let lacking = specials.filter { special in !named.contains { TokenText($0.token) == TokenText(special) } }
    if let specialsPlace {
      insertions.add(
        lacking.map(jsonString), at: specialsPlace.insertion, isFirst: specialsPlace.isEmpty, indent: "    ")
    } else if !lacking.isEmpty {
      let list = lacking.map(jsonString).joined(separator: ", ")
      insertions.add(
        ["\"additional_special_tokens\": [\(list)]"], at: root.insertion, isFirst: root.isEmpty, indent: "  ")
    }
  }
}
