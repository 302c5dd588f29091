import Tokenizers
import Vectors

/// Finds the tokens of codes in text: which code of which level, if any, is spelt at a place.
///
/// Tokens are kept in one run of bytes, in their order. None begins with another. So the only one that can stand at a
/// place is the last that is not greater than the text there.
struct TokenMatcher: Sendable {
  private let bytes: [UInt8]
  private let starts: [UInt32]
  private let levels: [UInt8]
  private let codes: [UInt16]
  /// By byte: whether a token begins with it.
  private let begins: [Bool]

  /// - Throws: `InputError` when a token is empty or begins with another.
  init(levelSizes: [Int], spelling: (_ level: Int, _ code: UInt16) -> String) throws {
    var tokens: [(text: [UInt8], level: Int, code: Int)] = []
    for (level, size) in levelSizes.enumerated() {
      for code in 0..<size { tokens.append((Array(spelling(level, UInt16(code)).utf8), level, code)) }
    }
    tokens.sort { $0.text.lexicographicallyPrecedes($1.text) }
    var bytes: [UInt8] = []
    var starts: [UInt32] = [0]
    var begins = [Bool](repeating: false, count: 256)
    for (index, token) in tokens.enumerated() {
      if index > 0 ? token.text.starts(with: tokens[index - 1].text) : token.text.isEmpty {
        throw InputError(
          .usage, "tokens of codes", expected: "tokens of which none begins with another",
          found: "\"\(String(decoding: token.text, as: UTF8.self))\" and one that it begins with or equals")
      }
      bytes += token.text
      starts.append(UInt32(bytes.count))
      begins[Int(token.text[0])] = true
    }
    self.bytes = bytes
    self.starts = starts
    self.begins = begins
    levels = tokens.map { UInt8($0.level) }
    codes = tokens.map { UInt16($0.code) }
  }

  /// The code that is spelt from `place` on, and where its token ends; nil where there is none. O(log T).
  func token(_ text: UnsafeBufferPointer<UInt8>, at place: Int) -> (level: Int, code: UInt16, end: Int)? {
    guard place < text.count, begins[Int(text[place])] else { return nil }
    var low = 0
    var high = codes.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if isGreater(middle, text, place) { high = middle } else { low = middle }
    }
    let token = Int(starts[low])..<Int(starts[low + 1])
    let end = place + token.count
    guard end <= text.count, zip(token, place..<end).allSatisfy({ bytes[$0] == text[$1] }) else { return nil }
    return (Int(levels[low]), codes[low], end)
  }

  /// Whether a token comes after the text from `place` on.
  private func isGreater(_ token: Int, _ text: UnsafeBufferPointer<UInt8>, _ place: Int) -> Bool {
    var place = place
    for index in Int(starts[token])..<Int(starts[token + 1]) {
      guard place < text.count else { return true }
      if bytes[index] != text[place] { return bytes[index] > text[place] }
      place += 1
    }
    return false
  }
}
