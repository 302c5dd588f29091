import Vectors

/// What item texts must not hold inside a corpus: characters that break lines, and tokens of IDs.
struct TextCleaning: Sendable {
  private let tokens: StringTable
  private let lengths: ClosedRange<Int>
  private let beginsToken: [Bool]

  init(_ vocabulary: TokenVocabulary) {
    var tokens = StringTable()
    var begins = [Bool](repeating: false, count: 256)
    var lengths: (least: Int, most: Int) = (.max, 0)
    for index in 0..<vocabulary.count {
      let token = vocabulary[index]
      _ = tokens.number(of: token)
      if let first = token.utf8.first { begins[Int(first)] = true }
      lengths = (min(lengths.least, token.utf8.count), max(lengths.most, token.utf8.count))
    }
    self.tokens = tokens
    self.lengths = lengths.least...max(lengths.least, lengths.most)
    beginsToken = begins
  }

  /// Appends `text` with every run of white space that holds a control character as one space, without white space around
  /// it, and with a space inside every token.
  ///
  /// - Returns: whether a control character, and whether a token was there.
  func append(_ text: UnsafeBufferPointer<UInt8>, to target: inout [UInt8]) -> (controls: Bool, tokens: Bool) {
    let first = target.count
    var found = (controls: false, tokens: false)
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
      if beginsToken[Int(byte)], isToken(text, at: index) {
        found.tokens = true
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

  private func isToken(_ text: UnsafeBufferPointer<UInt8>, at index: Int) -> Bool {
    guard lengths.lowerBound <= text.count - index else { return false }
    return (lengths.lowerBound...min(lengths.upperBound, text.count - index)).contains { length in
      tokens.find(UnsafeBufferPointer(rebasing: text[index..<index + length])) != nil
    }
  }
}
