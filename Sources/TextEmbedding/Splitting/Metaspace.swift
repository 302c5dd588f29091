import Vectors

/// SentencePiece's words: spaces become `▁`, each of which begins a piece.
struct Metaspace: Sendable {
  enum Scheme: String, Sendable { case always, first, never }

  var replacement: Unicode.Scalar = "▁"
  var scheme = Scheme.always
  var splits = true

  init(_ fields: JSONFields) throws {
    let text = try fields.text("replacement") ?? "▁"
    guard let scalar = text.unicodeScalars.first, text.unicodeScalars.count == 1 else {
      throw fields.fault("replacement", expected: "one character", found: "\"\(text.prefix(20))\"")
    }
    replacement = scalar
    splits = try fields.flag("split", default: true)
    if let name = try fields.text("prepend_scheme") {
      guard let scheme = Scheme(rawValue: name) else {
        throw fields.fault("prepend_scheme", .unsupported, expected: "always, first or never", found: "\"\(name)\"")
      }
      self.scheme = scheme
    } else if try !fields.flag("add_prefix_space", default: true) {
      // The older spelling.
      scheme = .never
    }
  }

  func split(_ piece: TextPiece) -> [TextPiece] {
    guard !piece.text.isEmpty else { return [] }
    var text = piece.text.map { $0 == " " ? replacement : $0 }
    if text.first != replacement, scheme == .always || (scheme == .first && piece.beginsText) {
      text.insert(replacement, at: 0)
    }
    let whole = TextPiece(text: text[...], beginsText: piece.beginsText)
    guard splits else { return [whole] }
    return whole.cut(at: SplitBehavior.mergedWithNext.ranges(whole.each { $0 == replacement }, in: text.indices))
  }
}
