/// BERT's normalizer: cleans, puts spaces around ideographs, takes accents off and lowers, in this order.
struct BERTNormalizer: Sendable {
  var cleansText = true
  var spacesIdeographs = true
  var stripsAccents: Bool
  var lowercases = true

  init(lowercases: Bool, stripsAccents: Bool?, spacesIdeographs: Bool) {
    self.lowercases = lowercases
    self.stripsAccents = stripsAccents ?? lowercases
    self.spacesIdeographs = spacesIdeographs
  }

  init(_ fields: JSONFields) throws {
    cleansText = try fields.flag("clean_text", default: true)
    spacesIdeographs = try fields.flag("handle_chinese_chars", default: true)
    lowercases = try fields.flag("lowercase", default: true)
    // null follows the lower case, as in the original.
    stripsAccents = try fields.flag("strip_accents", default: lowercases)
  }

  func apply(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var text = text
    if cleansText { text = Self.cleaned(text) }
    if spacesIdeographs, text.contains(where: CharacterClass.isIdeograph) {
      text = text.flatMap { CharacterClass.isIdeograph($0) ? [" ", $0, " "] : [$0] }
    }
    if stripsAccents, text.contains(where: { $0.value >= 0xC0 }) {
      text = NormalizationForm.nfd.apply(text).filter { !CharacterClass.isNonspacingMark($0) }
    }
    return lowercases ? text.lowercased() : text
  }

  private static func cleaned(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    result.reserveCapacity(text.count)
    for scalar in text {
      switch scalar.value {
      case 0x20...0x7E: result.append(scalar)
      case 0x09, 0x0A, 0x0D: result.append(" ")
      case 0, 0xFFFD: continue
      default:
        if CharacterClass.isOther(scalar) { continue }
        result.append(CharacterClass.isWhitespace(scalar) ? " " : scalar)
      }
    }
    return result
  }
}
