import Vectors
import Tokenizers

/// Every token that semantic IDs can have: each code of each level in numeric order, level after level, then the
/// special tokens.
///
/// The vocabulary follows from the sizes of the levels alone, not from the codes of items. So it stays the same when
/// the catalogue grows. Token `offsets[level] + code` stands for that code, so it is also the integer vocabulary of
/// models without text. No token begins with another, so text made of tokens can be read in one way only.
public struct TokenVocabulary: Hashable, Sendable {
  /// How the tokens are spelt.
  public let spelling: TokenSpelling
  /// Codebook size of each level.
  public let levelSizes: [Int]
  /// For each level, the number of codes in the levels before it.
  public let offsets: [Int]
  /// The tokens around an ID, where the spelling has some, and further special tokens of the user.
  public let specials: [String]
  /// Bytes of the semantic tokens, end to end, and where each begins.
  private let bytes: [UInt8]
  private let starts: [UInt32]

  /// Number of tokens that stand for codes.
  package var semanticCount: Int { starts.count - 1 }
  /// Number of all tokens.
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

  /// The text of an ID, with the tokens around it.
  public func text(for codes: some Collection<UInt16>) -> String {
    var text: [UInt8] = []
    append(codes, to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// Appends the text of an ID, with the tokens around it, as UTF-8.
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
