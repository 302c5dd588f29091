/// The text of a token, equal to another by its bytes.
///
/// Two `String`s are equal in Swift when they mean the same characters, however these are composed: "é" may be one
/// scalar or two. For a tokenizer they are two tokens.
struct TokenText: Hashable, Sendable {
  let bytes: [UInt8]

  init(_ text: String) { bytes = Array(text.utf8) }

  var text: String { String(decoding: bytes, as: UTF8.self) }

  /// The text as byte-level BPE spells it: one character for each byte, itself where it is printable, otherwise one
  /// from U+0100 on. A space is "Ġ" and a line end is "Ċ".
  var byteLevel: TokenText {
    TokenText(String(String.UnicodeScalarView(bytes.map { Self.alphabet[Int($0)] })))
  }

  /// GPT-2's character of each byte.
  private static let alphabet: [Unicode.Scalar] = {
    var next: UInt32 = 256
    return (0..<256).map { byte in
      switch byte {
      case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: return Unicode.Scalar(UInt8(byte))
      default:
        defer { next += 1 }
        return Unicode.Scalar(next) ?? " "
      }
    }
  }()
}
