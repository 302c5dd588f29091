import Tokenizers
import Vectors

/// How the tokens of semantic IDs are spelt: a pattern for every code of every level, and the tokens around an ID.
///
/// A pattern is text with places in braces: `{letter}` is the level as a … z, aa, ab, …; `{level}` is its number from
/// 0; `{code}` is the code; `{id}` is the code plus the sizes of the levels before. `<{letter}_{code}>` makes `<a_3>`.
public struct TokenSpelling: Hashable, Sendable {
  /// The pattern of the tokens of codes, such as `<{letter}_{code}>`.
  public let pattern: String
  /// The token before an ID; empty: none.
  public let begin: String
  /// The token behind an ID; empty: none.
  public let end: String

  private let parts: [Part]

  private enum Part: Hashable, Sendable {
    case text(String)
    case letter, level, code, id
  }

  /// `<a_3><b_9><c_1>`: this project's spelling, and that of MiniOneRec, LC-Rec and semantic-id.
  public static let levels = TokenSpelling([.text("<"), .letter, .text("_"), .code, .text(">")])
  /// `<|sid_begin|><s_a_3><s_b_9><s_c_1><|sid_end|>`: OpenOneRec's spelling.
  public static let openOneRec = TokenSpelling(
    [.text("<s_"), .letter, .text("_"), .code, .text(">")], begin: "<|sid_begin|>", end: "<|sid_end|>")
  /// `<|sid_start|><|sid_3|><|sid_265|><|sid_513|><|sid_end|>`: one run of numbers over all levels, as in eugeneyan's
  /// semantic-ids-llm.
  public static let offset = TokenSpelling(
    [.text("<|sid_"), .id, .text("|>")], begin: "<|sid_start|>", end: "<|sid_end|>")
  /// `<|item_start|><item_L0_C3><item_L1_C9><item_L2_C1><|item_end|>`: the spelling of RecTokens.
  public static let recTokens = TokenSpelling(
    [.text("<item_L"), .level, .text("_C"), .code, .text(">")], begin: "<|item_start|>", end: "<|item_end|>")

  /// The spellings that have a name, in the order they are listed to users.
  package static let named: [(name: String, spelling: TokenSpelling)] = [
    ("levels", .levels), ("openonerec", .openOneRec), ("offset", .offset), ("rectokens", .recTokens),
  ]

  /// Reads a pattern.
  ///
  /// - Throws: `InputError` for an unknown place, or for a pattern that would spell two codes of one level, or one code
  ///   of two levels, alike.
  public init(pattern: String, begin: String = "", end: String = "") throws {
    let source = "token pattern \"\(pattern)\""
    var parts: [Part] = []
    var rest = pattern[...]
    while let brace = rest.firstIndex(of: "{") {
      if brace > rest.startIndex { parts.append(.text(String(rest[..<brace]))) }
      guard let close = rest[brace...].firstIndex(of: "}") else {
        throw InputError(.usage, source, expected: "a closing brace", found: "the end")
      }
      let name = rest[rest.index(after: brace)..<close]
      guard let part: Part = ["letter": .letter, "level": .level, "code": .code, "id": .id][name] else {
        throw InputError(
          .usage, source, expected: "{letter}, {level}, {code} or {id}", found: "{\(name)}")
      }
      parts.append(part)
      rest = rest[rest.index(after: close)...]
    }
    if !rest.isEmpty { parts.append(.text(String(rest))) }
    guard parts.contains(.id) || (parts.contains(.code) && (parts.contains(.letter) || parts.contains(.level))) else {
      throw InputError(
        .usage, source, expected: "{id}, or {code} beside {letter} or {level}", found: "less",
        remedy: "every code of every level needs a token of its own")
    }
    guard !pattern.contains(where: \.isNewline), !begin.contains(where: \.isNewline), !end.contains(where: \.isNewline)
    else { throw InputError(.usage, source, expected: "tokens on one line", found: "a line end") }
    self.init(parts, begin: begin, end: end)
  }

  /// This spelling with other tokens around an ID.
  public func surrounded(begin: String, end: String) -> TokenSpelling {
    TokenSpelling(parts, begin: begin, end: end)
  }

  private init(_ parts: [Part], begin: String = "", end: String = "") {
    self.parts = parts
    self.begin = begin
    self.end = end
    pattern = parts.map { part in
      switch part {
      case .text(let text): text
      case .letter: "{letter}"
      case .level: "{level}"
      case .code: "{code}"
      case .id: "{id}"
      }
    }.joined()
  }

  /// The token of `code` at `level`; `offset` is the number of codes in the levels before.
  func token(level: Int, code: Int, offset: Int) -> String {
    parts.map { part in
      switch part {
      case .text(let text): text
      case .letter: TokenFormat.letters(level: level)
      case .level: String(level)
      case .code: String(code)
      case .id: String(offset + code)
      }
    }.joined()
  }
}
