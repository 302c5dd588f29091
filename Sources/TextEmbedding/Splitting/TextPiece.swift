import Vectors

/// A piece of a text that is being cut into words.
struct TextPiece: Sendable {
  var text: ArraySlice<Unicode.Scalar>
  /// Whether the whole text begins here.
  var beginsText: Bool

  /// The pieces that begin and end where `cuts` do.
  func cut(at cuts: [Range<Int>]) -> [TextPiece] {
    cuts.compactMap { range in
      range.isEmpty
        ? nil : TextPiece(text: text[range], beginsText: beginsText && range.lowerBound == text.startIndex)
    }
  }
}

/// What becomes of what a text is split at.
enum SplitBehavior: String, Sendable {
  case removed = "Removed"
  case isolated = "Isolated"
  case mergedWithPrevious = "MergedWithPrevious"
  case mergedWithNext = "MergedWithNext"
  case contiguous = "Contiguous"

  init(_ fields: JSONFields, default usual: SplitBehavior? = nil) throws {
    guard let text = try fields.text("behavior") else {
      guard let usual else { throw fields.missing("behavior", "Removed, Isolated, …") }
      self = usual
      return
    }
    guard let behavior = SplitBehavior(rawValue: text) else {
      throw fields.fault(
        "behavior", .unsupported,
        expected: "Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous", found: "\"\(text)\"")
    }
    self = behavior
  }

  /// The ranges of the pieces of `whole`, where `matches` are what it is split at.
  func ranges(_ matches: [Range<Int>], in whole: Range<Int>, inverted: Bool = false) -> [Range<Int>] {
    var parts: [(range: Range<Int>, isMatch: Bool)] = []
    parts.reserveCapacity(matches.count * 2 + 1)
    var end = whole.lowerBound
    for match in matches {
      if match.lowerBound > end { parts.append((end..<match.lowerBound, inverted)) }
      parts.append((match, !inverted))
      end = match.upperBound
    }
    if end < whole.upperBound { parts.append((end..<whole.upperBound, inverted)) }
    switch self {
    case .isolated: return parts.map(\.range)
    case .removed: return parts.filter { !$0.isMatch }.map(\.range)
    case .contiguous: return Self.joined(parts) { $0 == $1 }
    case .mergedWithPrevious: return Self.joined(parts) { previous, this in this && !previous }
    case .mergedWithNext:
      // As with the one before, from the end.
      var result: [Range<Int>] = []
      var follows = false
      for (range, isMatch) in parts.reversed() {
        if isMatch, !follows, let last = result.popLast() {
          result.append(range.lowerBound..<last.upperBound)
        } else {
          result.append(range)
        }
        follows = isMatch
      }
      return result.reversed()
    }
  }

  private static func joined(
    _ parts: [(range: Range<Int>, isMatch: Bool)], _ joins: (_ previous: Bool, _ this: Bool) -> Bool
  ) -> [Range<Int>] {
    var result: [Range<Int>] = []
    var previous = false
    for (index, part) in parts.enumerated() {
      if index > 0, joins(previous, part.isMatch), let last = result.popLast() {
        result.append(last.lowerBound..<part.range.upperBound)
      } else {
        result.append(part.range)
      }
      previous = part.isMatch
    }
    return result
  }
}
