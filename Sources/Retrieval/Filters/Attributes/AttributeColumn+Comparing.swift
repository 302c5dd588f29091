import Foundation
import Vectors

extension AttributeColumn {
  /// The runs of values for which a comparison with what was written holds.
  ///
  /// - Throws: `InputError` at the word's character when it is no value of this column's kind.
  func runs(_ comparison: AttributePredicate.Comparison, _ word: AttributePredicate.Word) throws -> [Range<Int>] {
    let (below, through) = try bounds(word)
    switch comparison {
    case .equal: return [below..<through]
    case .unequal: return [0..<below, through..<valueCount]
    case .less: return [0..<below]
    case .lessOrEqual: return [0..<through]
    case .greater: return [through..<valueCount]
    case .greaterOrEqual: return [below..<valueCount]
    }
  }

  /// How many values are below what was written, and how many are not above it.
  private func bounds(_ word: AttributePredicate.Word) throws -> (below: Int, through: Int) {
    switch values {
    case .texts(let texts):
      var word = word.text
      return word.withUTF8 { word in
        let below = Self.partition(texts.count) { texts.withUTF8(at: $0) { Self.order($0, word) < 0 } }
        let through = Self.partition(texts.count) { texts.withUTF8(at: $0) { Self.order($0, word) <= 0 } }
        return (below, through)
      }
    case .floats(let numbers):
      let bound = try number(word)
      return (
        Self.partition(numbers.count) { numbers[$0] < bound }, Self.partition(numbers.count) { numbers[$0] <= bound }
      )
    case .integers(let numbers):
      let (low, high) = try wholes(word)
      return (
        low.map { low in Self.partition(numbers.count) { numbers[$0] < low } } ?? numbers.count,
        high.map { high in Self.partition(numbers.count) { numbers[$0] <= high } } ?? 0
      )
    }
  }

  /// The least integer that is not below what was written, and the greatest that is not above it; nil where there is none.
  private func wholes(_ word: AttributePredicate.Word) throws -> (low: Int64?, high: Int64?) {
    switch kind {
    case .boolean:
      switch word.text.lowercased() {
      case "true": return (1, 1)
      case "false": return (0, 0)
      default: throw fault(word, "true or false")
      }
    case .time:
      guard let time = Self.microseconds(word.text) else {
        throw fault(word, "a time such as 2024-01-31 or 2024-01-31T12:30:00")
      }
      return (time, time)
    default:
      if let whole = Int64(word.text) { return (whole, whole) }
      let bound = try number(word)
      // 2⁶³, which no Int64 reaches.
      return (
        bound > -0x1p63 ? (bound.rounded(.up) < 0x1p63 ? Int64(bound.rounded(.up)) : nil) : .min,
        bound < 0x1p63 ? (bound.rounded(.down) >= -0x1p63 ? Int64(bound.rounded(.down)) : nil) : .max
      )
    }
  }

  private func number(_ word: AttributePredicate.Word) throws -> Double {
    guard let number = Double(word.text), !number.isNaN else { throw fault(word, "a number") }
    return number
  }

  private func fault(_ word: AttributePredicate.Word, _ expected: String) -> InputError {
    AttributePredicateParser.fault(
      word.place, "\(expected), since \(name) is of type \(kind.rawValue)", "\"\(word.text)\"")
  }

  /// Microseconds from 1970 to a date, with or without a time of day, in UTC; nil where there is no such time.
  static func microseconds(_ text: String) -> Int64? {
    let halves = text.split(separator: "T", maxSplits: 1, omittingEmptySubsequences: false)
    let date = halves[0].split(separator: "-", omittingEmptySubsequences: false).map { digits($0) }
    guard date.count == 3, let year = date[0], let month = date[1], let day = date[2] else { return nil }
    var clock = [0, 0, 0]
    var fraction = 0
    if halves.count == 2 {
      let time = halves[1].hasSuffix("Z") ? halves[1].dropLast() : halves[1]
      let parts = time.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
      let fields = parts[0].split(separator: ":", omittingEmptySubsequences: false).map { digits($0) }
      guard (2...3).contains(fields.count) else { return nil }
      for (place, field) in fields.enumerated() {
        guard let field, field < [24, 60, 60][place] else { return nil }
        clock[place] = field
      }
      if parts.count == 2 {
        guard fields.count == 3, (1...6).contains(parts[1].count), let value = digits(parts[1]) else { return nil }
        fraction = (parts[1].count..<6).reduce(value) { value, _ in value * 10 }
      }
    }
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = .gmt
    let components = DateComponents(calendar: calendar, year: year, month: month, day: day)
    guard components.isValidDate, let midnight = components.date else { return nil }
    let seconds = Int64(midnight.timeIntervalSince1970) + Int64(clock[0] * 3600 + clock[1] * 60 + clock[2])
    return seconds * 1_000_000 + Int64(fraction)
  }

  private static func digits(_ text: some StringProtocol) -> Int? {
    (1...6).contains(text.count) && text.allSatisfy { $0.isASCII && $0.isNumber } ? Int(text) : nil
  }
}
