import Formats
import Vectors

/// A pre-tokenizer of a `tokenizer.json`: cuts a normalized text into the pieces that a subword model sees.
indirect enum TextSplitter: Sendable {
  case bert
  case whitespace
  /// Runs of word characters, and runs of what is neither word nor space.
  case words(RegularExpression)
  case punctuation(SplitBehavior)
  case digits(each: Bool)
  case delimiter(Unicode.Scalar)
  case pattern(TextPattern, SplitBehavior, inverted: Bool)
  case byteLevel(ByteLevel)
  case metaspace(Metaspace)
  case sequence([TextSplitter])

  static let supported =
    "BertPreTokenizer, Whitespace, WhitespaceSplit, Punctuation, Digits, CharDelimiterSplit, Split, ByteLevel, Metaspace "
    + "or Sequence"

  init(_ fields: JSONFields, depth: Int = 0) throws {
    guard let type = try fields.text("type") else { throw fields.missing("type", Self.supported) }
    guard depth < 16 else { throw fields.fault("type", expected: "at most 16 levels", found: "more") }
    switch type {
    case "BertPreTokenizer": self = .bert
    case "WhitespaceSplit": self = .whitespace
    case "Whitespace": self = .words(try RegularExpression("\\w+|[^\\w\\s]+", fields))
    case "Punctuation": self = .punctuation(try SplitBehavior(fields, default: .isolated))
    case "Digits": self = .digits(each: try fields.flag("individual_digits", default: false))
    case "CharDelimiterSplit":
      guard let scalar = try fields.text("delimiter")?.unicodeScalars.first else {
        throw fields.missing("delimiter", "a character")
      }
      self = .delimiter(scalar)
    case "Split":
      self = .pattern(
        try TextPattern(fields, "pattern"), try SplitBehavior(fields),
        inverted: try fields.flag("invert", default: false))
    case "ByteLevel": self = .byteLevel(try ByteLevel(fields))
    case "Metaspace": self = .metaspace(try Metaspace(fields))
    case "Sequence":
      self = .sequence(try (fields.objects("pretokenizers") ?? []).map { try TextSplitter($0, depth: depth + 1) })
    default:
      throw fields.fault("type", .unsupported, expected: Self.supported, found: "\"\(type)\"")
    }
  }

  func split(_ pieces: [TextPiece]) -> [TextPiece] {
    switch self {
    case .bert: pieces.flatMap(Self.bert)
    case .whitespace:
      pieces.flatMap { piece in
        piece.cut(at: SplitBehavior.removed.ranges(piece.runs(CharacterClass.isWhitespace), in: piece.text.indices))
      }
    case .words(let expression): pieces.flatMap { $0.cut(at: expression.matches(in: $0.text)) }
    case .punctuation(let behavior):
      pieces.flatMap { piece in
        piece.cut(at: behavior.ranges(piece.each(CharacterClass.isPunctuation), in: piece.text.indices))
      }
    case .digits(let each):
      pieces.flatMap { piece in
        let matches = piece.each { $0.properties.numericType != nil && Self.isNumber($0) }
        return piece.cut(
          at: (each ? SplitBehavior.isolated : .contiguous).ranges(matches, in: piece.text.indices))
      }
    case .delimiter(let delimiter):
      pieces.flatMap { piece in
        piece.cut(at: SplitBehavior.removed.ranges(piece.each { $0 == delimiter }, in: piece.text.indices))
      }
    case .pattern(let pattern, let behavior, let inverted):
      pieces.flatMap { piece in
        piece.cut(at: behavior.ranges(pattern.matches(in: piece.text), in: piece.text.indices, inverted: inverted))
      }
    case .byteLevel(let byteLevel): pieces.flatMap(byteLevel.split)
    case .metaspace(let metaspace): pieces.flatMap(metaspace.split)
    case .sequence(let all): all.reduce(pieces) { $1.split($0) }
    }
  }

  /// Words between spaces; punctuation marks each by itself.
  private static func bert(_ piece: TextPiece) -> [TextPiece] {
    var pieces: [TextPiece] = []
    var start = piece.text.startIndex
    func end(_ place: Int) {
      guard place > start else { return }
      pieces.append(
        TextPiece(text: piece.text[start..<place], beginsText: piece.beginsText && start == piece.text.startIndex))
    }
    for place in piece.text.indices {
      let scalar = piece.text[place]
      if CharacterClass.isWhitespace(scalar) {
        end(place)
        start = place + 1
      } else if CharacterClass.isPunctuation(scalar) {
        end(place)
        start = place
        end(place + 1)
        start = place + 1
      }
    }
    end(piece.text.endIndex)
    return pieces
  }

  private static func isNumber(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .decimalNumber, .letterNumber, .otherNumber: true
    default: false
    }
  }
}

extension TextPiece {
  /// The characters that `isMatch` holds for, one by one.
  func each(_ isMatch: (Unicode.Scalar) -> Bool) -> [Range<Int>] {
    text.indices.compactMap { isMatch(text[$0]) ? $0..<$0 + 1 : nil }
  }

  /// Runs of characters that `isMatch` holds for.
  func runs(_ isMatch: (Unicode.Scalar) -> Bool) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    var place = text.startIndex
    while place < text.endIndex {
      guard isMatch(text[place]) else {
        place += 1
        continue
      }
      let start = place
      while place < text.endIndex, isMatch(text[place]) { place += 1 }
      runs.append(start..<place)
    }
    return runs
  }
}
