/// Cuts text into words.
///
/// A word is a longest run of letters, digits and marks, in lower case (Unicode's mapping), without the accents of
/// U+0300–U+036F (so `Café`, composed or not, is `cafe`). Two rules go beyond:
/// - `++` or `#` straight after a letter ends the word and belongs to it: `c++`, `g++`, `c#`, `f#`.
/// - An ideograph is a word by itself, since such text has no spaces.
///
/// Bytes that are not UTF-8 separate words. Linear in the length of the text.
package struct WordSplitter {
  /// UTF-8 of the words found, one after the other.
  package private(set) var bytes: [UInt8] = []
  /// Where each word of `bytes` ends.
  package private(set) var ends: [Int] = []

  package init() {}

  package var count: Int { ends.count }

  /// The bytes of word `index`.
  package func range(_ index: Int) -> Range<Int> { (index == 0 ? 0 : ends[index - 1])..<ends[index] }

  /// Replaces the words by those of `text`.
  package mutating func split(_ text: UnsafeBufferPointer<UInt8>) {
    bytes.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    if text.allSatisfy({ $0 < 0x80 }) {
      splitASCII(text)
    } else {
      splitUnicode(text)
    }
    endWord()
  }

  private mutating func endWord() {
    if bytes.count > ends.last ?? 0 { ends.append(bytes.count) }
  }

  private var isInsideWord: Bool { bytes.count > ends.last ?? 0 }

  private mutating func splitASCII(_ text: UnsafeBufferPointer<UInt8>) {
    var index = 0
    while index < text.count {
      let byte = text[index]
      let lower = byte | 0x20
      if lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "z") {
        bytes.append(lower)
      } else if byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") {
        bytes.append(byte)
      } else {
        index += takeSuffix(byte, next: index + 1 < text.count ? text[index + 1] : 0)
        endWord()
      }
      index += 1
    }
  }

  /// Takes `++` or `#` into the word before; returns how many more bytes than one that took.
  private mutating func takeSuffix(_ byte: UInt8, next: UInt8) -> Int {
    guard isInsideWord, let last = bytes.last, last >= UInt8(ascii: "a") else { return 0 }
    if byte == UInt8(ascii: "#") {
      bytes.append(byte)
    } else if byte == UInt8(ascii: "+") && next == byte {
      bytes.append(byte)
      bytes.append(byte)
      return 1
    }
    return 0
  }

  private mutating func splitUnicode(_ text: UnsafeBufferPointer<UInt8>) {
    // Canonical decomposition parts the accents from the letters, so that one rule serves both spellings.
    let scalars = Array(String(decoding: text, as: UTF8.self).decomposed)
    var index = 0
    while index < scalars.count {
      let scalar = scalars[index]
      index += 1
      if scalar.isASCII {
        let byte = UInt8(scalar.value)
        let lower = byte | 0x20
        if (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(lower) {
          bytes.append(lower)
        } else if (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
          bytes.append(byte)
        } else {
          let next = index < scalars.count && scalars[index].isASCII ? UInt8(scalars[index].value) : 0
          index += takeSuffix(byte, next: next)
          endWord()
        }
        continue
      }
      if (0x300...0x36F).contains(scalar.value) { continue }
      let properties = scalar.properties
      guard properties.isIdeographic else {
        if isWordCharacter(properties.generalCategory) {
          bytes.append(contentsOf: properties.lowercaseMapping.utf8)
        } else {
          endWord()
        }
        continue
      }
      endWord()
      bytes.append(contentsOf: String(scalar).utf8)
      endWord()
    }
  }

  private func isWordCharacter(_ category: Unicode.GeneralCategory) -> Bool {
    switch category {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
      .letterNumber, .otherNumber, .nonspacingMark, .spacingMark:
      true
    default: false
    }
  }
}
