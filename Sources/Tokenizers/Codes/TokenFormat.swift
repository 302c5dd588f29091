import Vectors

/// How a semantic ID is spelt: plain (`12-4-9`) or as tokens (`<a_12><b_4><c_9>`).
///
/// Levels are lettered a … z, then aa, ab, …, az, ba, …, so no two levels share a spelling. Parsing is strict: it
/// accepts exactly what `text(for:)` writes.
public enum TokenFormat: Hashable, Sendable {
  /// Decimal numbers with the separator between them: `12-4-9`.
  case plain(separator: String = "-")
  /// One token per level, with the level's letter in it: `<a_12><b_4><c_9>`.
  case tokens

  /// Spells the codes of one ID, first level first.
  public func text(for codes: some Collection<UInt16>) -> String {
    switch self {
    case .plain(let separator): codes.map { String($0) }.joined(separator: separator)
    case .tokens: codes.enumerated().map { Self.token(level: $0.offset, code: $0.element) }.joined()
    }
  }

  /// `<a_12>`, the token of code 12 at level 0.
  public static func token(level: Int, code: UInt16) -> String { "<\(letters(level: level))_\(code)>" }

  /// a … z, aa, ab, …: the bijective base-26 numeral of `level + 1`.
  package static func letters(level: Int) -> String {
    var remaining = level + 1
    var letters: [UInt8] = []
    while remaining > 0 {
      letters.append(UInt8(ascii: "a") + UInt8((remaining - 1) % 26))
      remaining = (remaining - 1) / 26
    }
    return String(decoding: letters.reversed(), as: UTF8.self)
  }

  /// Reads an ID, or the first levels of one, in either spelling: text that begins with `<` is tokens.
  ///
  /// - Parameters:
  ///   - levelSizes: the codebook size of each level that an ID may have.
  ///   - prefix: accept fewer levels than `levelSizes` has (but at least one).
  /// - Throws: `InputError` with the character at which the text departs from what was expected.
  public static func parse(_ text: String, levelSizes: [Int], prefix: Bool = false, separator: String = "-") throws
    -> [UInt16]
  {
    try scan(text, levelSizes, isPrefix: prefix, separator) { scanner, bound in try scanner.code(below: bound) }
  }

  /// Reads an ID in which `*` may stand for the code of a level: `<a_3><b_*><c_1>`, `3-*-1`.
  ///
  /// - Returns: a code for every level; nil where the text has `*`.
  /// - Throws: as `parse`.
  package static func parsePattern(_ text: String, levelSizes: [Int], separator: String = "-") throws -> [UInt16?] {
    try scan(text, levelSizes, isPrefix: false, separator) { scanner, bound in
      try scanner.skipStar() ? nil : scanner.code(below: bound)
    }
  }

  private static func scan<Code>(
    _ text: String, _ levelSizes: [Int], isPrefix prefix: Bool, _ separator: String,
    code: (inout Scanner, _ bound: Int) throws -> Code
  ) throws -> [Code] {
    var scanner = Scanner(text: text)
    var codes: [Code] = []
    let asTokens = text.utf8.first == UInt8(ascii: "<")
    while !scanner.isAtEnd {
      let level = codes.count
      guard level < levelSizes.count else {
        throw scanner.error(expected: "the end after \(levelSizes.count) levels")
      }
      if asTokens {
        try scanner.skip("<\(letters(level: level))_")
      } else if level > 0 {
        try scanner.skip(separator)
      }
      codes.append(try code(&scanner, levelSizes[level]))
      if asTokens { try scanner.skip(">") }
    }
    guard !codes.isEmpty, prefix || codes.count == levelSizes.count else {
      throw scanner.error(expected: "\(prefix ? "1 to " : "")\(levelSizes.count) levels (\(codes.count) read)")
    }
    return codes
  }

  private struct Scanner {
    let text: String
    let bytes: [UInt8]
    var position = 0

    init(text: String) {
      self.text = text
      bytes = Array(text.utf8)
    }

    var isAtEnd: Bool { position == bytes.count }

    mutating func skip(_ literal: String) throws {
      guard bytes[position...].starts(with: literal.utf8) else { throw error(expected: "\"\(literal)\"") }
      position += literal.utf8.count
    }

    /// Whether a `*` was there to skip.
    mutating func skipStar() -> Bool {
      guard position < bytes.count, bytes[position] == UInt8(ascii: "*") else { return false }
      position += 1
      return true
    }

    mutating func code(below bound: Int) throws -> UInt16 {
      let digits = bytes[position...].prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      let canonical = digits.count == 1 || digits.first != UInt8(ascii: "0")
      guard canonical, let value = Int(String(decoding: digits, as: UTF8.self)), value < bound,
        let code = UInt16(exactly: value)
      else { throw error(expected: "a code from 0 to \(bound - 1)") }
      position += digits.count
      return code
    }

    func error(expected: String) -> InputError {
      let rest = String(decoding: bytes[position...].prefix(12), as: UTF8.self)
      return InputError(
        .usage, "semantic ID \"\(text)\"", at: "character \(position + 1)", expected: expected,
        found: rest.isEmpty ? "the end" : "\"\(rest)\"")
    }
  }
}
