import Foundation
import Formats
import Vectors

/// The tokens of a Hugging Face `tokenizer.json`, with the ids that the `tokenizers` library gives them.
///
/// The library takes the ids of the model's vocabulary as they stand. An added token that the model knows keeps the
/// model's id. The others are numbered in the order of their list, from the size of the model's vocabulary on, whatever
/// `id` says. A file whose `id` says something else is refused, since other readers would use that id.
struct TokenizerFile {
  /// An entry of `added_tokens`.
  struct Added {
    var content: TokenText
    /// The id that the library gives.
    var id: Int
    var flags: AddedTokenFlags
  }

  let source: String
  /// Every token and its id.
  private(set) var ids: [TokenText: Int] = [:]
  /// The added tokens in the order of the list, each content once.
  private(set) var added: [Added] = []
  /// Tokens of the model's own vocabulary.
  private(set) var modelSize = 0
  /// The id that the next new token would get.
  private(set) var nextID = 0
  /// The largest id plus one: the number of rows that the model's embedding table needs.
  private(set) var vocabularySize = 0
  /// Whether text is cut into the characters that stand for bytes, as GPT-2's is.
  private(set) var isByteLevel = false
  /// The byte behind the last entry of `added_tokens`.
  private(set) var insertion = 0
  private(set) var addedTokensIsEmpty = true

  private var addedContents: Set<TokenText> = []
  /// The largest id of the model's vocabulary where it has gaps, so that new ids would lie among its own.
  private var idBehindGap: Int?

  /// - Throws: `InputError` when the file is no `tokenizer.json`, or for the first token whose id is not the library's.
  init(_ file: MappedFile) throws {
    defer { withExtendedLifetime(file) {} }
    source = file.path
    // The scanner below follows only the members that it knows; this checks the rest.
    do {
      let root = try JSONSerialization.jsonObject(with: Data(file.bytes)) as? [String: Any]
      isByteLevel = ["pre_tokenizer", "decoder"].contains { Self.names("ByteLevel", in: root?[$0]) }
    } catch {
      throw InputError(
        .malformed, file.path, expected: "a tokenizer.json",
        found: "text that is no JSON: \(error.localizedDescription)")
    }
    var scanner = JSONScanner(bytes: file.bytes, source: file.path)
    var entries: [(content: String, id: Int, flags: AddedTokenFlags)] = []
    var size: Int?
    var hasAddedTokens = false
    try scanner.object { key, scanner in
      switch key {
      case "added_tokens":
        hasAddedTokens = true
        guard scanner.peek() == UInt8(ascii: "[") else { throw scanner.unexpected("a list of tokens") }
        insertion = scanner.position + 1
        try scanner.array { _, scanner in
          entries.append(try AddedTokenFlags.entry(&scanner))
          insertion = scanner.position
          addedTokensIsEmpty = false
        }
      case "model":
        try scanner.object { key, scanner in
          guard key == "vocab" else { return try scanner.skip() }
          size = try readModel(&scanner)
        }
      default: try scanner.skip()
      }
    }
    guard hasAddedTokens, let size else {
      throw InputError(
        .malformed, file.path, expected: "a tokenizer.json with added_tokens and model.vocab",
        found: hasAddedTokens ? "no model.vocab" : "no added_tokens")
    }
    (modelSize, nextID) = (size, size)
    let largest = ids.values.max() ?? -1
    if largest >= modelSize { idBehindGap = largest }
    vocabularySize = largest + 1
    for entry in entries { try add(entry) }
  }

  /// Whether the token is among the added ones, at which text is cut before the model sees it.
  func isAdded(_ token: TokenText) -> Bool { addedContents.contains(token) }

  /// The id that a new token would get; it is not remembered.
  ///
  /// - Throws: `InputError` when the model's ids have gaps: versions of the library then differ.
  func newID(of token: String, place: Int) throws -> Int {
    if let idBehindGap {
      throw InputError(
        .unsupported, source, expected: "ids of the model's vocabulary without gaps",
        found: "the id \(idBehindGap) among \(nextID) tokens",
        remedy: "the tokenizers library would number \(token) among ids that are taken")
    }
    return nextID + place
  }

  /// The vocabulary of the model: an object of tokens and ids, or Unigram's pairs of a token and its score, in the order
  /// of their ids. Returns the size that the library gives it.
  private mutating func readModel(_ scanner: inout JSONScanner) throws -> Int {
    if scanner.peek() == UInt8(ascii: "{") {
      try scanner.object { token, scanner in ids[TokenText(token)] = try scanner.count() }
      return ids.count
    }
    var size = 0
    try scanner.array { id, scanner in
      size = id + 1
      try scanner.array { part, scanner in
        if part == 0 { ids[TokenText(try scanner.string())] = id } else { try scanner.skip() }
      }
    }
    return size
  }

  private mutating func add(_ entry: (content: String, id: Int, flags: AddedTokenFlags)) throws {
    // The library passes over an empty token.
    if entry.content.isEmpty { return }
    let id = try add(TokenText(entry.content), entry.flags)
    guard id == entry.id else {
      throw InputError(
        .mismatch, source, at: "added_tokens, \(entry.content)",
        expected: "id \(id), which the tokenizers library gives it by its place in the list",
        found: "id \(entry.id)",
        remedy: "have that library write the file anew, with its own ids: "
          + "python -c 'from tokenizers import Tokenizer; Tokenizer.from_file(\"\(source)\").save(\"new.json\")'")
    }
  }

  /// Takes an added token as the library does, and returns its id.
  mutating func add(_ content: TokenText, _ flags: AddedTokenFlags) throws -> Int {
    let id = try ids[content] ?? newID(of: content.text, place: 0)
    if ids.updateValue(id, forKey: content) == nil { nextID += 1 }
    vocabularySize = max(vocabularySize, id + 1)
    if addedContents.insert(content).inserted {
      added.append(Added(content: content, id: id, flags: flags))
    } else if let place = added.firstIndex(where: { $0.content == content }) {
      added[place].flags = flags
    }
    return id
  }

  /// Whether a part of a pipeline, or one inside a sequence of them, is of this type.
  private static func names(_ type: String, in value: Any?) -> Bool {
    if let object = value as? [String: Any] {
      return object["type"] as? String == type || object.values.contains { names(type, in: $0) }
    }
    return (value as? [Any])?.contains { names(type, in: $0) } ?? false
  }
}
