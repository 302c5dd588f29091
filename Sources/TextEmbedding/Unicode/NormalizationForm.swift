import Foundation

/// The normalization forms of Unicode (UAX #15), of the version of Unicode that the `tokenizers` library has: characters
/// that came later stay as they are, and what stands on either side of one is normalized by itself.
enum NormalizationForm: String, Sendable {
  case nfc = "NFC"
  case nfd = "NFD"
  case nfkc = "NFKC"
  case nfkd = "NFKD"

  /// Everything below stays as it is in this form.
  private var firstAffected: UInt32 {
    switch self {
    case .nfc: 0x300
    case .nfd: 0xC0
    case .nfkc, .nfkd: 0xA0
    }
  }

  func apply(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    let first = firstAffected
    guard text.contains(where: { $0.value >= first }) else { return text }
    let isNew: (Unicode.Scalar) -> Bool = {
      $0.value >= 0x300 && !CharacterClass.isOld($0, CharacterClass.formsVersion)
    }
    guard let place = text.firstIndex(where: isNew) else { return applied(text[...]) }
    var result = applied(text[..<place])
    var start = place
    while start < text.count {
      result.append(text[start])
      let end = text[(start + 1)...].firstIndex(where: isNew) ?? text.count
      result += applied(text[(start + 1)..<end])
      start = end
    }
    return result
  }

  private func applied(_ text: ArraySlice<Unicode.Scalar>) -> [Unicode.Scalar] {
    var string = ""
    string.unicodeScalars.append(contentsOf: text)
    switch self {
    case .nfc: string = string.precomposedStringWithCanonicalMapping
    case .nfd: string = string.decomposedStringWithCanonicalMapping
    case .nfkc: string = string.precomposedStringWithCompatibilityMapping
    case .nfkd: string = string.decomposedStringWithCompatibilityMapping
    }
    return Array(string.unicodeScalars)
  }
}
