import Vectors
import Tokenizers

/// Every token that semantic IDs can be made of: each code of each level in numeric order, level after level, then the
/// special tokens.
///
/// The vocabulary follows from the levels' sizes alone, not from the codes that items happen to have: it stays as it is
/// when the catalogue grows. Token `offsets[level] + code` is that code's, so it is also the integer vocabulary of models
/// without text. No token begins with another, so text made of tokens is read back in one way only.
public struct TokenVocabulary: Hashable, Sendable {
  /// How its tokens are spelt.
  public let spelling: TokenSpelling
  /// K of every level.
  public let levelSizes: [Int]
  /// Codes of the levels before each level.
  public let offsets: [Int]
  /// The tokens around an ID, where the spelling has some, and those that the user asked for.
  public let specials: [String]
  /// Bytes of the semantic tokens, end to end, and where each begins.
  private let bytes: [UInt8]
  private let starts: [UInt32]

  /// Tokens of codes.
  package var semanticCount: Int { starts.count - 1 }
  /// All tokens.
  public var count: Int { semanticCount + specials.count }

  /// - Parameter specials: more special tokens, after the spelling's own.
  /// - Throws: `InputError` when a level has no codes or over 65,536, or when two tokens are equal or one begins with
  ///   another. O(T log T) for T tokens.
  public init(spelling: TokenSpelling = .levels, levelSizes: [Int], specials: [String] = []) throws {
    let shape = try CodeShape(levelSizes, source: "vocabulary")
    guard levelSizes.reduce(0, +) <= 1 << 24 else {
      throw InputError(.usage, "vocabulary", expected: "at most 2²⁴ tokens", found: "\(levelSizes.reduce(0, +))")
    }
    self.spelling = spelling
    self.levelSizes = levelSizes
    offsets = shape.offsets
    var all = [spelling.begin, spelling.end].filter { !$0.isEmpty }
    for special in specials where !all.contains(special) { all.append(special) }
    self.specials = all
    var bytes: [UInt8] = []
    var starts: [UInt32] = [0]
    for (level, size) in levelSizes.enumerated() {
      for code in 0..<size {
        bytes.append(contentsOf: spelling.token(level: level, code: code, offset: offsets[level]).utf8)
        starts.append(UInt32(bytes.count))
      }
    }
    self.bytes = bytes
    self.starts = starts
    try checkThatNoneBeginsWithAnother()
  }

  /// Token number `index`.
  public subscript(index: Int) -> String {
    guard index < semanticCount else { return specials[index - semanticCount] }
    return String(decoding: bytes[Int(starts[index])..<Int(starts[index + 1])], as: UTF8.self)
  }

  /// The token of one code.
  public func token(level: Int, code: UInt16) -> String { self[offsets[level] + Int(code)] }

  /// A whole ID, with the tokens around it.
  public func text(for codes: some Collection<UInt16>) -> String {
    var text: [UInt8] = []
    append(codes, to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// Appends a whole ID, with the tokens around it, as UTF-8.
  func append(_ codes: some Collection<UInt16>, to text: inout [UInt8]) {
    text.append(contentsOf: spelling.begin.utf8)
    var level = 0
    for code in codes {
      let index = offsets[level] + Int(code)
      text.append(contentsOf: bytes[Int(starts[index])..<Int(starts[index + 1])])
      level += 1
    }
    text.append(contentsOf: spelling.end.utf8)
  }

  private func checkThatNoneBeginsWithAnother() throws {
    let tokens = (0..<count).map { Array(self[$0].utf8) }.sorted { $0.lexicographicallyPrecedes($1) }
    for (token, next) in zip(tokens, tokens.dropFirst()) where next.starts(with: token) {
      let (shorter, longer) = (String(decoding: token, as: UTF8.self), String(decoding: next, as: UTF8.self))
      throw InputError(
        .usage, "vocabulary", expected: "tokens of which none begins with another",
        found: shorter == longer ? "\"\(shorter)\" twice" : "\"\(shorter)\" and \"\(longer)\"",
        remedy: "end the pattern with a character that is no digit, such as >, and choose other special tokens")
    }
    guard tokens.first?.isEmpty != true else {
      throw InputError(.usage, "vocabulary", expected: "tokens with at least one character", found: "an empty one")
    }
  }
}
