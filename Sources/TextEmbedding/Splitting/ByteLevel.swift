/// GPT-2's bytes as characters: printable ones stand for themselves, the others for characters from U+0100 on.
struct ByteLevel: Sendable {
  var addsPrefixSpace = true
  /// GPT-2's words, where the text is split by them.
  var expression: RegularExpression?

  init(_ fields: JSONFields) throws {
    addsPrefixSpace = try fields.flag("add_prefix_space", default: true)
    expression = try fields.flag("use_regex", default: true) ? RegularExpression.gpt2 : nil
  }

  /// The character of each byte.
  static let characters: [Unicode.Scalar] = {
    var next: UInt32 = 0x100
    return (0..<256).map { byte in
      if (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || (0xAE...0xFF).contains(byte) {
        return Unicode.Scalar(UInt8(byte))
      }
      defer { next += 1 }
      return Unicode.Scalar(next) ?? " "
    }
  }()

  func split(_ piece: TextPiece) -> [TextPiece] {
    var piece = piece
    if addsPrefixSpace, piece.text.first != " " { piece.text = ([" "] + Array(piece.text))[...] }
    let pieces =
      expression.map { expression in
        piece.cut(at: SplitBehavior.isolated.ranges(expression.matches(in: piece.text), in: piece.text.indices))
      } ?? [piece]
    return pieces.map { piece in
      var characters: [Unicode.Scalar] = []
      characters.reserveCapacity(piece.text.count)
      for scalar in piece.text {
        if scalar.value < 0x80 {
          characters.append(Self.characters[Int(scalar.value)])
        } else {
          for byte in UTF8.encode(scalar) ?? .init() { characters.append(Self.characters[Int(byte)]) }
        }
      }
      return TextPiece(text: characters[...], beginsText: piece.beginsText)
    }
  }
}
