import Formats
import Vectors

/// Reads a `tokenizer.json` of the `tokenizers` library. Vocabularies are read token by token; the rest as a tree.
struct TextTokenizerFile {
  private var parts: [String: JSONValue] = [:]
  private var model: [String: JSONValue] = [:]
  private var vocabulary: TokenVocabulary?
  private var scores: [(token: [UInt8], score: Double)] = []
  private var pairs: [(String, String)] = []
  private let source: String

  /// Most tokens that are read: ids are 32-bit.
  private static let mostTokens = 1 << 24

  init(bytes: UnsafeRawBufferPointer, source: String) throws {
    self.source = source
    var scanner = JSONScanner(bytes: bytes, source: source)
    var hasMerges = false
    try scanner.object { key, scanner in
      switch key {
      case "model" where scanner.peek() == UInt8(ascii: "{"):
        try scanner.object { key, scanner in
          switch (key, scanner.peek()) {
          case ("vocab", UInt8(ascii: "{")?): vocabulary = try Self.vocabulary(&scanner)
          case ("vocab", UInt8(ascii: "[")?): scores = try Self.scores(&scanner)
          case ("merges", UInt8(ascii: "[")?):
            pairs = try Self.pairs(&scanner)
            hasMerges = true
          case ("merges", _): throw scanner.unexpected("a list of merges")
          default: model[key] = try scanner.tree()
          }
        }
      // What others padded and cut texts to, and how tokens become text again.
      case "truncation", "padding", "decoder": try scanner.skip()
      default: parts[key] = try scanner.tree()
      }
    }
    try scanner.end()
    guard hasMerges || model["type"] != .string("BPE") else {
      throw InputError(.malformed, source, at: "model", expected: "merges of its byte pairs", found: "no such key")
    }
  }

  private static func vocabulary(_ scanner: inout JSONScanner) throws -> TokenVocabulary {
    var vocabulary = TokenVocabulary()
    try scanner.object { token, scanner in
      let start = scanner.position
      let id = try scanner.count()
      guard id < mostTokens else {
        throw scanner.fault(at: start, expected: "an id below \(mostTokens)", found: "\(id)")
      }
      vocabulary.set(token, Int32(id))
    }
    return vocabulary
  }

  private static func scores(_ scanner: inout JSONScanner) throws -> [(token: [UInt8], score: Double)] {
    var scores: [(token: [UInt8], score: Double)] = []
    try scanner.array { index, scanner in
      guard index < mostTokens else { throw scanner.unexpected("at most \(mostTokens) tokens") }
      var token: [UInt8] = []
      var score = Double.nan
      let start = scanner.position
      try scanner.array { place, scanner in
        switch place {
        case 0: try scanner.string(appendingTo: &token)
        case 1: score = Double(String(decoding: try scanner.literal().text, as: UTF8.self)) ?? .nan
        default: throw scanner.unexpected("a token and its score")
        }
      }
      guard score.isFinite else { throw scanner.fault(at: start, expected: "a token and its score", found: "no score") }
      scores.append((token, score))
    }
    return scores
  }

  /// Either `"a b"` or `["a", "b"]`.
  private static func pairs(_ scanner: inout JSONScanner) throws -> [(String, String)] {
    var pairs: [(String, String)] = []
    try scanner.array { index, scanner in
      guard index < mostTokens else { throw scanner.unexpected("at most \(mostTokens) merges") }
      let start = scanner.position
      var parts: [String] = []
      if scanner.peek() == UInt8(ascii: "[") {
        try scanner.array { place, scanner in
          guard place < 2 else { throw scanner.unexpected("two tokens") }
          parts.append(try scanner.string())
        }
      } else {
        // Exactly one space: tokens of this form hold none.
        parts = try scanner.string().unicodeScalars.split(separator: " ", omittingEmptySubsequences: false).map {
          String(String.UnicodeScalarView($0))
        }
      }
      guard parts.count == 2 else {
        throw scanner.fault(at: start, expected: "two tokens", found: "\(parts.count)")
      }
      pairs.append((parts[0], parts[1]))
    }
    return pairs
  }

  func tokenizer() throws -> TextTokenizer {
    let fields = JSONFields(parts, source: source)
    let (added, special) = try addedTokens(fields)
    return TextTokenizer(
      normalizer: try fields.fields("normalizer").map { try TextNormalizer($0) },
      splitter: try fields.fields("pre_tokenizer").map { try TextSplitter($0) },
      model: try subwordModel(),
      special: try fields.fields("post_processor").map { try SpecialTokens($0) } ?? SpecialTokens(),
      added: added, specialIDs: special)
  }

  private func subwordModel() throws -> any SubwordModel {
    let fields = JSONFields(model, source: source, path: "model")
    // Old files have no type.
    let type = try fields.text("type") ?? (!scores.isEmpty ? "Unigram" : !pairs.isEmpty ? "BPE" : "WordPiece")
    switch type {
    case "Unigram":
      guard !scores.isEmpty else { throw fields.missing("vocab", "a list of tokens and scores") }
      return try Unigram(scores, fields)
    case "WordPiece", "BPE", "WordLevel":
      guard let vocabulary, vocabulary.count > 0 else { throw fields.missing("vocab", "an object of tokens and ids") }
      switch type {
      case "WordPiece": return try WordPiece(vocabulary, fields)
      case "WordLevel": return try WordLevel(vocabulary, fields)
      default: return try BytePair(vocabulary, pairs, fields)
      }
    default:
      throw fields.fault(
        "type", .unsupported, expected: "WordPiece, Unigram, BPE or WordLevel", found: "\"\(type.prefix(60))\"")
    }
  }

  private func addedTokens(_ fields: JSONFields) throws -> (tokens: [AddedTokens.Token], special: Set<Int32>) {
    var tokens: [AddedTokens.Token] = []
    var special: Set<Int32> = []
    for entry in try fields.objects("added_tokens") ?? [] {
      let id = Int32(try entry.needed("id", in: 0...Self.mostTokens - 1))
      guard let content = try entry.text("content") else { throw entry.missing("content", "a text") }
      let isSpecial = try entry.flag("special", default: false)
      if isSpecial { special.insert(id) }
      tokens.append(
        AddedTokens.Token(
          content: Array(content.unicodeScalars), id: id,
          isWholeWord: try entry.flag("single_word", default: false),
          takesSpacesBefore: try entry.flag("lstrip", default: false),
          takesSpacesAfter: try entry.flag("rstrip", default: false),
          isNormalized: try entry.flag("normalized", default: !isSpecial)))
    }
    return (tokens, special)
  }
}

extension TextTokenizer {
  /// Reads a `tokenizer.json`.
  ///
  /// - Throws: `InputError` naming the key, for what is damaged or not supported.
  package init(file path: String) throws {
    let file = try MappedFile(path: path)
    self = try withExtendedLifetime(file) { try TextTokenizer(json: file.bytes, source: path) }
  }

  /// As `init(file:)`, from memory.
  package init(json bytes: UnsafeRawBufferPointer, source: String) throws {
    self = try TextTokenizerFile(bytes: bytes, source: source).tokenizer()
  }
}
