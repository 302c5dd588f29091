/// Classes of characters as the `tokenizers` library tells them apart.
///
/// Its tables of categories are those of an old Unicode: characters that came later belong to no category there. White
/// space is Rust's, of the current Unicode.
enum CharacterClass {
  /// The version of Unicode of the tables of categories.
  static let categoriesVersion = (major: 8, minor: 0)
  /// The version of Unicode of the library's normalization forms.
  static let formsVersion = (major: 11, minor: 0)
  /// The version of Unicode of its table of marks.
  static let marksVersion = (major: 9, minor: 0)

  /// White_Space.
  @inline(__always) static func isWhitespace(_ scalar: Unicode.Scalar) -> Bool {
    let value = scalar.value
    if value < 0x80 { return value == 0x20 || (0x09...0x0D).contains(value) }
    return scalar.properties.isWhitespace
  }

  /// BERT's punctuation: ASCII that is no letter, digit, space or control character, and all categories P.
  @inline(__always) static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
    let value = scalar.value
    if value < 0x80 {
      return (0x21...0x2F).contains(value) || (0x3A...0x40).contains(value) || (0x5B...0x60).contains(value)
        || (0x7B...0x7E).contains(value)
    }
    switch scalar.properties.generalCategory {
    case .connectorPunctuation, .dashPunctuation, .closePunctuation, .finalPunctuation, .initialPunctuation,
      .otherPunctuation, .openPunctuation:
      return isOld(scalar)
    // Punctuation of then.
    default: return value == 0x166D || value == 0x111C9
    }
  }

  /// Categories C that the tables hold: controls, formats and private use; not what is not assigned.
  static func isOther(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.value < 0x80 { return scalar.value < 0x20 || scalar.value == 0x7F }
    switch scalar.properties.generalCategory {
    case .control, .privateUse: return true
    case .format: return isOld(scalar)
    default: return false
    }
  }

  /// Category Mn.
  static func isNonspacingMark(_ scalar: Unicode.Scalar) -> Bool {
    guard scalar.value >= 0x300 else { return false }
    switch scalar.value {
    // What changed its category since.
    case 0x1734, 0x1171E: return true
    case 0x1885, 0x1886, 0xA9BD, 0x111C9: return false
    default: return scalar.properties.generalCategory == .nonspacingMark && isOld(scalar)
    }
  }

  /// All categories M.
  static func isMark(_ scalar: Unicode.Scalar) -> Bool {
    guard scalar.value >= 0x300 else { return false }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark:
      return isOld(scalar, marksVersion) && scalar.value != 0x111C9
    // Marks of then.
    default: return scalar.value == 0x1CF2 || scalar.value == 0x1CF3
    }
  }

  /// The blocks of ideographs that BERT puts spaces around.
  @inline(__always) static func isIdeograph(_ scalar: Unicode.Scalar) -> Bool {
    let value = scalar.value
    guard value >= 0x3400 else { return false }
    return (0x4E00...0x9FFF).contains(value) || value <= 0x4DBF || (0x20000...0x2A6DF).contains(value)
      || (0x2A700...0x2B73F).contains(value) || (0x2B740...0x2B81F).contains(value)
      || (0x2B920...0x2CEAF).contains(value) || (0xF900...0xFAFF).contains(value) || (0x2F800...0x2FA1F).contains(value)
  }

  /// Whether a version of Unicode has the character.
  static func isOld(_ scalar: Unicode.Scalar, _ version: (major: Int, minor: Int) = categoriesVersion) -> Bool {
    guard let age = scalar.properties.age else { return false }
    return (age.major, age.minor) <= version
  }
}
