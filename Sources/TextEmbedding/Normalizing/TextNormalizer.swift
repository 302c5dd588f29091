import Formats
import Vectors

/// A normalizer of a `tokenizer.json`: text to text, before it is split.
indirect enum TextNormalizer: Sendable {
  case bert(BERTNormalizer)
  case form(NormalizationForm)
  case lowercase
  case stripAccents
  case strip(left: Bool, right: Bool)
  case prepend([Unicode.Scalar])
  case replace(TextPattern, with: [Unicode.Scalar])
  case precompiled(PrecompiledCharacters)
  case nmt
  case sequence([TextNormalizer])

  static let supported =
    "BertNormalizer, NFC, NFD, NFKC, NFKD, Lowercase, StripAccents, Strip, Prepend, Replace, Precompiled, Nmt or Sequence"

  init(_ fields: JSONFields, depth: Int = 0) throws {
    guard let type = try fields.text("type") else { throw fields.missing("type", Self.supported) }
    guard depth < 16 else { throw fields.fault("type", expected: "at most 16 levels", found: "more") }
    switch type {
    case "BertNormalizer": self = .bert(try BERTNormalizer(fields))
    case "NFC", "NFD", "NFKC", "NFKD":
      guard let form = NormalizationForm(rawValue: type) else { throw fields.missing("type", Self.supported) }
      self = .form(form)
    case "Lowercase": self = .lowercase
    case "StripAccents": self = .stripAccents
    case "Strip":
      self = .strip(
        left: try fields.flag("strip_left", default: true), right: try fields.flag("strip_right", default: true))
    case "Prepend": self = .prepend(Array((try fields.text("prepend") ?? "").unicodeScalars))
    case "Replace":
      self = .replace(
        try TextPattern(fields, "pattern"), with: Array((try fields.text("content") ?? "").unicodeScalars))
    case "Precompiled":
      // The library writes no map as an empty text.
      let text = try fields.text("precompiled_charsmap") ?? ""
      self = text.isEmpty ? .sequence([]) : .precompiled(try PrecompiledCharacters(base64: text, fields))
    case "Nmt": self = .nmt
    case "Sequence":
      self = .sequence(try (fields.objects("normalizers") ?? []).map { try TextNormalizer($0, depth: depth + 1) })
    default:
      throw fields.fault("type", .unsupported, expected: Self.supported, found: "\"\(type)\"")
    }
  }

  func apply(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    switch self {
    case .bert(let normalizer): return normalizer.apply(text)
    case .form(let form): return form.apply(text)
    case .lowercase: return text.lowercased()
    case .stripAccents: return text.filter { !CharacterClass.isMark($0) }
    case .strip(let left, let right):
      var range = text[...]
      if left { range = range.drop { CharacterClass.isWhitespace($0) } }
      while right, let last = range.last, CharacterClass.isWhitespace(last) { range.removeLast() }
      return range.count == text.count ? text : Array(range)
    case .prepend(let prefix): return text.isEmpty ? text : prefix + text
    case .replace(let pattern, let content): return pattern.replacing(text, with: content)
    case .precompiled(let characters): return characters.apply(text)
    case .nmt: return Self.nmt(text)
    case .sequence(let all): return all.reduce(text) { $1.apply($0) }
    }
  }

  /// SentencePiece's `nmt` rule: control characters go, other spaces become a space.
  private static func nmt(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    text.compactMap { scalar in
      switch scalar.value {
      case 0x1...0x8, 0xB, 0xE...0x1F, 0x7F, 0x8F, 0x9F: nil
      case 0x9, 0xA, 0xC, 0xD, 0x1680, 0x200B...0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD: " "
      default: scalar
      }
    }
  }
}

extension [Unicode.Scalar] {
  /// Each character's own lower case, which may be several; no rule looks at the neighbors.
  func lowercased() -> [Unicode.Scalar] {
    guard contains(where: { $0.value >= 0x80 || (0x41...0x5A).contains($0.value) }) else { return self }
    var result: [Unicode.Scalar] = []
    result.reserveCapacity(count)
    for scalar in self {
      if scalar.value < 0x80 {
        result.append((0x41...0x5A).contains(scalar.value) ? Unicode.Scalar(UInt8(scalar.value + 32)) : scalar)
      } else {
        result.append(contentsOf: scalar.properties.lowercaseMapping.unicodeScalars)
      }
    }
    return result
  }
}
