public import Tokenizers
import Vectors

/// Reads semantic IDs in text that a language model wrote.
public struct IDTextReader: Sendable {
  /// How IDs are written.
  public struct Style: Hashable, Sendable {
    /// The token before an ID; empty: none. A text may leave it out.
    public var begin = ""
    /// The token behind an ID; empty: none. A text may leave it out.
    public var end = ""
    /// Whether spaces may stand between tokens, as some tokenizers put them.
    public var allowsSpaces = false
    /// Whether IDs are numbers (`12-4-9`), not tokens (`<a_12><b_4><c_9>`).
    public var isPlain = false
    /// The text between the numbers.
    public var separator = "-"

    /// Tokens without spaces between them, and no token around an ID.
    public init() {}
  }

  /// Codebook size K of each level. A number or token of a code that is not below K is a fault or no token.
  public let levelSizes: [Int]
  /// Whether IDs may end one level early.
  public let mayEndEarly: Bool
  /// How the IDs that it reads are written.
  public let style: Style
  private let matcher: TokenMatcher
  private let begin: [UInt8]
  private let end: [UInt8]
  private let separator: [UInt8]

  /// - Parameter spelling: the token of a level's code.
  /// - Throws: `InputError` when one token begins with another.
  public init(
    levelSizes: [Int], style: Style = Style(),
    spelling: (_ level: Int, _ code: UInt16) -> String = TokenFormat.token(level:code:)
  ) throws {
    try self.init(shape: IDShape(storedSizes: levelSizes), style: style, spelling: spelling)
  }

  /// - Parameter shape: the shape of the IDs, which may end one level early.
  /// - Throws: as `init(levelSizes:style:spelling:)`.
  package init(
    shape: IDShape, style: Style = Style(),
    spelling: (_ level: Int, _ code: UInt16) -> String = TokenFormat.token(level:code:)
  ) throws {
    levelSizes = shape.levelSizes
    mayEndEarly = shape.mayEndEarly
    self.style = style
    matcher = try TokenMatcher(levelSizes: style.isPlain ? [] : levelSizes, spelling: spelling)
    begin = Array(style.begin.utf8)
    end = Array(style.end.utf8)
    separator = Array(style.separator.utf8)
    guard !style.isPlain || (!separator.isEmpty && !separator.contains(where: Self.isDigit)) else {
      throw InputError(
        .usage, "separator", expected: "characters that are no digits", found: "\"\(style.separator)\"")
    }
  }

  /// Reads a text that should be one ID, with nothing else but spaces around it.
  public func whole(_ text: String) -> IDMention {
    var text = text
    return text.withUTF8 { text in
      let first = text.firstIndex { !Self.isSpace($0) } ?? text.count
      let last = text.lastIndex { !Self.isSpace($0) }.map { $0 + 1 } ?? first
      let inner = UnsafeBufferPointer(rebasing: text[..<last])
      let place = skipSpaces(inner, after(begin, inner, first))
      var mention = style.isPlain ? numbers(inner, place) : tokens(inner, place)
      let finish = after(end, inner, skipSpaces(inner, mention.bytes.upperBound))
      if mention.fault == nil, finish < last { mention.fault = finish }
      mention.bytes = first..<last
      return mention
    }
  }

  /// All places of a text with IDs.
  ///
  /// With tokens: every run of them, cut before each token of the first level, also where levels lack or are out of
  /// order. Plain: as many numbers with separators between as there are levels; other numbers are no IDs.
  ///
  /// - Returns: the places in order; no two share a byte. O(bytes), whatever they are.
  public func mentions(in text: UnsafeBufferPointer<UInt8>) -> [IDMention] {
    var mentions: [IDMention] = []
    var place = 0
    /// Appends a mention with the tokens around it, unless they belong to the mention before, and goes on behind it.
    func found(_ mention: IDMention) {
      let mention = surrounded(mention, text, from: mentions.last?.bytes.upperBound ?? 0)
      mentions.append(mention)
      place = mention.bytes.upperBound
    }
    while place < text.count {
      if style.isPlain {
        guard Self.isDigit(text[place]), !isInsideWord(text, place) else {
          place += 1
          continue
        }
        let mention = numbers(text, place)
        var next = mention.bytes.upperBound
        while next < text.count, Self.isDigit(text[next]) { next += 1 }
        let isAlone = next == mention.bytes.upperBound && !continues(text, next)
        if mention.fault == nil, isWhole(mention), isAlone {
          found(mention)
        } else {
          place = max(next, place + 1)
        }
      } else if matcher.token(text, at: place) != nil {
        found(tokens(text, place))
      } else {
        place += 1
      }
    }
    return mentions
  }
}

