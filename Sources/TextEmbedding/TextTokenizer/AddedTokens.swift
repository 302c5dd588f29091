import Formats
import Vectors

/// Tokens that are cut out of a text before anything else happens to it.
struct AddedTokens: Sendable {
  struct Token: Sendable {
    var content: [Unicode.Scalar]
    var id: Int32
    /// Only where no letter, digit or mark stands beside it.
    var isWholeWord = false
    /// Takes the spaces before it along, and those behind it.
    var takesSpacesBefore = false
    var takesSpacesAfter = false
    /// Looked for in the normalized text, by its own normalized content.
    var isNormalized = false
  }

  /// By their first character, the longest first.
  private let tokens: [Unicode.Scalar: [Token]]

  init(_ all: [Token]) {
    var tokens: [Unicode.Scalar: [Token]] = [:]
    for token in all {
      if let first = token.content.first { tokens[first, default: []].append(token) }
    }
    self.tokens = tokens.mapValues { $0.sorted { $0.content.count > $1.content.count } }
  }

  var isEmpty: Bool { tokens.isEmpty }
  var all: [Token] { tokens.values.flatMap(\.self) }

  /// A part of a text: a token, or text between tokens.
  struct Part {
    var range: Range<Int>
    /// nil: text.
    var id: Int32?
  }

  /// The parts of `text`, from left to right: of the tokens that begin at a place the longest.
  func parts(of text: [Unicode.Scalar]) -> [Part] {
    var parts: [Part] = []
    var end = 0, place = 0
    while place < text.count {
      guard let token = tokens[text[place]]?.first(where: { text[place...].starts(with: $0.content) }) else {
        place += 1
        continue
      }
      var start = place, stop = place + token.content.count
      place = stop
      if token.isWholeWord {
        if start > 0, Self.isWord(text[start - 1]) { continue }
        if stop < text.count, Self.isWord(text[stop]) { continue }
      }
      if token.takesSpacesBefore {
        while start > end, CharacterClass.isWhitespace(text[start - 1]) { start -= 1 }
      }
      if token.takesSpacesAfter {
        while stop < text.count, CharacterClass.isWhitespace(text[stop]) { stop += 1 }
      }
      // What a token before this one took along is not there any more.
      start = max(start, end)
      stop = max(stop, start)
      if start > end { parts.append(Part(range: end..<start)) }
      parts.append(Part(range: start..<stop, id: token.id))
      end = stop
      place = max(place, stop)
    }
    if end < text.count { parts.append(Part(range: end..<text.count)) }
    return parts
  }

  /// `\w`.
  private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.properties.isAlphabetic || scalar == "_" { return true }
    switch scalar.properties.generalCategory {
    case .decimalNumber, .nonspacingMark, .spacingMark, .enclosingMark, .connectorPunctuation: return true
    default: return false
    }
  }
}
