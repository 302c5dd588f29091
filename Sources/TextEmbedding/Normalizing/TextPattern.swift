import Foundation
import Vectors

/// A pattern of a `tokenizer.json`: a text, or a regular expression of Oniguruma's syntax.
enum TextPattern: Sendable {
  case text([Unicode.Scalar])
  case expression(RegularExpression)

  init(_ fields: JSONFields, _ key: String) throws {
    guard let pattern = try fields.fields(key) else { throw fields.missing(key, "a pattern") }
    if let text = try pattern.text("String") {
      self = .text(Array(text.unicodeScalars))
    } else if let expression = try pattern.text("Regex") {
      self = .expression(try RegularExpression(expression, pattern))
    } else {
      throw fields.fault(key, expected: "{\"String\": …} or {\"Regex\": …}", found: "another object")
    }
  }

  /// Where the pattern matches, from left to right, without overlaps; matches of nothing are left out.
  func matches(in text: ArraySlice<Unicode.Scalar>) -> [Range<Int>] {
    switch self {
    case .expression(let expression): return expression.matches(in: text)
    case .text(let pattern):
      guard let first = pattern.first else { return [] }
      var matches: [Range<Int>] = []
      var place = text.startIndex
      while place + pattern.count <= text.endIndex {
        if text[place] == first, text[place..<place + pattern.count].elementsEqual(pattern) {
          matches.append(place..<place + pattern.count)
          place += pattern.count
        } else {
          place += 1
        }
      }
      return matches
    }
  }

  func replacing(_ text: [Unicode.Scalar], with content: [Unicode.Scalar]) -> [Unicode.Scalar] {
    let matches = matches(in: text[...])
    guard !matches.isEmpty else { return text }
    var result: [Unicode.Scalar] = []
    result.reserveCapacity(text.count)
    var end = 0
    for match in matches {
      result.append(contentsOf: text[end..<match.lowerBound])
      result.append(contentsOf: content)
      end = match.upperBound
    }
    result.append(contentsOf: text[end...])
    return result
  }
}

/// A regular expression, run by Foundation (ICU).
struct RegularExpression: Sendable {
  private let expression: NSRegularExpression

  /// - Throws: `InputError` for an expression that ICU does not take.
  init(_ pattern: String, _ fields: JSONFields) throws {
    do {
      expression = try NSRegularExpression(pattern: Self.forICU(pattern))
    } catch {
      throw fields.fault(
        "Regex", .unsupported, expected: "a regular expression that ICU takes", found: "\"\(pattern.prefix(60))\"")
    }
  }

  private init(_ expression: NSRegularExpression) { self.expression = expression }

  /// GPT-2's words.
  static let gpt2: RegularExpression? =
    (try? NSRegularExpression(
      pattern: forICU(
        "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"))).map {
      RegularExpression($0)
    }

  /// ICU's `\s` and `\w` are other sets than Oniguruma's.
  static func forICU(_ pattern: String) -> String {
    var result = ""
    var isEscaped = false
    for character in pattern.unicodeScalars {
      guard isEscaped else {
        if character == "\\" { isEscaped = true } else { result.unicodeScalars.append(character) }
        continue
      }
      isEscaped = false
      switch character {
      case "s": result += "\\p{White_Space}"
      case "S": result += "\\P{White_Space}"
      default:
        result += "\\"
        result.unicodeScalars.append(character)
      }
    }
    return isEscaped ? result + "\\" : result
  }

  func matches(in text: ArraySlice<Unicode.Scalar>) -> [Range<Int>] {
    var string = ""
    string.unicodeScalars.append(contentsOf: text)
    let utf16 = NSRange(location: 0, length: string.utf16.count)
    let isPlain = utf16.length == text.count
    // Where a unit of UTF-16 begins, in scalars.
    var places: [Int] = []
    if !isPlain {
      places.reserveCapacity(utf16.length + 1)
      for index in text.indices {
        places.append(index)
        if text[index].value > 0xFFFF { places.append(index) }
      }
      places.append(text.endIndex)
    }
    return expression.matches(in: string, range: utf16).compactMap { match in
      let lower = match.range.location, upper = lower + match.range.length
      guard upper > lower else { return nil }
      return isPlain ? text.startIndex + lower..<text.startIndex + upper : places[lower]..<places[upper]
    }
  }
}