extension IDTextReader {
  /// The run of tokens from `place` on, up to the next of the first level.
  private func tokens(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> IDMention {
    var mention = IDMention(bytes: start..<start, codes: [])
    var place = start
    while let token = matcher.token(text, at: place) {
      if place > start, token.level == 0 { break }
      if mention.fault == nil {
        if token.level == mention.codes.count { mention.codes.append(token.code) } else { mention.fault = place }
      }
      mention.bytes = start..<token.end
      place = skipSpaces(text, token.end)
    }
    return mention
  }

  /// The numbers from `place` on, as many as there are levels.
  private func numbers(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> IDMention {
    var mention = IDMention(bytes: start..<start, codes: [])
    var place = start
    while mention.codes.count < levelSizes.count {
      let digits = text[place...].prefix(while: Self.isDigit)
      let isCanonical = digits.count == 1 || digits.first != UInt8(ascii: "0")
      guard isCanonical, digits.count <= 5, let value = Int(String(decoding: digits, as: UTF8.self)),
        value < levelSizes[mention.codes.count], let code = UInt16(exactly: value)
      else {
        mention.fault = place
        break
      }
      mention.codes.append(code)
      place += digits.count
      mention.bytes = start..<place
      let next = after(separator, text, place)
      if next == place { break }
      if mention.codes.count < levelSizes.count { place = next }
    }
    return mention
  }

  private func isWhole(_ mention: IDMention) -> Bool {
    mention.codes.count == levelSizes.count || (mayEndEarly && mention.codes.count == levelSizes.count - 1)
  }

  /// The mention with the tokens around it, where there are such, from `start` on.
  private func surrounded(_ mention: IDMention, _ text: UnsafeBufferPointer<UInt8>, from start: Int) -> IDMention {
    var mention = mention
    let first = mention.bytes.lowerBound
    if !begin.isEmpty, first - start >= begin.count, text[(first - begin.count)..<first].elementsEqual(begin) {
      mention.bytes = (first - begin.count)..<mention.bytes.upperBound
    }
    mention.bytes = mention.bytes.lowerBound..<after(end, text, mention.bytes.upperBound)
    return mention
  }

  /// The place behind `literal` where it stands at `place`; otherwise `place`.
  private func after(_ literal: [UInt8], _ text: UnsafeBufferPointer<UInt8>, _ place: Int) -> Int {
    !literal.isEmpty && text[place...].starts(with: literal) ? place + literal.count : place
  }

  private func skipSpaces(_ text: UnsafeBufferPointer<UInt8>, _ place: Int) -> Int {
    var place = place
    while style.allowsSpaces, place < text.count, text[place] == UInt8(ascii: " ") { place += 1 }
    return place
  }

  /// Whether a letter, a digit or a separator leads up to a number.
  private func isInsideWord(_ text: UnsafeBufferPointer<UInt8>, _ place: Int) -> Bool {
    guard place > 0 else { return false }
    if Self.isWord(text[place - 1]) { return true }
    return place >= separator.count && text[(place - separator.count)..<place].elementsEqual(separator)
      && place > separator.count && Self.isWord(text[place - separator.count - 1])
  }

  /// Whether a number goes on: with a letter, or a separator and another number.
  private func continues(_ text: UnsafeBufferPointer<UInt8>, _ place: Int) -> Bool {
    if place < text.count, Self.isWord(text[place]) { return true }
    let next = after(separator, text, place)
    return next > place && next < text.count && Self.isWord(text[next])
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  private static func isWord(_ byte: UInt8) -> Bool {
    isDigit(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F || byte >= 0x80
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}
