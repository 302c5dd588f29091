import Formats
import Vectors

/// Texts as they stand between the quotes of a JSON string, escaped once and then copied.
enum JSONBytes {
  /// Appends `text` with quotes, backslashes and control characters escaped.
  static func append(_ text: UnsafeBufferPointer<UInt8>, to target: inout [UInt8]) {
    var start = 0
    for index in text.indices {
      let byte = text[index]
      guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
      target.append(contentsOf: text[start..<index])
      start = index + 1
      target.append(UInt8(ascii: "\\"))
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): target.append(byte)
      case 0x0A: target.append(UInt8(ascii: "n"))
      case 0x0D: target.append(UInt8(ascii: "r"))
      case 0x09: target.append(UInt8(ascii: "t"))
      default:
        let digits = Array("0123456789abcdef".utf8)
        target.append(contentsOf: Array("u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]])
      }
    }
    target.append(contentsOf: text[start...])
  }

  static func append(_ text: String, to target: inout [UInt8]) {
    var text = text
    text.withUTF8 { append($0, to: &target) }
  }

  static func escaped(_ text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    append(text, to: &bytes)
    return bytes
  }
}

extension ItemCodes {
  /// Every item's ID as text, with the tokens around it.
  func texts(_ vocabulary: TokenVocabulary) -> StringColumn {
    var builder = StringColumnBuilder(rows: count)
    for item in 0..<count {
      vocabulary.append(id(of: item).array, to: &builder.bytes)
      builder.endRow()
    }
    return builder.column()
  }

  /// - Throws: `InputError` unless the vocabulary has a token for each of the codes.
  func check(_ vocabulary: TokenVocabulary) throws {
    guard zip(levelSizes, vocabulary.levelSizes).allSatisfy(<=), levelSizes.count <= vocabulary.levelSizes.count else {
      throw InputError(
        .mismatch, source, expected: "codes of levels with \(vocabulary.levelSizes) codes", found: "\(levelSizes)")
    }
  }
}
