import Formats
import Vectors

/// How the texts of items are cleaned for a corpus.
public struct TextCleaningOptions: Hashable, Sendable {
  /// Tokens that would end a prompt, besides those of the vocabulary.
  package var chatTokens = ChatTokens.common
  /// Whether character references of HTML become the characters that they stand for.
  public var decodesEntities = true

  /// Default options.
  public init() {}
}

/// Cleans texts for a corpus: character references of HTML become characters, characters that break lines become
/// spaces, and tokens of IDs or of a chat template are broken up.
struct TextCleaning: Sendable {
  /// What was done to a text.
  struct Found: Hashable, Sendable {
    var entities = false
    var controls = false
    /// Tokens of the vocabulary.
    var tokens = false
    /// Tokens of a chat template that are not of the vocabulary, too.
    var chatTokens = false
  }

  private let tokens: StringTable
  /// Tokens below this number are of the vocabulary.
  private let vocabularyCount: Int
  /// The lengths of the tokens that begin with a byte, ascending: few for each.
  private let lengths: [[Int]]
  private let decodesEntities: Bool

  init(_ vocabulary: TokenVocabulary, _ options: TextCleaningOptions = TextCleaningOptions()) {
    var tokens = StringTable()
    var lengths = [Set<Int>](repeating: [], count: 256)
    func add(_ token: String) {
      _ = tokens.number(of: token)
      if let first = token.utf8.first { lengths[Int(first)].insert(token.utf8.count) }
    }
    for index in 0..<vocabulary.count { add(vocabulary[index]) }
    vocabularyCount = tokens.count
    for token in options.chatTokens.tokens { add(token) }
    self.tokens = tokens
    self.lengths = lengths.map { $0.sorted() }
    decodesEntities = options.decodesEntities
  }

  /// Appends `text`, cleaned: character references are decoded; every run of white space that holds a control character
  /// becomes one space; white space around the text goes; every token gets a space inside. O(bytes).
  func append(_ text: UnsafeBufferPointer<UInt8>, to target: inout [UInt8]) -> Found {
    guard decodesEntities, let decoded = HTMLEntities.decode(text) else { return appendDecoded(text, to: &target) }
    var found = decoded.withUnsafeBufferPointer { appendDecoded($0, to: &target) }
    found.entities = true
    return found
  }

  private func appendDecoded(_ text: UnsafeBufferPointer<UInt8>, to target: inout [UInt8]) -> Found {
    let first = target.count
    var found = Found()
    var index = 0
    while index < text.count {
      let byte = text[index]
      if Self.space(text, at: index) > 0 {
        var end = index
        var hasControl = false
        while case let length = Self.space(text, at: end), length > 0 {
          if text[end] != 0x20 { hasControl = true }
          end += length
        }
        found.controls = found.controls || hasControl
        if target.count > first, end < text.count {
          target.append(contentsOf: repeatElement(0x20, count: hasControl ? 1 : end - index))
        }
        index = end
        continue
      }
      target.append(byte)
      if let token = token(text, at: index) {
        if token < vocabularyCount { found.tokens = true } else { found.chatTokens = true }
        // Behind the whole first character, which may have several bytes.
        while index + 1 < text.count, text[index + 1] & 0xC0 == 0x80 {
          index += 1
          target.append(text[index])
        }
        target.append(0x20)
      }
      index += 1
    }
    return found
  }

  /// The length of the space or control character at `index`; 0: there is none.
  ///
  /// U+0085, U+2028 and U+2029 end lines where Python splits them, though not in JSON.
  private static func space(_ text: UnsafeBufferPointer<UInt8>, at index: Int) -> Int {
    guard index < text.count else { return 0 }
    let byte = text[index]
    if byte <= 0x20 || byte == 0x7F { return 1 }
    if byte == 0xC2, index + 1 < text.count, text[index + 1] == 0x85 { return 2 }
    guard byte == 0xE2, index + 2 < text.count, text[index + 1] == 0x80 else { return 0 }
    return text[index + 2] == 0xA8 || text[index + 2] == 0xA9 ? 3 : 0
  }

  /// The number of the shortest token that stands at `index`.
  private func token(_ text: UnsafeBufferPointer<UInt8>, at index: Int) -> Int? {
    for length in lengths[Int(text[index])] {
      guard length <= text.count - index else { return nil }
      if let token = tokens.find(UnsafeBufferPointer(rebasing: text[index..<index + length])) { return token }
    }
    return nil
  }
}
